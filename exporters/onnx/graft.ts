import { UserError } from '../../src/core/errors.ts';
import type { Normalization } from '../../src/core/normalization.ts';
import {
  type Attribute,
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  parameterCount,
  producers,
  type TensorPort,
  usedBy,
} from '../../src/onnx/graph.ts';
import { type Model, modelOf } from '../../src/onnx/model.ts';
import type { Shape } from '../inspect/node-call.ts';
import { inferShapes } from '../inspect/shapes.ts';
import { ModelBuilder } from './builder.ts';
import { framesInput } from './frames.ts';
import { alignOpsets, prefixGraph } from './merge.ts';
import { modelFile, type OnnxModel } from './onnx-model.ts';
import { cancelTransposes } from './passes/cancel-transposes.ts';
import { dropIdentities } from './passes/drop-identities.ts';
import { foldBatchNorm } from './passes/fold-batch-norm.ts';
import { shareInitializers } from './passes/share-initializers.ts';

/** A backbone cut at one of its values. */
export interface Cut {
  /** The backbone's, with no more than the value needs, and the value as its only output. */
  readonly model: Model;
  /** What is fed: one image or clip, float32. */
  readonly input: TensorPort;
  /** Of the input, without the batch, channels last: [H, W, 3] or [T, H, W, 3]. */
  readonly frames: readonly number[];
  /** Where the input has its channels. */
  readonly channels: 'first' | 'last';
  /** Of the value, without the batch. */
  readonly features: readonly number[];
}

const passes = [dropIdentities, foldBatchNorm, cancelTransposes, shareInitializers];

/**
 * Any ONNX model up to one of its values. A fixed batch is opened: whether the graph bears that, a run has to show.
 *
 * @param at the value's name
 * @param source what to call the model in error messages
 * @throws UserError when there is no such value, the model takes other than one image or clip of known size as float32,
 *   or the value's shape cannot be found
 */
export function cutBackbone(model: Model, at: string, source: string): Cut {
  const { graph } = model;
  const input = onlyInput(graph, source);
  const { frames, channels } = frameShape(input, source);
  const nodes = ancestors(graph, at, source);
  const shape = inferShapes(model).values.get(at)?.shape ?? null;
  const features = knownFeatures(shape, at, source);
  const open = (extents: readonly (number | string)[]) => ['N', ...extents.slice(1)];
  const output: TensorPort = { name: at, dtype: 'float32', shape: open(['N', ...features]) };
  const fed = { ...input, shape: open(input.shape) };
  const { values: _, extra: __, ...rest } = graph;
  const cut = dropUnusedInitializers({ ...rest, nodes, inputs: [fed], outputs: [output] });
  return { model: { ...model, graph: cut }, input: fed, frames, channels, features };
}

function onlyInput(graph: Graph, source: string): TensorPort {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const [input] = inputs;
  if (inputs.length === 1 && input.dtype === 'float32' && input.shape) return input as TensorPort;
  throw new UserError('a backbone must take one image or clip as float32', {
    received: `${inputs.map(({ name, dtype, shape }) => `${name}: ${dtype} [${shape?.join(', ') ?? '?'}]`).join('; ')} in ${source}`,
  });
}

function frameShape({ shape }: TensorPort, source: string): Pick<Cut, 'frames' | 'channels'> {
  const extents = shape.slice(1);
  const isFirst = extents[0] === 3;
  const frames = isFirst ? [...extents.slice(1), 3] : extents;
  const isKnown = frames.every((extent) => typeof extent === 'number') && frames.at(-1) === 3;
  if (isKnown && (frames.length === 3 || frames.length === 4)) {
    return { frames: frames as number[], channels: isFirst ? 'first' : 'last' };
  }
  throw new UserError('a backbone must take RGB images or clips of one known size', {
    received: `[${shape.join(', ')}] in ${source}`,
    remedy: 'export it for the size that the head was trained on',
  });
}

/** The nodes that a value needs, in their order. */
function ancestors(graph: Graph, at: string, source: string): GraphNode[] {
  const made = producers(graph);
  if (!made.has(at)) {
    const known = [...made.keys()];
    const likely = known.filter((name) => name.toLowerCase().includes(at.toLowerCase())).slice(0, 8);
    throw new UserError(`${source} has no value called ${at} that can be cut at`, {
      received:
        likely.length > 0 ? `others: ${likely.join(', ')}` : `at its end: ${known.slice(-8).join(', ')}`,
      remedy: 'give the name of a value as the file has it',
    });
  }
  const needed = new Set([at]);
  return graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false;
      for (const name of usedBy(node)) needed.add(name);
      return true;
    })
    .reverse();
}

function knownFeatures(shape: Shape | null, at: string, source: string): number[] {
  const features = shape?.slice(1);
  if (features && features.length > 0 && !features.includes(null)) return features as number[];
  throw new UserError(`the shape of ${at} in ${source} must be known`, {
    received: shape ? `[${shape.map((extent) => extent ?? '?').join(', ')}]` : 'one of unknown rank',
    remedy: 'cut elsewhere',
  });
}

/**
 * How a value of a backbone goes into a head of tfjs: as it is, or with its channels moved last.
 *
 * @param wanted the head's input without the batch
 * @throws UserError when neither fits
 */
export function featureOrder(
  features: readonly number[],
  wanted: readonly (number | null)[],
): 'same' | 'channels-last' {
  const fits = (shape: readonly number[]) =>
    shape.length === wanted.length &&
    shape.every((extent, axis) => wanted[axis] === null || wanted[axis] === extent);
  const moved = features.length > 1 ? [...features.slice(1), features[0]] : features;
  // Of maps, ONNX has the channels first and tfjs last; where all extents are equal, that decides.
  if (fits(moved)) return features.length > 1 ? 'channels-last' : 'same';
  if (fits(features)) return 'same';
  throw new UserError("the head must take the backbone's features", {
    received: `a head for [${wanted.map((extent) => extent ?? 'any').join(', ')}], features of [${features.join(', ')}]`,
    remedy: 'cut the backbone elsewhere, or give the head a pooling layer',
  });
}

export interface GraftOptions {
  /** Of the frames, as the backbone was trained. */
  readonly normalization: Normalization;
  readonly version?: string;
}

/**
 * One graph from uint8 frames to the head's outputs: the frames are normalised, go through the cut backbone, and its
 * features through the head. Batch normalisation is folded, and transposes that undo each other are dropped.
 *
 * @param head of one input, the features
 * @throws UserError when the head does not take the features, or the operator sets do not go together
 */
export function graft(cut: Cut, head: OnnxModel, { normalization, version = '' }: GraftOptions): OnnxModel {
  const order = featureOrder(
    cut.features,
    head.inputs[0].shape.slice(1).map((extent) => (typeof extent === 'number' ? extent : null)),
  );
  const producer = { name: 'actionnx', version };
  const { models, opsets } = alignOpsets(
    [cut.model, modelOf(head.graph, producer)],
    ['the backbone', 'the head'],
  );
  const builder = new ModelBuilder();
  const frames = framesInput([null, ...cut.frames], normalization, builder);
  const fed = builder.relayout(frames, cut.channels === 'first' ? 'channels-first' : 'tfjs', 'backbone');
  const before = builder.finish('frames');
  const [output] = cut.model.graph.outputs;
  const backbone = prefixGraph(models[0].graph, 'backbone', new Map([[cut.input.name, fed.name]]));
  const features = `backbone/${output.name}`;
  const axes = [...cut.features.keys()].map((axis) => axis + 1);
  const moved = node('head/features', 'Transpose', [features], { perm: [0, ...axes.slice(1), 1] });
  const into = order === 'same' ? features : moved.outputs[0];
  const names = new Map(head.outputs.map(({ name }) => [name, name]));
  const top = prefixGraph(models[1].graph, 'head', names.set(head.inputs[0].name, into));
  const merged: Graph = {
    name: cut.model.graph.name,
    nodes: [...before.nodes, ...backbone.nodes, ...(order === 'same' ? [] : [moved]), ...top.nodes],
    initializers: new Map([...before.initializers, ...backbone.initializers, ...top.initializers]),
    inputs: before.inputs,
    outputs: top.outputs,
  };
  const graph = passes.reduce((current, pass) => pass.apply(current), merged);
  const irVersion = Math.max(...models.map((model) => model.irVersion));
  const parameters = parameterCount(cut.model.graph) + head.parameters;
  return modelFile({ ...modelOf(graph, producer), irVersion, opsets }, { parameters });
}

function node(
  name: string,
  operator: string,
  inputs: readonly string[],
  attributes: Record<string, Attribute>,
): GraphNode {
  return { name, operator, inputs, outputs: [name], attributes };
}

import { type FramesInput, type FrameWindow, requireFramesInput } from '../../src/bundle/frames-input.ts';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Attribute, Graph, GraphNode, Initializer, TensorPort } from '../../src/onnx/graph.ts';
import { type Model, modelOf } from '../../src/onnx/model.ts';
import { framesName } from './frames.ts';
import { alignOpsets, prefixGraph, shareEqualNodes } from './merge.ts';
import { modelFile, type OnnxModel } from './onnx-model.ts';
import { shareInitializers } from './passes/share-initializers.ts';

/** A bundle that takes part, and what it counts for. */
export interface EnsembleMember {
  readonly manifest: BundleManifest;
  readonly model: Model;
  /** In 0–1; all members' sum to 1. */
  readonly weight: number;
}

/** Frames of one key frame that some member looks at, and where they lie in the ensemble's clip. */
export interface EnsembleWindow extends FrameWindow {
  readonly offset: number;
}

/** The graph of an ensemble, and how its clip is made up. */
export interface EnsembleGraph {
  readonly onnx: OnnxModel;
  /** One for every different window of the members, the key frame's first. */
  readonly windows: readonly EnsembleWindow[];
}

/** Probabilities vote from here on. */
export const voteThreshold = 0.5;

/**
 * One graph for several bundles: one input, each window of frames once, preprocessing that members have in common once,
 * and the vote-plus-average of papers/001, section 5: half the weighted votes, half the weighted mean probability.
 * Where members look at different frames, the input is a clip of all windows one after the other, so that each sees
 * what it would see alone; where all look at the same, it is theirs. Frames of
 * a smaller size lie in the top left corner of the input's. Outputs: `probabilities` [N, labels], and the
 * `attention` of the member of most weight that has one.
 *
 * @throws UserError when members have other labels, or are ensembles themselves, or need operators of different sets
 */
export function ensembleGraph(
  members: readonly EnsembleMember[],
  { version = '' }: { version?: string } = {},
): EnsembleGraph {
  requireFit(members);
  const names = members.map(({ manifest }) => manifest.name);
  const { models, opsets } = alignOpsets(
    members.map(({ model }) => model),
    names,
  );
  const windows = windowsOf(members);
  const graph = new EnsembleBuilder(members, windows);
  members.forEach((member, i) => {
    graph.member(member, models[i].graph, names.indexOf(names[i]) === i ? names[i] : `${names[i]}_${i + 1}`);
  });
  const built = shareEqualNodes(shareInitializers.apply(graph.finish()));
  const irVersion = Math.max(...models.map((model) => model.irVersion));
  const model = { ...modelOf(built, { name: 'actionnx', version }), irVersion, opsets };
  // The members' own counts: without what normalises their frames.
  const parameters = members.reduce((sum, { manifest }) => sum + manifest.graph.parameters, 0);
  return { onnx: modelFile(model, { parameters }), windows };
}

function requireFit(members: readonly EnsembleMember[]): void {
  const [first] = members;
  for (const { manifest } of members) {
    if (manifest.labels.hash !== first.manifest.labels.hash) {
      throw new UserError('members of an ensemble must have the same labels in the same order', {
        received: `${manifest.name} with others than ${first.manifest.name}`,
      });
    }
    if (inputOf(manifest).windows) {
      throw new UserError('members of an ensemble must be single systems', {
        received: `${manifest.name}, an ensemble itself`,
        remedy: 'give its members instead',
      });
    }
  }
}

/** What a member looks at. @throws UserError for one that does not look at frames around the key frame */
export function inputOf(manifest: BundleManifest): FramesInput {
  return requireFramesInput(manifest, 'a merged ensemble');
}

/** The window that a member looks at; the step between the frames of one frame is nothing. */
function windowOf(manifest: BundleManifest): FrameWindow {
  const { frames, speed, height, width } = inputOf(manifest);
  return { frames, speed: frames === 1 ? 1 : speed, height, width };
}

const keyOf = ({ frames, speed, height, width }: FrameWindow) => `${frames}.${speed}.${width}x${height}`;

/** The ensemble's window that a member looks at. */
export function findWindow(windows: readonly EnsembleWindow[], member: BundleManifest): EnsembleWindow {
  return windows.find((window) => keyOf(window) === keyOf(windowOf(member)))!;
}

function windowsOf(members: readonly EnsembleMember[]): EnsembleWindow[] {
  const all = members.map(({ manifest }) => windowOf(manifest));
  const different = [...new Map(all.map((window) => [keyOf(window), window])).values()];
  different.sort((a, b) => Number(b.frames === 1) - Number(a.frames === 1));
  let offset = 0;
  return different.map((window) => {
    const placed = { ...window, offset };
    offset += window.frames;
    return placed;
  });
}

class EnsembleBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #windows: readonly EnsembleWindow[];
  readonly #input: TensorPort;
  readonly #labels: number;
  readonly #scores: string[] = [];
  #attention: { weight: number; port: TensorPort } | undefined;

  constructor(members: readonly EnsembleMember[], windows: readonly EnsembleWindow[]) {
    const inputs = members.map(({ manifest }) => inputOf(manifest));
    const height = Math.max(...windows.map((window) => window.height));
    const width = Math.max(...windows.map((window) => window.width));
    const frames = windows.reduce((sum, window) => sum + window.frames, 0);
    const isFrame = frames === 1 && inputs.every(({ kind }) => kind === 'frame');
    const shape = isFrame ? ['N', height, width, 3] : ['N', frames, height, width, 3];
    this.#windows = windows;
    this.#labels = members[0].manifest.labels.names.length;
    this.#input = { name: framesName, dtype: 'uint8', shape };
  }

  /** The member's nodes, on its own part of the clip, and its vote and mean, weighted. */
  member({ manifest, weight }: EnsembleMember, graph: Graph, prefix: string): void {
    const probabilities = `${prefix}/probabilities`;
    const merged = prefixGraph(graph, prefix, new Map([[inputOf(manifest).name, this.#framesOf(manifest)]]));
    this.#nodes.push(...merged.nodes);
    for (const [name, initializer] of merged.initializers) this.#initializers.set(name, initializer);
    const vote = this.#node(`${prefix}/vote`, 'GreaterOrEqual', [
      probabilities,
      this.#constant('vote.threshold', Float32Array.of(voteThreshold)),
    ]);
    const counted = this.#node(`${prefix}/vote.count`, 'Cast', [vote], { to: 1 });
    const both = this.#node(`${prefix}/vote.sum`, 'Add', [counted, probabilities]);
    const share = this.#constant(`${prefix}/vote.weight`, Float32Array.of(weight / 2));
    this.#scores.push(this.#node(`${prefix}/vote.share`, 'Mul', [both, share]));
    const attention = merged.outputs.find(({ name }) => name === `${prefix}/attention`);
    if (attention && weight > (this.#attention?.weight ?? 0)) {
      this.#attention = { weight, port: attention as TensorPort };
    }
  }

  finish(): Graph {
    const outputs: TensorPort[] = [
      { name: 'probabilities', dtype: 'float32', shape: ['N', this.#labels] },
      ...(this.#attention ? [{ ...this.#attention.port, name: 'attention' }] : []),
    ];
    this.#node('probabilities', 'Sum', this.#scores);
    if (this.#attention) this.#node('attention', 'Identity', [this.#attention.port.name]);
    const [nodes, initializers] = [this.#nodes, this.#initializers];
    return { name: 'ensemble', nodes, initializers, inputs: [this.#input], outputs };
  }

  /** What a member takes as its frames: its window's part of the clip, or all of it. */
  #framesOf(manifest: BundleManifest): string {
    const isFrame = inputOf(manifest).kind === 'frame';
    const isWhole = this.#windows.length === 1 && this.#input.shape.length === (isFrame ? 4 : 5);
    return isWhole ? this.#input.name : this.#part(findWindow(this.#windows, manifest), isFrame);
  }

  #part({ frames, speed, height, width, offset }: EnsembleWindow, isFrame: boolean): string {
    const name = `${framesName}/${keyOf({ frames, speed, height, width })}`;
    const integers = (values: readonly number[]) =>
      this.#constant(`constant/${values.join('_')}`, BigInt64Array.from(values, BigInt));
    const bounds = [integers([offset, 0, 0]), integers([offset + frames, height, width])];
    const part = this.#once(name, 'Slice', [this.#input.name, ...bounds, integers([1, 2, 3])]);
    if (!isFrame) return part;
    return this.#once(`${name}/frame`, 'Squeeze', [part, integers([1])]);
  }

  #once(
    name: string,
    operator: string,
    inputs: readonly string[],
    attributes?: Record<string, Attribute>,
  ): string {
    const isThere = this.#nodes.some(({ outputs }) => outputs[0] === name);
    return isThere ? name : this.#node(name, operator, inputs, attributes);
  }

  #node(
    name: string,
    operator: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
  ): string {
    this.#nodes.push({ name, operator, inputs, outputs: [name], attributes });
    return name;
  }

  #constant(name: string, data: Float32Array | BigInt64Array): string {
    const dtype = data instanceof Float32Array ? 'float32' : 'int64';
    this.#initializers.set(name, { name, dtype, shape: [data.length], learnt: false, data: () => data });
    return name;
  }
}

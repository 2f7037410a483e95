import { type FramesInput, type FrameWindow, requireFramesInput } from '../../src/bundle/frames-input.ts';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Graph, TensorPort } from '../../src/onnx/graph.ts';
import { type Model, modelOf } from '../../src/onnx/model.ts';
import { NodeWriter } from '../../src/onnx/node-writer.ts';
import { framesName } from './frames.ts';
import { alignOpsets, prefixGraph, shareEqualNodes } from './merge.ts';
import { modelFile, type OnnxModel } from './onnx-model.ts';
import { shareInitializers } from './passes/share-initializers.ts';

/** A bundle that takes part, and what it counts for. */
export interface EnsembleMember {
  readonly manifest: BundleManifest;
  readonly model: Model;
  /** Of several that have an `attention`, the one of most weight gives it. */
  readonly weight: number;
}

/** What makes one answer of the members': see eval/combiners. */
export interface GraphCombination {
  /** What is answered, in order. */
  readonly labels: readonly string[];
  /**
   * Writes the nodes that do it, of ONNX's own operators and those of `ai.onnx.ml`.
   *
   * @param values the members' probabilities, float32 [N, labels]
   * @param output how the answer is to be called, float32 [N, labels]
   */
  toOnnx(graph: NodeWriter, values: readonly string[], output: string): void;
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

/** Operators for machine learning, such as trees: their oldest set that has all that combiners use. */
const learningOperators = { domain: 'ai.onnx.ml', version: 3 };

/**
 * One graph for several bundles: one input, each window of frames once, preprocessing that members have in common once,
 * and what makes one answer of theirs.
 * Where members look at different frames, the input is a clip of all windows one after the other, so that each sees
 * what it would see alone; where all look at the same, it is theirs. Frames of
 * a smaller size lie in the top left corner of the input's. Outputs: `probabilities` [N, labels], and the
 * `attention` of the member of most weight that has one.
 *
 * @throws UserError when members are ensembles themselves, or need operators of different sets
 */
export function ensembleGraph(
  members: readonly EnsembleMember[],
  combination: GraphCombination,
  { version = '' }: { version?: string } = {},
): EnsembleGraph {
  const manifests = members.map(({ manifest }) => manifest);
  requireSingleSystems(manifests);
  const names = manifests.map(({ name }) => name);
  const { models, opsets } = alignOpsets(
    members.map(({ model }) => model),
    names,
  );
  const windows = windowsOf(members);
  const graph = new EnsembleBuilder(members, windows);
  members.forEach((member, i) => {
    graph.member(member, models[i].graph, names.indexOf(names[i]) === i ? names[i] : `${names[i]}_${i + 1}`);
  });
  const built = shareEqualNodes(shareInitializers.apply(graph.finish(combination)));
  const { domain, version: least } = learningOperators;
  if (built.nodes.some((node) => node.domain === domain) && !opsets.has(domain)) opsets.set(domain, least);
  const irVersion = Math.max(...models.map((model) => model.irVersion));
  const model = { ...modelOf(built, { name: 'actionnx', version }), irVersion, opsets };
  // The members' own counts: without what normalises their frames.
  const parameters = members.reduce((sum, { manifest }) => sum + manifest.graph.parameters, 0);
  return { onnx: modelFile(model, { parameters }), windows };
}

/** @throws UserError naming a member that is an ensemble of other frames itself */
export function requireSingleSystems(manifests: readonly BundleManifest[]): void {
  const ensemble = manifests.find((manifest) => inputOf(manifest).windows);
  if (!ensemble) return;
  throw new UserError('members of an ensemble must be single systems', {
    received: `${ensemble.name}, an ensemble itself`,
    remedy: 'give its members instead',
  });
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
  readonly #graph = new NodeWriter(new Map());
  readonly #windows: readonly EnsembleWindow[];
  readonly #input: TensorPort;
  readonly #answers: string[] = [];
  #attention: { weight: number; port: TensorPort } | undefined;

  constructor(members: readonly EnsembleMember[], windows: readonly EnsembleWindow[]) {
    const inputs = members.map(({ manifest }) => inputOf(manifest));
    const height = Math.max(...windows.map((window) => window.height));
    const width = Math.max(...windows.map((window) => window.width));
    const frames = windows.reduce((sum, window) => sum + window.frames, 0);
    const isFrame = frames === 1 && inputs.every(({ kind }) => kind === 'frame');
    const shape = isFrame ? ['N', height, width, 3] : ['N', frames, height, width, 3];
    this.#windows = windows;
    this.#input = { name: framesName, dtype: 'uint8', shape };
  }

  /** The member's nodes, on its own part of the clip. */
  member({ manifest, weight }: EnsembleMember, graph: Graph, prefix: string): void {
    const merged = prefixGraph(graph, prefix, new Map([[inputOf(manifest).name, this.#framesOf(manifest)]]));
    this.#graph.nodes.push(...merged.nodes);
    for (const [name, initializer] of merged.initializers) this.#graph.initializers.set(name, initializer);
    this.#answers.push(`${prefix}/probabilities`);
    const attention = merged.outputs.find(({ name }) => name === `${prefix}/attention`);
    if (attention && weight > (this.#attention?.weight ?? 0)) {
      this.#attention = { weight, port: attention as TensorPort };
    }
  }

  finish({ labels, toOnnx }: GraphCombination): Graph {
    const outputs: TensorPort[] = [
      { name: 'probabilities', dtype: 'float32', shape: ['N', labels.length] },
      ...(this.#attention ? [{ ...this.#attention.port, name: 'attention' }] : []),
    ];
    toOnnx(this.#graph, this.#answers, 'probabilities');
    if (this.#attention) this.#graph.add('Identity', 'attention', [this.#attention.port.name]);
    const { nodes, initializers } = this.#graph;
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
    const integers = (values: readonly number[]) => this.#graph.integers(values);
    const bounds = [integers([offset, 0, 0]), integers([offset + frames, height, width])];
    const part = this.#once('Slice', name, [this.#input.name, ...bounds, integers([1, 2, 3])]);
    if (!isFrame) return part;
    return this.#once('Squeeze', `${name}/frame`, [part, integers([1])]);
  }

  #once(operator: string, name: string, inputs: readonly string[]): string {
    const isThere = this.#graph.nodes.some(({ outputs }) => outputs[0] === name);
    return isThere ? name : this.#graph.add(operator, name, inputs);
  }
}

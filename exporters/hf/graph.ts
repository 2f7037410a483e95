import type { BundleManifest } from '../../src/bundle/manifest.ts';
import type { Attribute, GraphNode, GraphPort, Initializer } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { raiseOpset } from '../onnx/raise-opset.ts';
import { hubSystem } from './hub-system.ts';

/** Keeps logits finite: probabilities nearer to 0 or 1 than this count as this near. */
const nearest = 1e-7;

/** The first operator set whose Resize is antialiased. */
const antialiasedSince = 18;

/** TensorProto.DataType of uint8. */
const uint8 = 2;

/**
 * A bundle's graph with the ports that Hugging Face's libraries expect: `pixel_values` in, `logits` out.
 *
 * `pixel_values` are float32 RGB levels in 0–255, channels first, of any height and width: [N, 3, height, width], or
 * [N, T, 3, height, width] for a clip. The graph resizes them itself, antialiased and bilinear, and rounds them to the
 * levels that the bundle's graph takes, because the libraries' own resizing differs from one to the next (transformers.js
 * samples without antialiasing in Node and as the browser likes in browsers). `logits` are [N, labels], the probabilities'
 * log-odds, so that a sigmoid gives the probabilities back. An attention map stays an output.
 *
 * @throws UserError for a graph that cannot be raised to opset 18
 */
export function huggingFaceModel(model: Model, manifest: BundleManifest): Model {
  const { name, outputs } = manifest;
  const { input } = hubSystem(manifest);
  const opset = Math.max(antialiasedSince, model.opsets.get('') ?? 0);
  const { graph, ...rest } = raiseOpset(model, opset, name, 'to resize as it was trained');
  const initializers = new Map(graph.initializers);
  const constant = (name: string, data: BigInt64Array | Float32Array, shape: readonly number[]): string => {
    const dtype = data instanceof Float32Array ? 'float32' : 'int64';
    initializers.set(name, { name, dtype, shape, learnt: false, data: () => data } as Initializer);
    return name;
  };
  const integers = (name: string, ...values: number[]) =>
    constant(name, BigInt64Array.from(values, BigInt), [values.length]);
  const scalar = (name: string, value: number) => constant(name, Float32Array.of(value), []);
  const chain = new Chain('pixel_values');

  const isClip = input.kind === 'clip';
  if (isClip) {
    const size = chain.aside('Shape', ['pixel_values'], { start: 3 });
    const shape = chain.aside('Concat', [integers('pixel_values.frames', -1, 3), size], { axis: 0 });
    chain.add('Reshape', [shape]);
  }
  const resize = { mode: 'linear', antialias: 1, axes: [2, 3], coordinate_transformation_mode: 'half_pixel' };
  chain.add('Resize', ['', '', integers('pixel_values.size', input.height, input.width)], resize);
  chain.add('Round');
  chain.add('Clip', [scalar('pixel_values.black', 0), scalar('pixel_values.white', 255)]);
  chain.add('Cast', [], { to: uint8 });
  if (isClip) {
    const { frames, height, width } = input;
    chain.add('Reshape', [integers('pixel_values.clip', -1, frames, 3, height, width)]);
  }
  chain.add('Transpose', [], { perm: isClip ? [0, 1, 3, 4, 2] : [0, 2, 3, 1] }, input.name);

  const odds = new Chain('probabilities', 'logits');
  odds.add('Clip', [scalar('logits.least', nearest), scalar('logits.most', 1 - nearest)]);
  const present = odds.value;
  const absent = odds.aside('Sub', [scalar('logits.one', 1), present]);
  const log = odds.aside('Log', [absent]);
  odds.add('Log');
  odds.add('Sub', [log], {}, 'logits');

  const size = isClip ? ['N', input.frames, 3, 'height', 'width'] : ['N', 3, 'height', 'width'];
  const logits: GraphPort = {
    name: 'logits',
    dtype: 'float32',
    shape: outputs.find(({ role }) => role === 'scores')!.shape,
  };
  return {
    ...rest,
    graph: {
      ...graph,
      nodes: [...chain.nodes, ...graph.nodes, ...odds.nodes],
      initializers,
      inputs: [{ name: 'pixel_values', dtype: 'float32', shape: size }],
      outputs: [logits, ...graph.outputs.filter(({ name }) => name !== 'probabilities')],
    },
  };
}

/** Nodes that each take what the one before them gives. */
class Chain {
  readonly nodes: GraphNode[] = [];
  readonly #prefix: string;
  value: string;

  constructor(value: string, prefix = value) {
    this.value = value;
    this.#prefix = prefix;
  }

  /** The next node; `others` are its inputs after the first. */
  add(
    operator: string,
    others: readonly string[] = [],
    attributes: Readonly<Record<string, Attribute>> = {},
    result?: string,
  ): void {
    this.value = this.aside(operator, [this.value, ...others], attributes, result);
  }

  /** A node beside the chain. */
  aside(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    result?: string,
  ): string {
    const name = `${this.#prefix}/${operator}_${this.nodes.length}`;
    const output = result ?? name;
    this.nodes.push({ name, operator, inputs, outputs: [output], attributes });
    return output;
  }
}

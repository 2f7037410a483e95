import { UserError } from '../../src/core/errors.ts';
import type { Normalization } from '../../src/core/normalization.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import type { Value, ValueShape } from '../../src/onnx/converter.ts';
import type { ModelBuilder } from './builder.ts';

/** The input of a graph that takes frames and nothing else. */
export const framesName = 'frames';

/** An input of a graph that is to take what src/inputs makes. */
export interface GraphInput {
  readonly name: string;
  /** Of uint8 RGB levels, inside the graph; null: the model's own float32 values. */
  readonly normalization: Normalization | null;
}

/**
 * A model's inputs, in its order, as such a graph takes them.
 *
 * @param shapes of the model's own inputs
 * @throws UserError where there are other than as many, or one is of no frames
 */
export function graphInputs(
  shapes: readonly ValueShape[],
  inputs: readonly GraphInput[],
  builder: ModelBuilder,
): Value[] {
  if (shapes.length !== inputs.length) {
    throw new UserError(`a model of ${inputs.map(({ name }) => name).join(' and ')} has as many inputs`, {
      received: String(shapes.length),
      remedy: 'export it without normalisation',
    });
  }
  return inputs.map(({ name, normalization }, i) =>
    normalization
      ? framesInput(shapes[i], normalization, builder, name)
      : builder.input(name, 'float32', shapes[i]),
  );
}

/**
 * A model's float input, made of uint8 RGB frames inside the graph: (x / 255 − mean) / std, so that a client has
 * only to decode and resize.
 *
 * @param shape of the model's input: [N, H, W, 3], or [N, T, H, W, 3] for a clip
 * @throws UserError for any other shape
 */
export function framesInput(
  shape: ValueShape,
  { mean, std }: Normalization,
  builder: ModelBuilder,
  name = framesName,
): Value {
  const rank = shape.length;
  if ((rank !== 4 && rank !== 5) || shape.at(-1) !== 3) {
    throw new UserError('a model of frames takes [N, H, W, 3] or [N, T, H, W, 3]', {
      received: `an input of shape [${shape.map((extent) => extent ?? 'any')}]`,
      remedy: 'export it without normalisation',
    });
  }
  const frames = builder.input(name, 'uint8', shape);
  const node = (operator: string, inputs: readonly Value[], options?: Parameters<ModelBuilder['node']>[3]) =>
    builder.node(name, operator, inputs, options);
  const reshape = (value: Value, to: ValueShape) =>
    node('Reshape', [value, builder.constant(to.map((extent) => extent ?? -1))], { shape: to });
  /** Constants of a shape in which the channels come round again and again. */
  const normalize = (bytes: Value, of: readonly number[]) => {
    const constant = (what: string, ofChannel: (channel: number) => number) => {
      const values = Float32Array.from({ length: sizeOf(of) }, (_, i) => ofChannel(i % 3));
      return builder.constant(values, of, `${name}.${what}`);
    };
    const floats = node('Cast', [bytes], { attributes: { to: 1 }, dtype: 'float32' });
    const scaled = node('Mul', [floats, constant('scale', (channel) => 1 / (255 * std[channel]))]);
    return node('Add', [scaled, constant('shift', (channel) => -mean[channel] / std[channel])]);
  };
  if (rank === 4 || shape.slice(1).includes(null)) {
    const planes = builder.relayout(frames, 'channels-first', name);
    return normalize(planes, [1, 3, ...Array(rank - 2).fill(1)]);
  }
  // Row by row: passes and onnxruntime move a clip's transposes behind the arithmetic, which is slow three by three.
  const row = 3 * shape[3]!;
  return reshape(normalize(reshape(frames, [null, row]), [row]), shape);
}

import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor } from '../src/core/tensor.ts';
import type { ValueShape, ValueType } from '../src/onnx/converter.ts';

/** What a model takes. */
export interface ModelInput {
  readonly name: string;
  readonly dtype: Exclude<ValueType, 'uint8' | 'int64'>;
  readonly shape: ValueShape;
  /** Where the values are indices: how many there are to choose from. */
  readonly below?: number;
}

/** What stands for an extent that a model leaves open: the batch, sides of pictures, lengths of sequences. */
const open = { batch: 2, side: 32, length: 8 };

/**
 * Inputs to try a model on, where there are none of its own: real numbers uniform in [−1, 1), whole ones and indices
 * uniform in [0, `below`), booleans either way. The same input gives the same values.
 *
 * @returns by name
 */
export function randomInputs(inputs: readonly ModelInput[]): Record<string, Tensor> {
  return Object.fromEntries(inputs.map((input) => [input.name, randomInput(input)]));
}

function randomInput({ name, dtype, shape: declared, below }: ModelInput): Tensor {
  const shape = concreteShape(declared);
  const rng = new Rng(`input/${name}/${shape}`);
  const elements = { length: sizeOf(shape) };
  const index = () => rng.integer(below ?? 2);
  if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from(elements, index) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(elements, index) };
  const number = below === undefined ? () => rng.uniform(-1, 1) : index;
  return { dtype, shape, data: Float32Array.from(elements, number) };
}

/** A shape without open extents. */
export function concreteShape(shape: ValueShape): number[] {
  const inside = shape.length >= 4 ? open.side : open.length;
  return shape.map((extent, axis) => extent ?? (axis === 0 ? open.batch : inside));
}

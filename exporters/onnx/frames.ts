import type { Value, ValueShape } from '../../src/core/converter.ts';
import { UserError } from '../../src/core/errors.ts';
import type { ModelBuilder } from './builder.ts';

/** Channel statistics of RGB values scaled to 0–1. */
export interface Normalization {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** The input of every bundle's graph. */
export const framesName = 'frames';

/**
 * A model's float input, made of uint8 RGB frames inside the graph: (x / 255 − mean) / std, so that a client has
 * only to decode and resize. The frames are moved channels-first as bytes, which is a quarter of the traffic.
 *
 * @param shape of the model's input: [N, H, W, 3], or [N, T, H, W, 3] for a clip
 * @throws UserError for any other shape
 */
export function framesInput(shape: ValueShape, { mean, std }: Normalization, builder: ModelBuilder): Value {
  const rank = shape.length;
  if ((rank !== 4 && rank !== 5) || shape.at(-1) !== 3) {
    throw new UserError('a model of frames takes [N, H, W, 3] or [N, T, H, W, 3]', {
      received: `an input of shape [${shape.map((extent) => extent ?? 'any')}]`,
      remedy: 'export it without normalisation',
    });
  }
  const frames = builder.input(framesName, 'uint8', shape);
  const bytes = builder.relayout(frames, 'channels-first', framesName);
  const floats = builder.node(framesName, 'Cast', [bytes], { attributes: { to: 1 }, dtype: 'float32' });
  const perChannel = [1, 3, ...Array(rank - 2).fill(1)];
  const scale = Float32Array.from(std, (deviation) => 1 / (255 * deviation));
  const shift = Float32Array.from(mean, (average, channel) => -average / std[channel]);
  const scaled = builder.node(framesName, 'Mul', [
    floats,
    builder.constant(scale, perChannel, `${framesName}.scale`),
  ]);
  return builder.node(framesName, 'Add', [
    scaled,
    builder.constant(shift, perChannel, `${framesName}.shift`),
  ]);
}

import type { Normalization } from '../src/core/normalization.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';

/**
 * Frames as a model of another origin takes them, made by plain arithmetic: what a graph with its preprocessing inside
 * is compared with.
 *
 * @param frames uint8, [N, H, W, 3] or [N, T, H, W, 3]
 * @param normalization (x / 255 − mean) / std as float32; null: the bytes as they are, uint8
 * @param channels last: in the order of the frames; first: [N, 3, H, W] or [N, 3, T, H, W]
 */
export function normalizedFrames(
  { data, shape }: Tensor,
  normalization: Normalization | null,
  channels: 'first' | 'last',
): Tensor {
  const values =
    normalization === null
      ? Uint8Array.from(data, Number)
      : Float32Array.from(
          data,
          (value, i) => (Number(value) / 255 - normalization.mean[i % 3]) / normalization.std[i % 3],
        );
  if (channels === 'last') return tensor(values, shape);
  const [samples, ...frame] = shape;
  const pixels = sizeOf(frame) / 3;
  const planes = values.slice();
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < 3; channel++) {
      const at = (sample * 3 + channel) * pixels;
      for (let i = 0; i < pixels; i++) planes[at + i] = values[(sample * pixels + i) * 3 + channel];
    }
  }
  return tensor(planes, [samples, 3, ...frame.slice(0, -1)]);
}

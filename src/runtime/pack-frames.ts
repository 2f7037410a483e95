import type { BundleManifest } from '../core/bundle.ts';
import { type FrameSize, frameSizes } from '../core/clip.ts';
import { UserError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { RgbImage } from '../image/image.ts';
import { resizeBilinear } from '../image/resize.ts';

/**
 * Samples as the input of a bundle's graph.
 *
 * @param samples each the frames of one sample in order: one for a frame system, `input.frames` for a clip system. Any
 *   size; they are resized here.
 * @returns uint8 `[N, height, width, 3]`, or `[N, frames, height, width, 3]` for clips
 * @throws UserError when a sample has another number of frames
 */
export function packFrames(
  samples: readonly (readonly RgbImage[])[],
  {
    name,
    input,
  }: {
    name: string;
    input: Pick<BundleManifest['input'], 'kind' | 'frames' | 'speed' | 'windows' | 'height' | 'width'>;
  },
): Tensor {
  const { kind, frames, height, width } = input;
  const sizes = frameSizes(input);
  const size = height * width * 3;
  const data = new Uint8Array(samples.length * frames * size);
  // A clip at a video's end repeats a frame: it is resized once.
  const resized = new Map<RgbImage, Map<FrameSize, RgbImage>>();
  const resize = (image: RgbImage, wanted: FrameSize) => {
    let known = resized.get(image);
    if (!known) resized.set(image, (known = new Map()));
    let small = known.get(wanted);
    if (!small) known.set(wanted, (small = resizeBilinear(image, wanted.width, wanted.height)));
    return small;
  };
  samples.forEach((sample, n) => {
    if (sample.length !== frames) {
      throw new UserError(`${name} takes ${frames} frame${frames > 1 ? 's' : ''} a sample`, {
        received: String(sample.length),
      });
    }
    sample.forEach((image, t) => {
      place(resize(image, sizes[t]), data.subarray((n * frames + t) * size), width);
    });
  });
  const shape =
    kind === 'clip' ? [samples.length, frames, height, width, 3] : [samples.length, height, width, 3];
  return { dtype: 'uint8', shape, data };
}

/** Copies an image into the top left corner of a frame `width` wide. */
function place(image: RgbImage, frame: Uint8Array, width: number): void {
  if (image.width === width) {
    frame.set(image.data);
    return;
  }
  const row = image.width * 3;
  for (let y = 0; y < image.height; y++)
    frame.set(image.data.subarray(y * row, (y + 1) * row), y * width * 3);
}

import type { Augmenter } from './transform.ts';

/** Mirrors left and right, for every second sample. */
export const flip: Augmenter = {
  name: 'flip',
  losesLabels: false,
  draw: (rng) =>
    rng.chance(0.5)
      ? {
          image: ({ width, height, data }) => ({ width, height, data: mirror(data, width, height, 3) }),
          labels: ({ width, height, codes }) => ({ width, height, codes: mirror(codes, width, height, 1) }),
        }
      : null,
};

function mirror(data: Uint8Array, width: number, height: number, channels: number): Uint8Array {
  const mirrored = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    const row = y * width * channels;
    for (let x = 0; x < width; x++) {
      const from = row + (width - 1 - x) * channels;
      const to = row + x * channels;
      for (let c = 0; c < channels; c++) mirrored[to + c] = data[from + c];
    }
  }
  return mirrored;
}

import { type Augmenter, meanColour } from './transform.ts';

/**
 * Cuts a window of the model's input size at a random place; where the picture is smaller than the window, it is
 * placed at random inside it and surrounded by the mean colour.
 */
export const crop: Augmenter = {
  name: 'crop',
  losesLabels: true,
  draw(rng, size) {
    const [across, down] = [rng.uniform(), rng.uniform()];
    // The window's corner in the picture: negative where the window is the larger one.
    const corner = (extent: number, share: number) => {
      const room = extent - size;
      return room >= 0 ? Math.floor(share * (room + 1)) : -Math.floor(share * (1 - room));
    };
    const cut = (data: Uint8Array, width: number, height: number, fill: readonly number[]) => {
      const channels = fill.length;
      const out = new Uint8Array(size * size * channels);
      const [left, top] = [corner(width, across), corner(height, down)];
      for (let y = 0, at = 0; y < size; y++) {
        const row = y + top;
        for (let x = 0; x < size; x++) {
          const column = x + left;
          const inside = row >= 0 && row < height && column >= 0 && column < width;
          const from = (row * width + column) * channels;
          for (let c = 0; c < channels; c++) out[at++] = inside ? data[from + c] : fill[c];
        }
      }
      return out;
    };
    return {
      image: ({ width, height, data }) => ({
        width: size,
        height: size,
        data: cut(data, width, height, meanColour),
      }),
      labels: ({ width, height, codes }) => ({
        width: size,
        height: size,
        codes: cut(codes, width, height, [0]),
      }),
    };
  },
};

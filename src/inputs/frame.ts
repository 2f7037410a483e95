import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import type { Input } from './input.ts';
import { packedFrames, rgbOptions, sizeText } from './rgb.ts';
import { window } from './window.ts';

/** The key frame: uint8 [height, width, 3]. */
export const frame = defineKind({
  kind: 'frame',
  title: 'the key frame',
  options: () => z.strictObject(rgbOptions),
  make: ({ height, width, mean, std }): Input => ({
    shape: [height, width, 3],
    dtype: 'uint8',
    normalization: { mean, std },
    title: `the key frame, ${sizeText({ height, width })}`,
    sizes: [{ height, width }],
    needs: (place) => window(place, { frames: 1, speed: 1 }),
    prepare: (frames) => packedFrames(frames, { height, width }),
  }),
});

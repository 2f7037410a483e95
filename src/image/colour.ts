import type { RgbImage } from './image.ts';

/** How a video's YCbCr values stand for colours. */
export interface VideoColour {
  readonly matrix: 'bt601' | 'bt709';
  readonly range: 'limited' | 'full';
}

/** Planar 4:2:0 video: one chroma value for 2×2 pixels; odd sides round up. Strides are bytes per row. */
export interface Yuv420Planes {
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
  /** Default: the width. */
  readonly strideY?: number;
  /** Default: half the width, rounded up. */
  readonly strideU?: number;
  readonly strideV?: number;
}

/**
 * Which matrix and range a video is decoded with. Named ones are taken as they are (BT.2020 as BT.709, its nearest
 * here); a video that names none is BT.601 below 720 lines and BT.709 from there on, limited range – what players do.
 *
 * @param tagged the names that ffprobe (`color_space`) or WebCodecs (`VideoColorSpace.matrix`) give, or nothing
 */
export function videoColour(tagged: {
  readonly height: number;
  readonly matrix?: string | null;
  readonly fullRange?: boolean | null;
}): VideoColour {
  const range = tagged.fullRange ? 'full' : 'limited';
  switch (tagged.matrix) {
    case 'bt470bg':
    case 'smpte170m':
    case 'fcc':
      return { matrix: 'bt601', range };
    case 'bt709':
    case 'smpte240m':
    case 'bt2020nc':
    case 'bt2020-ncl':
    case 'bt2020c':
      return { matrix: 'bt709', range };
    default:
      return { matrix: tagged.height < 720 ? 'bt601' : 'bt709', range };
  }
}

/** The luma weights of red and blue (ITU-R BT.601-7 and BT.709-6, item "luma"). */
const lumaWeights = { bt601: { red: 0.299, blue: 0.114 }, bt709: { red: 0.2126, blue: 0.0722 } };

/** Sixteen fractional bits. */
const one = 1 << 16;

/** The matrix in fixed point: RGB = luma·(Y − black) + the chroma terms of Cb − 128 and Cr − 128. */
function coefficients({ matrix, range }: VideoColour) {
  const { red, blue } = lumaWeights[matrix];
  const green = 1 - red - blue;
  const lumaScale = range === 'full' ? 1 : 255 / 219;
  const chromaScale = range === 'full' ? 1 : 255 / 224;
  return {
    black: range === 'full' ? 0 : 16,
    luma: Math.round(lumaScale * one),
    redFromCr: Math.round(2 * (1 - red) * chromaScale * one),
    greenFromCb: Math.round(((2 * (1 - blue) * blue) / green) * chromaScale * one),
    greenFromCr: Math.round(((2 * (1 - red) * red) / green) * chromaScale * one),
    blueFromCb: Math.round(2 * (1 - blue) * chromaScale * one),
  };
}

/**
 * Converts planar 4:2:0 YCbCr to RGB: the ITU matrices in 16-bit fixed point, rounded to nearest, clamped to 0–255;
 * each chroma value serves its 2×2 pixels unchanged (as ffmpeg and OpenCV do by default). Integer arithmetic only,
 * so Node and browsers give the same bytes for the same planes.
 *
 * @throws RangeError when a plane is too short
 */
export function yuv420ToRgb(
  planes: Yuv420Planes,
  frame: { readonly width: number; readonly height: number } & VideoColour,
): RgbImage {
  const { width, height } = frame;
  const chromaWidth = (width + 1) >> 1;
  const chromaHeight = (height + 1) >> 1;
  const { y, u, v, strideY = width, strideU = chromaWidth, strideV = chromaWidth } = planes;
  requireLength('Y', y, strideY * (height - 1) + width);
  requireLength('U', u, strideU * (chromaHeight - 1) + chromaWidth);
  requireLength('V', v, strideV * (chromaHeight - 1) + chromaWidth);

  const { black, luma, redFromCr, greenFromCb, greenFromCr, blueFromCb } = coefficients(frame);
  const half = one >> 1;
  const data = new Uint8ClampedArray(width * height * 3);
  let o = 0;
  for (let row = 0; row < height; row++) {
    const yRow = row * strideY;
    const uRow = (row >> 1) * strideU;
    const vRow = (row >> 1) * strideV;
    for (let column = 0; column < width; column++) {
      const cb = u[uRow + (column >> 1)] - 128;
      const cr = v[vRow + (column >> 1)] - 128;
      const light = (y[yRow + column] - black) * luma + half;
      data[o] = (light + redFromCr * cr) >> 16;
      data[o + 1] = (light - greenFromCb * cb - greenFromCr * cr) >> 16;
      data[o + 2] = (light + blueFromCb * cb) >> 16;
      o += 3;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function requireLength(name: string, plane: Uint8Array, needed: number): void {
  if (plane.length < needed)
    throw new RangeError(`the ${name} plane needs ${needed} bytes, has ${plane.length}`);
}

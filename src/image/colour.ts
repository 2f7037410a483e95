import { UserError } from '../core/errors.ts';
import type { RgbImage } from './image.ts';

/** How a video's YCbCr values stand for colours. */
export interface VideoColour {
  readonly matrix: 'bt601' | 'bt709';
  readonly range: 'limited' | 'full';
}

/** Planar video: `bits` a value, 16-bit words above 8, and one chroma value for so many columns and rows of pixels. */
export interface YuvLayout {
  readonly bits: 8 | 10 | 12;
  readonly columns: 1 | 2;
  readonly rows: 1 | 2;
}

/** What nearly all video is: 4:2:0, one chroma value for 2×2 pixels. */
export const yuv420: YuvLayout = { bits: 8, columns: 2, rows: 2 };

/** The planes of a picture; odd sides round up. Strides are values per row. */
export interface YuvPlanes {
  readonly y: Uint8Array | Uint16Array;
  readonly u: Uint8Array | Uint16Array;
  readonly v: Uint8Array | Uint16Array;
  /** Default: the width. */
  readonly strideY?: number;
  /** Default: the width over the layout's columns, rounded up. */
  readonly strideU?: number;
  readonly strideV?: number;
}

/**
 * Which matrix and range a video is decoded with. Named ones are taken as they are; a video that names none is BT.601
 * below 720 lines and BT.709 from there on, limited range – what players do. BT.2020 is refused before (`refuseWide`).
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
function coefficients({ matrix, range }: VideoColour, bits: number) {
  const { red, blue } = lumaWeights[matrix];
  const green = 1 - red - blue;
  // The ends of the limited range grow by powers of two with the bits; the full range ends one short of them.
  const fullScale = (255 * 2 ** (bits - 8)) / (2 ** bits - 1);
  const lumaScale = range === 'full' ? fullScale : 255 / 219;
  const chromaScale = range === 'full' ? fullScale : 255 / 224;
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
 * Refuses colours that cannot be shown as sRGB without tone or gamut mapping, which every player does otherwise: HLG,
 * PQ, and BT.2020's wide gamut.
 *
 * @param tagged what ffprobe (`color_transfer`, `color_primaries`, `color_space`) or WebCodecs (`VideoColorSpace`) say
 * @param name how to call the video
 * @throws UserError with the kind of colours and the remedy
 */
export function refuseWide(
  tagged: {
    readonly transfer?: string | null;
    readonly primaries?: string | null;
    readonly matrix?: string | null;
  },
  name: string,
): void {
  const { transfer, primaries, matrix } = tagged;
  const wide = primaries === 'bt2020' || matrix?.startsWith('bt2020');
  const kind =
    transfer === 'smpte2084' || transfer === 'pq'
      ? 'HDR video (PQ: HDR10 or Dolby Vision)'
      : transfer === 'arib-std-b67' || transfer === 'hlg'
        ? 'HDR video (HLG)'
        : wide
          ? "video in BT.2020's wide gamut"
          : null;
  if (kind === null) return;
  throw new UserError(`${name} must have colours of standard range (BT.601 or BT.709)`, {
    received: kind,
    remedy:
      'convert it: ffmpeg -i IN -vf zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable,' +
      'zscale=t=bt709:m=bt709:r=tv,format=yuv420p OUT.mp4',
  });
}

/**
 * Converts planar YCbCr to RGB: the ITU matrices in 16-bit fixed point, rounded to nearest, clamped to 0–255; each
 * chroma value serves all its pixels unchanged (as ffmpeg and OpenCV do by default). Integer arithmetic only, so Node
 * and browsers give the same bytes for the same planes.
 *
 * @param frame its size, colours, and layout (default: `yuv420`)
 * @throws RangeError when a plane is too short
 */
export function yuvToRgb(
  planes: YuvPlanes,
  frame: { readonly width: number; readonly height: number; readonly layout?: YuvLayout } & VideoColour,
): RgbImage {
  const { width, height, layout = yuv420 } = frame;
  const [columnShift, rowShift] = [layout.columns >> 1, layout.rows >> 1];
  const chromaWidth = (width + columnShift) >> columnShift;
  const chromaHeight = (height + rowShift) >> rowShift;
  const { y, u, v, strideY = width, strideU = chromaWidth, strideV = chromaWidth } = planes;
  requireLength('Y', y, strideY * (height - 1) + width);
  requireLength('U', u, strideU * (chromaHeight - 1) + chromaWidth);
  requireLength('V', v, strideV * (chromaHeight - 1) + chromaWidth);

  const { black, luma, redFromCr, greenFromCb, greenFromCr, blueFromCb } = coefficients(frame, layout.bits);
  const shift = 16 + layout.bits - 8;
  const half = 1 << (shift - 1);
  const blackLevel = black << (layout.bits - 8);
  const noChroma = 1 << (layout.bits - 1);
  const data = new Uint8ClampedArray(width * height * 3);
  let o = 0;
  for (let row = 0; row < height; row++) {
    const yRow = row * strideY;
    const uRow = (row >> rowShift) * strideU;
    const vRow = (row >> rowShift) * strideV;
    for (let column = 0; column < width; column++) {
      const cb = u[uRow + (column >> columnShift)] - noChroma;
      const cr = v[vRow + (column >> columnShift)] - noChroma;
      const light = (y[yRow + column] - blackLevel) * luma + half;
      data[o] = (light + redFromCr * cr) >> shift;
      data[o + 1] = (light - greenFromCb * cb - greenFromCr * cr) >> shift;
      data[o + 2] = (light + blueFromCb * cb) >> shift;
      o += 3;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

function requireLength(name: string, plane: { readonly length: number }, needed: number): void {
  if (plane.length < needed)
    throw new RangeError(`the ${name} plane needs ${needed} values, has ${plane.length}`);
}

import type { RgbImage } from './image.ts';

/** Fixed-point weights sum to 2²²: with 8-bit values every sum fits 32 bits, and every engine agrees bit for bit. */
const precision = 22;
const half = 1 << (precision - 1);

/** For each output position: the first input position, how many follow, and their weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  /** Weights kept per output position. */
  readonly stride: number;
}

const tapsBySizes = new Map<string, Taps>();

/** The triangle filter's weights from `from` to `to` positions, widened by the scale when shrinking (antialias). */
function triangleTaps(from: number, to: number): Taps {
  const key = `${from}>${to}`;
  const known = tapsBySizes.get(key);
  if (known) return known;

  const scale = from / to;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const low = Math.max(Math.trunc(centre - support + 0.5), 0);
    const high = Math.min(Math.trunc(centre + support + 0.5), from);
    const raw = Array.from({ length: high - low }, (_, k) =>
      Math.max(0, 1 - Math.abs((low + k - centre + 0.5) / support)),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    for (let k = 0; k < raw.length; k++) {
      weights[i * stride + k] = Math.trunc(0.5 + (raw[k] / sum) * (1 << precision));
    }
    first[i] = low;
    count[i] = high - low;
  }
  const taps = { first, count, weights, stride };
  // Video files and cameras bring few sizes; a run over a folder of odd photographs must not grow without end.
  if (tapsBySizes.size >= 64) tapsBySizes.clear();
  tapsBySizes.set(key, taps);
  return taps;
}

function resizeRows(image: RgbImage, width: number): RgbImage {
  const { height, data } = image;
  const { first, count, weights, stride } = triangleTaps(image.width, width);
  const out = new Uint8Array(height * width * 3);
  let o = 0;
  for (let y = 0; y < height; y++) {
    const row = y * image.width * 3;
    for (let x = 0; x < width; x++) {
      let i = row + first[x] * 3;
      let w = x * stride;
      let r = half;
      let g = half;
      let b = half;
      for (const end = w + count[x]; w < end; w++, i += 3) {
        const weight = weights[w];
        r = (r + Math.imul(data[i], weight)) | 0;
        g = (g + Math.imul(data[i + 1], weight)) | 0;
        b = (b + Math.imul(data[i + 2], weight)) | 0;
      }
      out[o] = r >> precision;
      out[o + 1] = g >> precision;
      out[o + 2] = b >> precision;
      o += 3;
    }
  }
  return { width, height, data: out };
}

function resizeColumns(image: RgbImage, height: number): RgbImage {
  const { width, data } = image;
  const { first, count, weights, stride } = triangleTaps(image.height, height);
  const rowLength = width * 3;
  const out = new Uint8Array(height * rowLength);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    // Two rows at a time: half the trips through the sums. A missing second row has the weight 0.
    for (let k = 0; k < count[y]; k += 2) {
      const weight = weights[y * stride + k];
      const nextWeight = k + 1 < count[y] ? weights[y * stride + k + 1] : 0;
      const row = (first[y] + k) * rowLength;
      const nextRow = nextWeight ? row + rowLength : row;
      for (let x = 0; x < rowLength; x++) {
        sums[x] += Math.imul(data[row + x], weight) + Math.imul(data[nextRow + x], nextWeight);
      }
    }
    const row = y * rowLength;
    for (let x = 0; x < rowLength; x++) out[row + x] = sums[x] >> precision;
  }
  return { width, height, data: out };
}

/**
 * Resizes to width × height, aspect ignored: a triangle filter, antialiased when shrinking, as Pillow's
 * `Image.resize(size, Image.BILINEAR)` computes it – rows, then columns, each rounded to 8 bits. Integer
 * arithmetic only, so Node and every browser give the same bytes. This is the one resize in front of every model.
 *
 * @returns a new image, or the given one when it has that size already
 * @throws RangeError when a side is not a positive whole number
 */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`an image is resized to positive whole sides; received ${width}×${height}`);
  }
  const rows = image.width === width ? image : resizeRows(image, width);
  return rows.height === height ? rows : resizeColumns(rows, height);
}

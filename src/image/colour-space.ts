import type { RgbImage } from './image.ts';
import { unsupported } from './image-fault.ts';

/** How an image's RGB values stand for colours. */
export interface ColourSpace {
  /** CIE 1931 x, y of white, red, green and blue. */
  readonly primaries: readonly number[];
  /** A value in 0–1 of a channel (0 red, 1 green, 2 blue) as light, 0–1. */
  readonly toLight: (value: number, channel: number) => number;
}

const srgbPrimaries = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];

const srgbToLight = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const lightToSrgb = (v: number) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

/** ITU-T H.273, table 2. */
const primariesByCode: Readonly<Record<number, readonly number[]>> = {
  1: srgbPrimaries,
  4: [0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08],
  5: [0.3127, 0.329, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06],
  6: [0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07],
  7: [0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07],
  9: [0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046],
  11: [0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
  12: [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
};

/** ITU-T H.273, table 3. The cameras' curves of standard video (1, 6, 14, 15) are shown as sRGB's, as players do. */
const curvesByCode: Readonly<Record<number, (value: number) => number>> = {
  1: srgbToLight,
  4: (v) => v ** 2.2,
  5: (v) => v ** 2.8,
  6: srgbToLight,
  8: (v) => v,
  13: srgbToLight,
  14: srgbToLight,
  15: srgbToLight,
};

const asSrgb = 'convert it to sRGB (an 8-bit PNG or JPEG)';

/**
 * The colour space that two code points of ITU-T H.273 name (PNG's cICP, AVIF's nclx); null for sRGB, and where they
 * name nothing (2).
 *
 * @throws ImageFault for PQ, HLG and what else has no one rendition on an ordinary screen
 */
export function codedColourSpace(primaries: number, transfer: number): ColourSpace | null {
  if (transfer === 16 || transfer === 18) {
    const name = transfer === 16 ? 'PQ' : 'HLG';
    throw unsupported(`an image of high dynamic range (${name})`, `tone-map it: ${asSrgb}`);
  }
  const colours = primaries === 2 ? srgbPrimaries : primariesByCode[primaries];
  const toLight = transfer === 2 ? srgbToLight : curvesByCode[transfer];
  if (!colours || !toLight) {
    throw unsupported(`an image with colours of code ${primaries}/${transfer} (ITU-T H.273)`, asSrgb);
  }
  return colours === srgbPrimaries && toLight === srgbToLight ? null : { primaries: colours, toLight };
}

/**
 * Whether white lies between red, green and blue. Nothing can be made of others, which damaged files have, and those of
 * writers that leave zeros: every colour would be black.
 *
 * @param primaries as a `ColourSpace` has them
 */
export function arePrimaries([wx, wy, ...colours]: readonly number[]): boolean {
  const [red, green, blue] = [0, 2, 4].map((i) => [colours[i], colours[i + 1]]);
  const turn = ([ax, ay]: number[], [bx, by]: number[]) => (bx - ax) * (wy - ay) - (by - ay) * (wx - ax);
  const turns = [turn(red, green), turn(green, blue), turn(blue, red)];
  const isInside = turns.every((one) => one > 1e-5) || turns.every((one) => one < -1e-5);
  return isInside && [wy, red[1], green[1], blue[1]].every((y) => y !== 0);
}

/**
 * The colour space of PNG's gAMA and cHRM chunks; null for sRGB. A cHRM that names no colours does not count. A gamma of
 * 0.45455 without cHRM is what writers of sRGB leave for old readers. 0.50994 is ffmpeg's way to write the video curve
 * BT.709, which is shown as sRGB's, so that a video's frame has one look, whatever it is stored as.
 */
export function gammaColourSpace(
  gamma: number,
  chromaticities: readonly number[] | null,
): ColourSpace | null {
  const isVideo = Math.abs(gamma - 0.50994) < 2e-4;
  const primaries = chromaticities && arePrimaries(chromaticities) ? chromaticities : srgbPrimaries;
  if (primaries === srgbPrimaries && (isVideo || Math.abs(gamma - 0.45455) < 2e-4)) return null;
  const isSrgb = primaries.every((value, i) => Math.abs(value - srgbPrimaries[i]) < 1e-3);
  if (isVideo && isSrgb) return null;
  return { primaries, toLight: isVideo ? srgbToLight : (v) => v ** (1 / gamma) };
}

type Matrix = readonly (readonly number[])[];

const multiply = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));

function invert(m: Matrix): number[][] {
  const cofactor = (i: number, j: number) => {
    const [r, s] = [(i + 1) % 3, (i + 2) % 3];
    const [c, d] = [(j + 1) % 3, (j + 2) % 3];
    return m[r][c] * m[s][d] - m[r][d] * m[s][c];
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}

const xyz = (x: number, y: number) => [[x / y], [1], [(1 - x - y) / y]];

/** Bradford's cone responses (ICC.1, annex E). */
const cones = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Linear RGB → XYZ as it looks under D65. */
function toXyz([wx, wy, ...colours]: readonly number[]): number[][] {
  const [r, g, b] = [0, 2, 4].map((i) => xyz(colours[i], colours[i + 1]).flat());
  const columns = [0, 1, 2].map((i) => [r[i], g[i], b[i]]);
  const weights = multiply(invert(columns), xyz(wx, wy)).flat();
  const own = columns.map((row) => row.map((value, j) => value * weights[j]));
  const [from, to] = [multiply(cones, xyz(wx, wy)), multiply(cones, xyz(0.3127, 0.329))].map((m) => m.flat());
  const scale = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? to[i] / from[i] : 0)));
  return multiply(multiply(multiply(invert(cones), scale), cones), own);
}

/** Steps of light for which sRGB's value is kept: a twentieth of a level where its curve is steepest. */
const steps = 65535;
const levels = Uint8Array.from({ length: steps + 1 }, (_, i) => Math.round(lightToSrgb(i / steps) * 255));

/**
 * An image in sRGB, laid on black: relative colorimetric, white to white, colours outside sRGB clipped – as browsers
 * show it.
 *
 * @param rgba its straight values, uint8 `[height, width, 4]`
 */
export function toSrgb(
  { width, height, rgba }: { width: number; height: number; rgba: Uint8Array | Uint8ClampedArray },
  { primaries, toLight }: ColourSpace,
): RgbImage {
  const [red, green, blue] = [0, 1, 2].map((channel) =>
    Float64Array.from({ length: 256 }, (_, i) => toLight(i / 255, channel)),
  );
  const [m0, m1, m2] = multiply(invert(toXyz(srgbPrimaries)), toXyz(primaries));
  const level = (value: number) => levels[Math.round(Math.min(1, Math.max(0, value)) * steps)];
  const data = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const [r, g, b] = [red[rgba[from]], green[rgba[from + 1]], blue[rgba[from + 2]]];
    const cover = rgba[from + 3] / 255;
    data[to] = Math.round(level(m0[0] * r + m0[1] * g + m0[2] * b) * cover);
    data[to + 1] = Math.round(level(m1[0] * r + m1[1] * g + m1[2] * b) * cover);
    data[to + 2] = Math.round(level(m2[0] * r + m2[1] * g + m2[2] * b) * cover);
  }
  return { width, height, data };
}

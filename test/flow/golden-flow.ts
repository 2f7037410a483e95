import { readFileSync } from 'node:fs';
import type { RgbImage } from '../../src/image/image.ts';

type Place = [number, number];

interface Sized {
  name: string;
  width: number;
  height: number;
  /** Base64 of RGB bytes. */
  frames: string[];
}

interface Settings {
  pyr_scale: number;
  levels: number;
  winsize: number;
  iterations: number;
  poly_n: number;
  poly_sigma: number;
}

/** What test/golden/make-flow.py wrote: OpenCV for Python on frames of its own. */
export const golden: {
  opencv: string;
  flows: (Sized & { settings: Settings; flow: string })[];
  tracks: (Sized & { tracks: Place[][]; onFrame: string; onBlack: string })[];
  real: { files: string[]; pixels: string[]; stride: number; flow: string; tracks: Place[][] };
} = JSON.parse(readFileSync(new URL('../golden/flow.json', import.meta.url), 'utf8'));

export function bytes(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

export function floats(base64: string): Float32Array {
  return new Float32Array(bytes(base64).buffer);
}

export function images({ width, height, frames }: Sized): RgbImage[] {
  return frames.map((data) => ({ width, height, data: bytes(data) }));
}

/** How many values are within 0.001 of what is expected, as a share, and how far the worst one is. */
export function closeness(actual: ArrayLike<number>, expected: Float32Array) {
  const distances = Array.from(expected, (value, i) => Math.abs(actual[i] - value));
  const close = distances.filter((distance) => distance <= 1e-3).length;
  return { share: close / expected.length, worst: Math.max(...distances) };
}

/** The largest distance in x or y between two lists of tracks; Infinity where they differ in number or length. */
export function trackDistance(
  actual: readonly (readonly (readonly number[])[])[],
  expected: Place[][],
): number {
  const lengths = (tracks: readonly (readonly unknown[])[]) => tracks.map((track) => track.length).join();
  if (lengths(actual) !== lengths(expected)) return Number.POSITIVE_INFINITY;
  const values = actual.flat(2);
  return Math.max(...expected.flat(2).map((value, i) => Math.abs(values[i] - value)));
}

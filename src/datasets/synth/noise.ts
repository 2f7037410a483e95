import type { Rng } from '../../core/rng.ts';

/** Smooth noise in −1…1: random values on a grid `cell` pixels apart, blended between. */
export function valueNoise(
  rng: Rng,
  width: number,
  height: number,
  cellX: number,
  cellY: number,
): (x: number, y: number) => number {
  const columns = Math.ceil(width / cellX) + 2;
  const grid = Float32Array.from({ length: columns * (Math.ceil(height / cellY) + 2) }, () =>
    rng.uniform(-1, 1),
  );
  return (x, y) => {
    const [gx, gy] = [x / cellX, y / cellY];
    const [ix, iy] = [Math.floor(gx), Math.floor(gy)];
    const [fx, fy] = [gx - ix, gy - iy];
    const [sx, sy] = [fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)];
    const i = iy * columns + ix;
    const top = grid[i] + (grid[i + 1] - grid[i]) * sx;
    const bottom = grid[i + columns] + (grid[i + columns + 1] - grid[i + columns]) * sx;
    return top + (bottom - top) * sy;
  };
}

/** A convex function of several numbers at a point. */
export interface ConvexPoint {
  readonly value: number;
  readonly slopes: Float64Array;
  /** Where the slopes would vanish if the curvature stayed, from here: all or most of the way. */
  direction(): Float64Array;
}

const mostSteps = 200;

/**
 * The point at which a convex function is least, by Newton's method with backtracking.
 *
 * @param size of the point; the search begins at zeros
 * @param tolerance the largest slope that is taken for none
 * @returns where it stopped: there, or where rounding lets it come no nearer
 */
export function minimum(
  size: number,
  at: (point: Float64Array) => ConvexPoint,
  tolerance: number,
): Float64Array {
  let point = new Float64Array(size);
  let here = at(point);
  for (let step = 0; step < mostSteps; step++) {
    if (here.slopes.every((value) => Math.abs(value) <= tolerance)) break;
    const direction = here.direction();
    const descent = product(here.slopes, direction);
    let length = 1;
    let next = moved(point, direction, length);
    let there = at(next);
    // Sufficient decrease (Armijo).
    while (there.value > here.value + 1e-4 * length * descent && length > 1e-10) {
      length /= 2;
      next = moved(point, direction, length);
      there = at(next);
    }
    if (length <= 1e-10) break;
    [point, here] = [next, there];
  }
  return point;
}

/**
 * Newton's direction by conjugate gradients, near enough for the steps to become better and better (Nocedal and Wright
 * 2006, algorithm 7.1): for more numbers than a matrix can be made of.
 *
 * @param curvature the second derivatives along a direction
 */
export function conjugateDirection(
  slopes: Float64Array,
  curvature: (direction: Float64Array) => Float64Array,
): Float64Array {
  const steepness = Math.sqrt(product(slopes, slopes));
  const enough = Math.min(0.5, Math.sqrt(steepness)) * steepness;
  const solution = new Float64Array(slopes.length);
  const residual = slopes.map((value) => -value);
  let direction: Float64Array = residual.slice();
  let square = product(residual, residual);
  for (let i = 0; i < 2 * slopes.length && Math.sqrt(square) > enough; i++) {
    const bent = curvature(direction);
    const length = square / product(direction, bent);
    for (let j = 0; j < solution.length; j++) {
      solution[j] += length * direction[j];
      residual[j] -= length * bent[j];
    }
    const next = product(residual, residual);
    direction = moved(residual, direction, next / square);
    square = next;
  }
  return solution;
}

function product(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i] * right[i];
  return sum;
}

function moved(point: Float64Array, direction: Float64Array, length: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(point, (value, i) => value + length * direction[i]);
}

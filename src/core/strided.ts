/** Where a tensor's elements lie in a buffer: element [i, j, …] at offset + i·strides[0] + j·strides[1] + … */
export interface StridedLayout {
  readonly shape: readonly number[];
  /** In elements, one an axis, not negative. 0 repeats an element. */
  readonly strides: readonly number[];
  /** In elements. */
  readonly offset: number;
}

/** An array of numbers of one kind, such as Float32Array. */
export interface Elements {
  readonly length: number;
  readonly [index: number]: number | bigint;
}

/** The strides of a tensor whose last axis varies fastest. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** Whether the elements lie one after the other in row-major order. */
export function isRowMajor({ shape, strides }: StridedLayout): boolean {
  const dense = rowMajorStrides(shape);
  return shape.includes(0) || shape.every((extent, axis) => extent === 1 || strides[axis] === dense[axis]);
}

/**
 * Side of the squares in which axes are turned: a line of the processor's cache, so that all of what is fetched for one
 * element is used while it is there.
 */
const tile = 16;

/** Copies a tensor out of `source` into `target`, in row-major order. Both are of one kind, `target` of the shape's size. */
export function gather<T extends Elements>(source: T, target: T, layout: StridedLayout): T {
  if (target.length === 0) return target;
  const axes = walkedAxes(layout);
  const neighbours = axes.findIndex(({ step }) => step === 1);
  const isTurned = neighbours >= 0 && neighbours < axes.length - 1;
  if (isTurned) gatherTiles(source, target, axes, neighbours, layout.offset);
  else gatherRows(source, target, axes, layout.offset);
  return target;
}

/** One element after the other, in the order of the result. */
function gatherRows(from: Elements, target: Elements, axes: readonly Axis[], start: number): void {
  const to = target as { [index: number]: number | bigint };
  const last = axes.length - 1;
  let at = 0;
  const copy = (axis: number, offset: number) => {
    const { extent, step } = axes[axis];
    if (axis === last) for (let i = 0; i < extent; i++) to[at++] = from[offset + i * step];
    else for (let i = 0; i < extent; i++) copy(axis + 1, offset + i * step);
  };
  copy(0, start);
}

/**
 * A square at a time of what lies side by side in the source and what lies side by side in the result, as a transpose
 * has it: row by row, each element would fetch a line of the cache anew.
 *
 * @param neighbours the axis along which the source's elements are neighbours
 */
function gatherTiles(
  from: Elements,
  target: Elements,
  axes: readonly Axis[],
  neighbours: number,
  start: number,
): void {
  const to = target as { [index: number]: number | bigint };
  const outer = offsetsOf(axes.slice(0, neighbours));
  const inner = offsetsOf(axes.slice(neighbours + 1));
  const { extent: count } = axes[neighbours];
  const width = inner.length;
  for (let block = 0; block < outer.length; block++) {
    const source = start + outer[block];
    const result = block * count * width;
    for (let left = 0; left < width; left += tile) {
      const right = Math.min(left + tile, width);
      for (let top = 0; top < count; top += tile) {
        const bottom = Math.min(top + tile, count);
        for (let row = top; row < bottom; row++) {
          const read = source + row;
          let write = result + row * width + left;
          for (let column = left; column < right; column++) to[write++] = from[read + inner[column]];
        }
      }
    }
  }
}

/** Where in the source each element of some axes lies, in the order of the result. */
function offsetsOf(axes: readonly Axis[]): Int32Array | Float64Array {
  const furthest = axes.reduce((sum, { extent, step }) => sum + (extent - 1) * step, 0);
  // Integers are twice as fast to add as what holds any offset.
  const Offsets = furthest < 2 ** 31 ? Int32Array : Float64Array;
  let offsets: Int32Array | Float64Array = new Offsets(1);
  for (const { extent, step } of axes) {
    const given = offsets;
    offsets = new Offsets(given.length * extent);
    for (let i = 0; i < offsets.length; i++) offsets[i] = given[Math.floor(i / extent)] + (i % extent) * step;
  }
  return offsets;
}

/** An axis of the result: how long it is, and how far apart its elements lie in the source. */
interface Axis {
  readonly extent: number;
  readonly step: number;
}

/** The axes without those of one element, and with neighbours that are also neighbours in the source joined. */
function walkedAxes({ shape, strides }: StridedLayout): Axis[] {
  const axes: Axis[] = [];
  for (const [axis, extent] of shape.entries()) {
    const step = strides[axis];
    const previous = axes.at(-1);
    if (extent === 1) continue;
    if (previous && previous.step === extent * step) {
      axes[axes.length - 1] = { extent: previous.extent * extent, step };
    } else axes.push({ extent, step });
  }
  return axes.length === 0 ? [{ extent: 1, step: 0 }] : axes;
}

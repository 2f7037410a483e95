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

/** Elements that share a line of the processor's cache: what is fetched for one is used for all. */
const lineElements = 16;

/** Copies a tensor out of `source` into `target`, in row-major order. Both are of one kind, `target` of the shape's size. */
export function gather<T extends Elements>(source: T, target: T, layout: StridedLayout): T {
  if (target.length === 0) return target;
  const axes = walkedAxes(layout);
  const neighbours = axes.findIndex(({ step }) => step === 1);
  const isTurned = neighbours >= 0 && neighbours < axes.length - 1;
  if (isTurned) gatherLines(source, target, axes, neighbours, layout.offset);
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
 * A few elements that are neighbours in the source at a time, though they lie apart in the result, as a transpose has
 * it: one by one, each would fetch a line of the source anew.
 *
 * @param neighbours the axis along which the source's elements are neighbours
 */
function gatherLines(
  from: Elements,
  target: Elements,
  axes: readonly Axis[],
  neighbours: number,
  start: number,
): void {
  const to = target as { [index: number]: number | bigint };
  const targetSteps = rowMajorStrides(axes.map(({ extent }) => extent));
  const { extent: count } = axes[neighbours];
  const apart = targetSteps[neighbours];
  const others = axes
    .map((axis, i) => ({ ...axis, apart: targetSteps[i] }))
    .filter((_, i) => i !== neighbours);
  const last = others.length - 1;
  const copy = (axis: number, offset: number, at: number, size: number) => {
    const { extent, step, apart: width } = others[axis];
    for (let i = 0; i < extent; i++) {
      const read = offset + i * step;
      const write = at + i * width;
      if (axis === last) for (let j = 0; j < size; j++) to[write + j * apart] = from[read + j];
      else copy(axis + 1, read, write, size);
    }
  };
  for (let line = 0; line < count; line += lineElements) {
    copy(0, start + line, line * apart, Math.min(lineElements, count - line));
  }
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

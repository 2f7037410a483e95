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

/** Copies a tensor out of `source` into `target`, in row-major order. Both are of one kind, `target` of the shape's size. */
export function gather<T extends Elements>(source: T, target: T, layout: StridedLayout): T {
  const axes = walkedAxes(layout);
  const from = source as Elements;
  const to = target as { [index: number]: number | bigint };
  const last = axes.length - 1;
  let at = 0;
  const copy = (axis: number, offset: number) => {
    const { extent, step } = axes[axis];
    if (axis === last) for (let i = 0; i < extent; i++) to[at++] = from[offset + i * step];
    else for (let i = 0; i < extent; i++) copy(axis + 1, offset + i * step);
  };
  if (target.length > 0) copy(0, layout.offset);
  return target;
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

import type { Value, ValueShape } from '../../src/core/converter.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import type { GraphOp, KnownElements } from './op.ts';

/** Longer vectors are no shapes. */
export const mostElements = 64;

type Fold = (inputs: readonly KnownElements[], values: readonly Value[], op: GraphOp) => KnownElements;

/** Of two integers each, with a scalar going along with a vector; unknown where one of them is. */
function elementwise(compute: (a: number, b: number) => number): Fold {
  return ([a, b]) => {
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, i) => {
      const [x, y] = [a[a.length === 1 ? 0 : i], b[b.length === 1 ? 0 : i]];
      if (x === null || y === null || x === undefined || y === undefined) return null;
      const result = compute(x, y);
      return Number.isSafeInteger(result) ? result : null;
    });
  };
}

const same: Fold = ([x]) => x;
const join: Fold = (inputs) => inputs.flat();

/** What integer operators give for vectors that are known in part: the arithmetic of shapes. */
const folds: Readonly<Record<string, Fold>> = {
  ...{ Cast: same, Reshape: same, Squeeze: same, ExpandDims: same, EnsureShape: same },
  Pack: join,
  ConcatV2: (inputs) => inputs.slice(0, -1).flat(),
  Add: elementwise((a, b) => a + b),
  AddV2: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  FloorDiv: elementwise((a, b) => Math.floor(a / b)),
  FloorMod: elementwise((a, b) => a - b * Math.floor(a / b)),
  Maximum: elementwise(Math.max),
  Minimum: elementwise(Math.min),
  Prod: ([x]) => [
    x.reduce((product, extent) => (product === null || extent === null ? null : product * extent), 1),
  ],
  GatherV2: ([x, indices]) => indices.map((i) => (i === null ? null : (x[i] ?? null))),
  Slice: ([x, [begin], [size]], { 0: { shape } }) => {
    if (begin === null || size === null || shape.length !== 1) return [];
    return x.slice(begin, size < 0 ? undefined : begin + size);
  },
  StridedSlice: ([x, [begin], [end], [stride]], _values, op) => {
    if (begin === null || end === null || stride !== 1) return [];
    const isMasked = (name: string) => (op.attributes.integer(name, 0) & 1) === 1;
    if (isMasked('ellipsis_mask') || isMasked('new_axis_mask')) return [];
    const from = isMasked('begin_mask') ? 0 : begin;
    if (isMasked('shrink_axis_mask')) return [x.at(from) ?? null];
    return x.slice(from, isMasked('end_mask') ? undefined : end);
  },
};

/** What operators tell of a shape. */
const told: Readonly<Record<string, (shape: ValueShape) => KnownElements>> = {
  Shape: (shape) => shape,
  Rank: (shape) => [shape.length],
  Size: (shape) => [shape.includes(null) ? null : sizeOf(shape as number[])],
};

/**
 * What is known of a node's result that was converted to `result`, from what is known of its inputs; undefined where
 * it is no integer scalar or vector, or its operator none of shapes.
 */
export function foldElements(
  result: Value,
  inputs: readonly Value[],
  op: GraphOp,
): KnownElements | undefined {
  if (Object.hasOwn(told, op.operator)) return told[op.operator](inputs[0].shape);
  const fold = Object.hasOwn(folds, op.operator) ? folds[op.operator] : undefined;
  if (!fold || result.dtype !== 'int32' || result.shape.length > 1) return undefined;
  const known = inputs.map((input) => (input.dtype === 'int32' ? op.elementsOf(input) : undefined));
  if (known.some((elements) => !elements)) return undefined;
  const elements = fold(known as KnownElements[], inputs, op);
  // A length that the converter does not confirm is one that this table does not understand.
  const [length = 1] = result.shape;
  return elements.length === length ? elements : undefined;
}

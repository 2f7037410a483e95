import { sizeOf } from '../../src/core/tensor.ts';
import type { Value, ValueShape } from '../../src/onnx/converter.ts';
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

/** By a condition for all. */
const chosen: Fold = ([[condition, ...others], a, b]) => {
  if (others.length > 0) return [];
  if (condition === null || condition === undefined) return a.map(() => null);
  return condition === 0 ? b : a;
};
const same: Fold = ([x]) => x;
const join: Fold = (inputs) => inputs.flat();

/** What integer operators give for vectors that are known in part: the arithmetic of shapes. */
const folds: Readonly<Record<string, Fold>> = {
  ...{ Reshape: same, Squeeze: same, ExpandDims: same, EnsureShape: same },
  Cast: ([x], _values, op) =>
    op.attributes.type('DstT') === 'bool' ? x.map((element) => element && Number(element !== 0)) : x,
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
  Less: elementwise((a, b) => Number(a < b)),
  LessEqual: elementwise((a, b) => Number(a <= b)),
  Greater: elementwise((a, b) => Number(a > b)),
  GreaterEqual: elementwise((a, b) => Number(a >= b)),
  Equal: elementwise((a, b) => Number(a === b)),
  NotEqual: elementwise((a, b) => Number(a !== b)),
  LogicalAnd: elementwise((a, b) => Math.min(a, b)),
  LogicalOr: elementwise((a, b) => Math.max(a, b)),
  LogicalNot: ([x]) => x.map((element) => (element === null ? null : 1 - element)),
  Select: chosen,
  SelectV2: chosen,
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
  const isWhole = ({ dtype }: Value) => dtype === 'int32' || dtype === 'bool';
  if (!fold || !isWhole(result) || result.shape.length > 1) return undefined;
  const known = inputs.map((input) => (isWhole(input) ? op.elementsOf(input) : undefined));
  if (known.some((elements) => !elements)) return undefined;
  const elements = fold(known as KnownElements[], inputs, op);
  // A length that the converter does not confirm is one that this table does not understand.
  const [length = 1] = result.shape;
  return elements.length === length ? elements : undefined;
}

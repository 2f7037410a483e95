import { storedAxis, type Value, type ValueShape } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { aligned } from './align.ts';
import { expanded } from './shape.ts';
import { storedOrder } from './stored-order.ts';

const concat: ConvertOp = (inputs, op) => {
  const axes = op.operator === 'Concat' ? inputs[0] : inputs.at(-1)!;
  const joined = op.operator === 'Concat' ? inputs.slice(1) : inputs.slice(0, -1);
  return concatenated(joined, op.integers(axes, 'an axis')[0], op);
};

export function concatenated(inputs: readonly Value[], given: number, op: GraphOp): Value {
  const [{ shape, dtype }] = inputs;
  const axis = frontAxis(given, shape.length, op);
  const fits = inputs.every((input) => {
    const isSame = (extent: number | null, i: number) =>
      i === axis || extent === null || input.shape[i] === null || extent === input.shape[i];
    return input.dtype === dtype && input.shape.length === shape.length && shape.every(isSame);
  });
  if (!fits) throw op.unsupported('inputs of other shapes or types');
  const extents = inputs.map((input) => input.shape[axis]);
  const sum = extents.includes(null) ? null : (extents as number[]).reduce((a, b) => a + b);
  const known = shape.map(
    (_, i) => inputs.map((input) => input.shape[i]).find((extent) => extent !== null) ?? null,
  );
  const stored = aligned(inputs, op);
  return op.node('Concat', stored, {
    attributes: { axis: storedAxis(stored[0], axis) },
    ...{ shape: known.with(axis, sum), layout: stored[0].layout },
  });
}

const pack: ConvertOp = (inputs, op) => {
  const axis = frontAxis(op.attributes.integer('axis', 0), inputs[0].shape.length + 1, op);
  const items = inputs.map((input) => expanded(input, axis, op));
  return items.length === 1 ? items[0] : concatenated(items, axis, op);
};

const tile: ConvertOp = ([x, multiples], op) => {
  const counts = op.elementsOf(multiples);
  if (counts && counts.length !== x.shape.length) throw op.unsupported(`${counts.length} counts`);
  if (!counts?.every((count) => count !== null)) {
    return op.node('Tile', [op.tfjsOrder(x), op.int64(multiples)], {
      ...{ shape: x.shape.map(() => null), layout: 'tfjs' },
    });
  }
  const shape = x.shape.map((extent, axis) => (extent === null ? null : extent * counts[axis]));
  const stored = storedOrder(x).map((axis) => counts[axis]);
  return op.node('Tile', [x, op.constant(stored)], { shape });
};

const broadcastTo: ConvertOp = ([x, target], op) => {
  op.requireRank(target, 1);
  const shape: ValueShape = op.elementsOf(target) ?? Array<null>(target.shape[0] ?? 0).fill(null);
  if (target.shape[0] === null) throw op.unsupported('a shape of unknown rank');
  return op.node('Expand', [op.tfjsOrder(x), op.int64(target)], { shape, layout: 'tfjs' });
};

export const joins = [
  defineGraphConverter('Concat', 2, concat),
  defineGraphConverter('ConcatV2', 2, concat),
  defineGraphConverter('Pack', 1, pack),
  defineGraphConverter('Tile', 2, tile),
  defineGraphConverter('BroadcastTo', 2, broadcastTo),
];

import type { Value } from '../../../src/onnx/converter.ts';
import type { GraphOp } from '../op.ts';
import { paddedAtRunTime } from './padding.ts';

/** What spaceToBatch does where extents or paddings, int32 [blocks, 2], are known only at run time. */
export function spreadAtRunTime(x: Value, blocks: readonly number[], paddings: Value, op: GraphOp): Value {
  const rest = x.shape.length - 1 - blocks.length;
  const none = (rows: number) => op.constant(Array<number>(2 * rows).fill(0), [rows, 2]);
  const rows = [none(1), beginsAndEnds(paddings, blocks, op), ...(rest > 0 ? [none(rest)] : [])];
  const around = op.node('Concat', rows, {
    ...{ attributes: { axis: 0 }, shape: [x.shape.length, 2], dtype: 'int64', layout: 'tfjs' },
  });
  const y = paddedAtRunTime(x, around, op);
  // [N, h · b, …] → [N, h, b, …] → [b, N, h, …] → [b · N, h, …]
  const sizes = [1, ...blocks, ...Array<number>(rest).fill(1)];
  const extents = extentsOf(y, op);
  const counts = op.node('Div', [extents, op.constant(sizes)]);
  const parts = blocks.flatMap((block, i) => [piece(counts, i + 1, i + 2, op), op.constant([block])]);
  const inside = 1 + blocks.length;
  const split = [piece(counts, 0, 1, op), ...parts, ...tail(counts, inside, op)];
  const axes = blocks.map((_, i) => 2 * i + 1);
  const others = Array.from({ length: rest }, (_, i) => 1 + 2 * blocks.length + i);
  const perm = [...axes.map((axis) => axis + 1), 0, ...axes, ...others];
  const batch = x.shape[0] === null ? null : blocks.reduce((product, block) => product * block, x.shape[0]);
  const shape = [batch, ...blocks.map(() => null), ...x.shape.slice(inside)];
  return regrouped(y, split, perm, [op.constant([-1]), piece(counts, 1, shape.length, op)], shape, op);
}

/** The way back: see batchToSpace. */
export function gatheredAtRunTime(x: Value, blocks: readonly number[], crops: Value, op: GraphOp): Value {
  const rank = x.shape.length;
  const inside = 1 + blocks.length;
  const extents = extentsOf(x, op);
  // [b · N, h, …] → [b, N, h, …] → [N, h, b, …] → [N, h · b, …]
  const split = [op.constant([...blocks, -1]), piece(extents, 1, rank, op)];
  const perm = Array.from({ length: rank }, (_, axis) => [
    blocks.length + axis,
    ...(axis > 0 && axis < inside ? [axis - 1] : []),
  ]).flat();
  const sizes = op.constant([1, ...blocks, ...Array<number>(rank - inside).fill(1)]);
  const whole = op.node('Mul', [extents, sizes]);
  const shape = [null, ...blocks.map(() => null), ...x.shape.slice(inside)];
  const y = regrouped(x, split, perm, [op.constant([-1]), piece(whole, 1, rank, op)], shape, op);
  const cut = beginsAndEnds(crops, blocks, op);
  const column = (i: number) =>
    op.node('Gather', [cut, op.constant([i], [])], {
      ...{ attributes: { axis: 1 }, shape: [blocks.length], dtype: 'int64', layout: 'tfjs' },
    });
  const ends = op.node('Sub', [piece(whole, 1, inside, op), column(1)]);
  const axes = op.constant(blocks.map((_, i) => i + 1));
  return op.node('Slice', [y, column(0), ends, axes], { shape });
}

function beginsAndEnds(value: Value, { length }: readonly number[], op: GraphOp): Value {
  if (value.shape.join() !== `${length},2`) {
    throw op.unsupported(
      `borders of shape [${value.shape.map((extent) => extent ?? '?')}] of ${length} axes`,
    );
  }
  return op.cast(value, 'int64');
}

function extentsOf(x: Value, op: GraphOp): Value {
  return op.node('Shape', [op.tfjsOrder(x)], {
    ...{ dtype: 'int64', shape: [x.shape.length], layout: 'tfjs' },
  });
}

function piece(vector: Value, begin: number, end: number, op: GraphOp): Value {
  return op.node('Slice', [vector, op.constant([begin]), op.constant([end])], { shape: [end - begin] });
}

function tail(vector: Value, begin: number, op: GraphOp): Value[] {
  const end = vector.shape[0]!;
  return end > begin ? [piece(vector, begin, end, op)] : [];
}

/** Axes split, moved and joined again, to extents found at run time. */
function regrouped(
  x: Value,
  split: readonly Value[],
  perm: readonly number[],
  target: readonly Value[],
  shape: Value['shape'],
  op: GraphOp,
): Value {
  const joined = (vectors: readonly Value[], length: number) =>
    op.node('Concat', vectors, { attributes: { axis: 0 }, dtype: 'int64', shape: [length], layout: 'tfjs' });
  const open = perm.map(() => null);
  const ordered = op.tfjsOrder(x);
  const parts = op.node('Reshape', [ordered, joined(split, perm.length)], { shape: open });
  const moved = op.node('Transpose', [parts], { attributes: { perm }, shape: open });
  return op.node('Reshape', [moved, joined(target, shape.length)], { shape });
}

import { storedAxis, type Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { padded, pads } from './padding.ts';
import { sliced, toTheEnd } from './slice.ts';
import { gatheredAtRunTime, spreadAtRunTime } from './space-to-batch-at-run-time.ts';
import { storedOrder } from './stored-order.ts';

/** What TensorFlow puts around dilated convolutions: every b-th position as a sample of its own. */
const spaceToBatch: ConvertOp = ([x, blockShape, paddings], op) => {
  const blocks = blockSizes(x, blockShape, op);
  if (isOpen(x, paddings, op)) return spreadAtRunTime(x, blocks, paddings, op);
  const around = pads(paddings, blocks.length, op);
  const others = x.shape.length - 1 - blocks.length;
  const y = padded(x, [0, 0, ...around, ...Array<number>(2 * others).fill(0)], op);
  const extents = blocks.map((block, i) => {
    const extent = y.shape[i + 1];
    if (extent === null || extent % block !== 0)
      throw op.unsupported(`${extent ?? '?'} positions in blocks of ${block}`);
    return extent / block;
  });
  // [N, h · b, …] → [N, h, b, …] → [b, N, h, …] → [b · N, h, …], wherever these axes are stored.
  const spatial = new Map(blocks.map((block, i) => [storedAxis(y, i + 1), { block, extent: extents[i] }]));
  const stored = storedOrder(y).map((axis) => y.shape[axis]);
  const split = stored.flatMap((extent, axis) => {
    const found = spatial.get(axis);
    return found ? [found.extent, found.block] : [known(extent, axis, op)];
  });
  const blockAxes = new Map<number, number>();
  const otherAxes: number[] = [];
  let at = 0;
  for (const axis of stored.keys()) {
    otherAxes.push(at++);
    if (spatial.has(axis)) blockAxes.set(axis, at++);
  }
  const blocksInOrder = blocks.map((_, i) => blockAxes.get(storedAxis(y, i + 1))!);
  const shape = [times(x.shape[0], blocks), ...extents, ...x.shape.slice(1 + blocks.length)];
  return regrouped(y, split, [...blocksInOrder, ...otherAxes], shape, op);
};

/** The way back, and the removal of what padding has left. */
const batchToSpace: ConvertOp = ([x, blockShape, crops], op) => {
  const blocks = blockSizes(x, blockShape, op);
  if (isOpen(x, crops, op)) return gatheredAtRunTime(x, blocks, crops, op);
  const cut = pads(crops, blocks.length, op);
  const spatial = new Map(blocks.map((_, i) => [storedAxis(x, i + 1), i]));
  const stored = storedOrder(x).map((axis) => x.shape[axis]);
  // [b · N, h, …] → [b, N, h, …] → [N, h, b, …] → [N, h · b, …]
  const split = [...blocks, ...stored.map((extent, axis) => known(extent, axis, op))].map((extent, i) =>
    i === blocks.length && extent > 0 ? extent / times(1, blocks)! : extent,
  );
  const perm = [...stored.keys()].flatMap((axis) => {
    const block = spatial.get(axis);
    return [blocks.length + axis, ...(block === undefined ? [] : [block])];
  });
  const { shape: from } = x;
  const [batch] = from;
  const samples = batch === null ? null : batch / times(1, blocks)!;
  if (samples !== null && !Number.isInteger(samples))
    throw op.unsupported(`${batch} samples in blocks of [${blocks}]`);
  const shape = [
    samples,
    ...blocks.map((block, i) => from[i + 1]! * block),
    ...from.slice(1 + blocks.length),
  ];
  const whole = regrouped(x, split, perm, shape, op);
  const ranges = blocks.map((_, i) => ({
    ...{ axis: i + 1, begin: cut[2 * i], step: 1 },
    end: cut[2 * i + 1] === 0 ? toTheEnd : -cut[2 * i + 1],
  }));
  return sliced(whole, ranges, op);
};

/** Axes split, moved and joined again, as they are stored; the batch is what remains. */
function regrouped(
  x: Value,
  split: readonly number[],
  perm: readonly number[],
  shape: Value['shape'],
  op: GraphOp,
): Value {
  const { layout } = x;
  const parts = op.node('Reshape', [x, op.constant(split)], { shape: split });
  const moved = op.node('Transpose', [parts], {
    attributes: { perm },
    shape: perm.map((axis) => split[axis]),
  });
  const target = storedOrder({ shape, layout }).map((axis) => (axis === 0 ? -1 : shape[axis]!));
  return op.node('Reshape', [moved, op.constant(target)], { shape, layout });
}

/** Whether the graph has to find out at run time how much there is. */
function isOpen(x: Value, borders: Value, op: GraphOp): boolean {
  return x.shape.slice(1).includes(null) || !op.constantOf(borders);
}

function blockSizes(x: Value, blockShape: Value, op: GraphOp): readonly number[] {
  const blocks = op.integers(blockShape, 'a block');
  if (blocks.length + 1 > x.shape.length || !blocks.every((block) => block > 0 && block < 2 ** 16)) {
    throw op.unsupported(`blocks of [${blocks}]`);
  }
  return blocks;
}

/** Of axes other than the batch's, which is what remains. */
function known(extent: number | null, axis: number, op: GraphOp): number {
  if (extent !== null) return extent;
  if (axis === 0) return -1;
  throw op.unsupported('extents known only at run time');
}

function times(extent: number | null, blocks: readonly number[]): number | null {
  return extent === null ? null : blocks.reduce((product, block) => product * block, extent);
}

export const spacesAndBatches = [
  defineGraphConverter('SpaceToBatchND', 3, spaceToBatch),
  defineGraphConverter('BatchToSpaceND', 3, batchToSpace),
];

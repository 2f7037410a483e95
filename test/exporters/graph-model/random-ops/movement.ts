import { sizeOf } from '../../../../src/core/tensor.ts';
import { type Draw, type DType, type Generate, type Move, ofAnyType, under } from './draw.ts';

/** A value of a random shape, and that; which extents may be unknown, `open` says. */
function given(draw: Draw, dtype: DType, { rank, open }: { rank?: number; open?: readonly number[] } = {}) {
  const shape = draw.shape(rank);
  const x = draw.value(shape, { dtype, ...(open && { open }) });
  return { x, shape, rank: shape.length };
}

const transpose: Move = (draw, operator, dtype) => {
  const { x, rank } = given(draw, dtype);
  return draw.graph.op(operator, [
    x,
    draw.graph.ints(draw.axes(rank, rank).map((axis) => (axis + rank) % rank)),
  ]);
};

/** Extents of the same product: factors in another order, some of them joined. */
function regrouped(draw: Draw, shape: readonly number[]): number[] {
  const factors = draw.rng.shuffle(shape.flatMap((extent) => (extent === 4 ? [2, 2] : [extent])));
  const extents: number[] = [];
  for (const factor of factors) {
    const joins = extents.length > 0 && (extents.length === 5 || draw.chance(0.4));
    extents.push(joins ? extents.pop()! * factor : factor);
  }
  return extents;
}

/** With the batch kept or not, the channels kept or not, and one extent left to find. */
const reshape: Move = (draw, operator, dtype) => {
  const { graph } = draw;
  const { x, shape, rank } = given(draw, dtype, { open: [0] });
  const keepsBatch = draw.chance(0.6);
  const keepsChannels = rank > 2 && draw.chance(0.5);
  const moved = shape.slice(keepsBatch ? 1 : 0, keepsChannels ? -1 : undefined);
  const middle = regrouped(draw, moved);
  const target = [
    ...(keepsBatch ? shape.slice(0, 1) : []),
    ...middle,
    ...(keepsChannels ? shape.slice(-1) : []),
  ];
  const left = keepsBatch ? 0 : draw.from(0, target.length - 1);
  const wanted = draw.chance(0.7) ? graph.ints(target.with(left, -1)) : draw.ints(target, x, shape);
  return graph.op(operator, [x, wanted]);
};

/** Axes of one element put in, and some of them taken out. */
const squeeze: Move = (draw, operator, dtype) => {
  const shape = draw.shape().map((extent) => (draw.chance(0.4) ? 1 : extent));
  const ones = shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
  const x = draw.value(shape, { dtype, open: shape[0] === 1 ? [] : [0] });
  const some = draw.rng.shuffle(ones).slice(0, draw.from(0, ones.length));
  const squeeze_dims = some.map((axis) => (draw.chance(0.3) ? axis - shape.length : axis));
  return draw.graph.op(operator, [x], { squeeze_dims });
};

const expandDims: Move = (draw, operator, dtype) => {
  const { x, rank } = given(draw, dtype, { rank: draw.from(1, 4) });
  return draw.graph.op(operator, [x, draw.graph.ints(draw.axis(rank + 1))]);
};

/** Before and after each axis, the batch's and the channels' at times. */
function amounts(draw: Draw, shape: readonly number[], most: (extent: number) => number): string {
  const isBorder = draw.chance(0.5);
  const pads = shape.flatMap((extent, axis) =>
    isBorder && (axis === 0 || axis === shape.length - 1)
      ? [0, 0]
      : [draw.from(0, most(extent)), draw.from(0, most(extent))],
  );
  return draw.graph.constant(Int32Array.from(pads), [shape.length, 2]);
}

const pad: Generate = (draw, operator) => {
  const shape = draw.shape();
  const fill = operator === 'PadV2' ? [draw.graph.float(draw.pick([0, 0.5, -3]))] : [];
  return draw.graph.op(operator, [draw.value(shape), amounts(draw, shape, () => 2), ...fill]);
};

const mirrorPad: Generate = (draw, operator) => {
  const shape = draw.shape(draw.from(1, 4));
  const mode = draw.pick(['REFLECT', 'SYMMETRIC']);
  const most = (extent: number) => Math.min(2, mode === 'REFLECT' ? extent - 1 : extent);
  return draw.graph.op(operator, [draw.value(shape), amounts(draw, shape, most)], { mode });
};

const tile: Move = (draw, operator, dtype) => {
  const { x, shape } = given(draw, dtype);
  const counts = shape.map(() => draw.from(1, 3));
  return draw.graph.op(operator, [x, draw.ints(counts, x, shape)]);
};

const broadcast: Move = (draw, operator, dtype) => {
  const target = draw.shape();
  const shape = target
    .map((extent) => (draw.chance(0.4) ? 1 : extent))
    .slice(draw.chance(0.4) ? draw.from(0, target.length - 1) : 0);
  const x = draw.value(shape, { dtype });
  return draw.graph.op(operator, [x, draw.ints(target, x, shape)]);
};

const reverse: Move = (draw, operator, dtype) => {
  const { x, rank } = given(draw, dtype);
  return draw.graph.op(operator, [x, draw.graph.ints(draw.axes(rank))]);
};

/** Blocks over one axis to three, and what is padded so that they fit. */
const spaceToBatch: Generate = (draw, operator) => {
  const shape = draw.shape(draw.from(3, 5));
  const blocks = Array.from({ length: draw.from(1, Math.min(3, shape.length - 1)) }, () => draw.from(1, 3));
  const pads = blocks.flatMap((block, i) => {
    const before = draw.from(0, 2);
    return [before, (block - ((shape[i + 1] + before) % block)) % block];
  });
  const around = draw.graph.constant(Int32Array.from(pads), [blocks.length, 2]);
  return draw.graph.op(operator, [draw.value(shape, { open: [0] }), draw.graph.ints(blocks), around]);
};

const batchToSpace: Generate = (draw, operator) => {
  const rest = draw.shape(draw.from(2, 4));
  const blocks = Array.from({ length: draw.from(1, Math.min(3, rest.length)) }, () => draw.from(1, 3));
  const shape = [draw.from(1, 2) * sizeOf(blocks), ...rest];
  const crops = blocks.flatMap((block, i) => {
    const before = draw.from(0, Math.min(2, rest[i] * block - 1));
    return [before, draw.from(0, Math.min(2, rest[i] * block - 1 - before))];
  });
  const cut = draw.graph.constant(Int32Array.from(crops), [blocks.length, 2]);
  return draw.graph.op(operator, [draw.value(shape, { open: [0] }), draw.graph.ints(blocks), cut]);
};

const depthToSpace: Generate = (draw, operator) => {
  const block_size = draw.from(2, 3);
  const shape = [...draw.shape(3), block_size ** 2 * draw.from(1, 3)];
  const x = draw.value(shape, { open: [0, 1, 2] });
  return draw.graph.op(operator, [x], { block_size, data_format: 'NHWC' });
};

export const movement: Readonly<Record<string, Generate>> = {
  ...ofAnyType({
    ...{ Transpose: transpose, Reshape: reshape, Squeeze: squeeze, ExpandDims: expandDims },
    ...{ Tile: tile, BroadcastTo: broadcast, ReverseV2: reverse },
  }),
  ...under(['Pad', 'PadV2'], pad),
  MirrorPad: mirrorPad,
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  DepthToSpace: depthToSpace,
};

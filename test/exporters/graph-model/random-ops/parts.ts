import { type Draw, type Move, ofAnyType, under } from './draw.ts';

/** All axes but one. */
function others(rank: number, axis: number): number[] {
  const front = (axis + rank) % rank;
  return Array.from({ length: rank }, (_, other) => other).filter((other) => other !== front);
}

/** Several results, each under a name of its own. */
function results(draw: Draw, name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    draw.graph.op('Identity', [i === 0 ? name : `${name}:${i}`]),
  );
}

/** Begins and sizes, known or found at run time. */
const slice: Move = (draw, operator, dtype) => {
  const { graph } = draw;
  const shape = draw.shape();
  const begins = shape.map((extent, axis) => (axis === 0 && draw.chance(0.5) ? 0 : draw.from(0, extent - 1)));
  const sizes = shape.map((extent, axis) => (draw.chance(0.3) ? -1 : draw.from(1, extent - begins[axis])));
  const x = draw.value(shape, { dtype });
  return graph.op(operator, [x, draw.ints(begins, x, shape), draw.ints(sizes, x, shape)]);
};

/** An entry of x[…]: what it takes of an axis, and which masks have its bit. */
interface Entry {
  readonly bounds: readonly [begin: number, end: number, step: number];
  readonly masks: readonly string[];
}

const newAxis: Entry = { bounds: [0, 0, 1], masks: ['new_axis_mask'] };
const ellipsis: Entry = { bounds: [0, 0, 1], masks: ['ellipsis_mask'] };

/** Something of an axis, from either end, with all steps 1 or forwards and backwards. */
function range(draw: Draw, extent: number, isPlain: boolean): Entry {
  const at = (place: number) => (draw.chance(0.3) ? place - extent : place);
  // tfjs mixes axes up where one is taken away and others are taken in steps.
  if (isPlain && draw.chance(0.4)) {
    const place = at(draw.from(0, extent - 1));
    return { bounds: [place, place + 1, 1], masks: ['shrink_axis_mask'] };
  }
  const step = isPlain ? 1 : draw.pick([1, 2, 3, -1, -2]);
  const masks = ['begin_mask', 'end_mask'].filter(() => draw.chance(0.3));
  const first = draw.from(0, extent - 1);
  const last = step > 0 ? draw.from(first, extent - 1) : draw.from(0, first);
  // Before the first element no bound stands.
  const end =
    step > 0 ? (last + 1 === extent ? extent : at(last + 1)) : last === 0 ? -extent - 1 : at(last - 1);
  const isPast = step > 0 && last + 1 === extent && draw.chance(0.3);
  return { bounds: [at(first), isPast ? end + 2 : end, step], masks };
}

/** Entries for the first axes, or for the first and the last with an ellipsis between, and new axes among them. */
const stridedSlice: Move = (draw, operator, dtype) => {
  const { graph } = draw;
  const shape = draw.shape();
  const isPlain = draw.chance(0.6);
  const entry = (extent: number) => range(draw, extent, isPlain);
  const ranges = shape.map(entry).slice(0, draw.from(1, shape.length));
  let entries = ranges;
  if (draw.chance(0.3)) {
    const before = draw.from(0, ranges.length);
    const after = shape.slice(shape.length - (ranges.length - before)).map(entry);
    entries = [...ranges.slice(0, before), ellipsis, ...after];
  }
  const added = shape.length < 5 && draw.chance(0.3) ? 1 : 0;
  entries = entries.toSpliced(draw.from(0, entries.length), 0, ...Array<Entry>(added).fill(newAxis));
  const bits = (name: string) =>
    entries.reduce((mask, { masks }, i) => mask + (masks.includes(name) ? 2 ** i : 0), 0);
  const names = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
  const list = (i: number) => entries.map(({ bounds }) => bounds[i]);
  const x = draw.value(shape, { dtype });
  const masks = Object.fromEntries(names.map((name) => [name, bits(name)]));
  const [begins, ends] = [0, 1].map((i) => draw.ints(list(i), x, shape));
  return graph.op(operator, [x, begins, ends, graph.ints(list(2))], masks);
};

const split: Move = (draw, operator, dtype) => {
  const rank = draw.from(1, 5);
  const axis = draw.axis(rank);
  const num_split = draw.from(1, 3);
  const shape = draw.shape(rank);
  const whole = shape.with(axis, num_split * draw.from(1, 2));
  const x = draw.value(whole, { dtype });
  return results(draw, draw.graph.op(operator, [draw.graph.ints(axis), x], { num_split }), num_split);
};

/** One length may be left to find; tfjs finds a wrong one if it is the first. */
const splitV: Move = (draw, operator, dtype) => {
  const { graph } = draw;
  const rank = draw.from(1, 5);
  const axis = draw.axis(rank);
  const lengths = Array.from({ length: draw.from(1, 3) }, () => draw.from(1, 2));
  const whole = draw.shape(rank).with(
    axis,
    lengths.reduce((sum, length) => sum + length),
  );
  const isOpen = draw.chance(0.5);
  const x = draw.value(whole, { dtype, ...(!isOpen && { open: others(rank, axis) }) });
  const given =
    !isOpen && lengths.length > 1 && draw.chance(0.5)
      ? lengths.with(draw.from(1, lengths.length - 1), -1)
      : lengths;
  const inputs = [x, graph.ints(given), graph.ints(axis)];
  return results(draw, graph.op(operator, inputs, { num_split: lengths.length }), lengths.length);
};

const unpack: Move = (draw, operator, dtype) => {
  const shape = draw.shape();
  const axis = draw.axis(shape.length);
  const num = shape.at(axis)!;
  const x = draw.value(shape, { dtype });
  return results(draw, draw.graph.op(operator, [x], { axis, num }), num);
};

/** Values and constants that differ along one axis. */
const concat: Move = (draw, operator, dtype) => {
  const { graph } = draw;
  const shape = draw.shape();
  const axis = draw.axis(shape.length);
  const part = (i: number) => {
    const extents = shape.with(axis, draw.from(1, 3));
    return i > 0 && draw.chance(0.3)
      ? draw.constant(extents, dtype)
      : draw.value(extents, { dtype, open: [] });
  };
  const parts = Array.from({ length: draw.from(1, 4) }, (_, i) => part(i));
  const along = graph.ints(axis);
  return graph.op(operator, operator === 'Concat' ? [along, ...parts] : [...parts, along], {
    N: parts.length,
  });
};

const pack: Move = (draw, operator, dtype) => {
  const shape = draw.shape(draw.from(1, 4));
  const count = draw.from(1, 3);
  const items = Array.from({ length: count }, () => draw.value(shape, { dtype, open: [0] }));
  return draw.graph.op(operator, items, { axis: draw.axis(shape.length + 1), N: count });
};

/** A scalar's shape, a vector's or a matrix's. */
function plainShape(draw: Draw): number[] {
  return draw.pick([[], [draw.from(1, 4)], [draw.from(1, 3), draw.from(1, 3)]]);
}

function indices(draw: Draw, below: number, shape: readonly number[]): string {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return draw.graph.constant(
    Int32Array.from({ length: size }, () => draw.from(0, below - 1)),
    shape,
  );
}

const gather: Move = (draw, operator, dtype) => {
  const shape = draw.shape(draw.from(1, 4));
  const x = draw.value(shape, { dtype });
  return draw.graph.op(operator, [x, indices(draw, shape[0], plainShape(draw))]);
};

/** With some of the axes before the one in common, counted from the front or from the end of the indices' axes. */
const gatherV2: Move = (draw, operator, dtype) => {
  const { graph } = draw;
  const shape = draw.shape(draw.from(1, 4));
  const axis = draw.axis(shape.length);
  const x = draw.value(shape, { dtype });
  const batches = draw.chance(0.3) ? 0 : draw.from(0, axis < 0 ? axis + shape.length : axis);
  const own = plainShape(draw);
  const numbers = indices(draw, shape.at(axis)!, [...shape.slice(0, batches), ...own]);
  const isFromEnd = own.length > 0 && draw.chance(0.3);
  return graph.op(operator, [x, numbers, graph.ints(axis)], {
    batch_dims: isFromEnd ? -own.length : batches,
  });
};

export const parts = ofAnyType({
  ...{ Slice: slice, StridedSlice: stridedSlice, Split: split, SplitV: splitV, Unpack: unpack },
  ...under(['Concat', 'ConcatV2'], concat),
  Pack: pack,
  ...{ Gather: gather, GatherV2: gatherV2 },
});

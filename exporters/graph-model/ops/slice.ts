import { storedAxis, type Value, type ValueShape } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { expanded, squeezed } from './shape.ts';

/** Beyond every extent, in ONNX's reading. */
export const toTheEnd = 2 ** 31 - 1;
export const toTheStart = -(2 ** 31);

/** A place along an axis: a number, negative ones counted from the end, or a vector of one, int64, found at run time. */
type Bound = number | Value;

/** What is taken of an axis: from `begin` to before `end`. */
interface Range {
  readonly axis: number;
  readonly begin: Bound;
  readonly end: Bound;
  readonly step: number;
  /** Of what is taken, where bounds found at run time do not tell. */
  readonly length?: number | null;
}

export function sliced(x: Value, ranges: readonly Range[], op: GraphOp): Value {
  const taken = ranges.filter(({ begin, end, step }) => begin !== 0 || end !== toTheEnd || step !== 1);
  if (taken.length === 0) return x;
  const shape = taken.reduce<ValueShape>(
    (current, range) => current.with(range.axis, lengthOf(range, x.shape[range.axis])),
    x.shape,
  );
  return op.node(
    'Slice',
    [
      x,
      bounds(
        taken.map(({ begin }) => begin),
        op,
      ),
      bounds(
        taken.map(({ end }) => end),
        op,
      ),
      op.constant(taken.map(({ axis }) => storedAxis(x, axis))),
      op.constant(taken.map(({ step }) => step)),
    ],
    { shape },
  );
}

function bounds(list: readonly Bound[], op: GraphOp): Value {
  const isKnown = (bound: Bound) => typeof bound === 'number';
  if (list.every(isKnown)) return op.constant(list);
  const vectors = list.map((bound) => vectorOf(bound, op));
  if (vectors.length === 1) return vectors[0];
  return op.node('Concat', vectors, { attributes: { axis: 0 }, shape: [vectors.length] });
}

function vectorOf(bound: Bound, op: GraphOp): Value {
  return typeof bound === 'number' ? op.constant([bound]) : bound;
}

/** The number of elements that a range takes of an axis; null where that is known only at run time. */
function lengthOf({ begin, end, step, length }: Range, extent: number | null): number | null {
  if (typeof begin !== 'number' || typeof end !== 'number') return length ?? null;
  if (extent === null) {
    const isBounded = begin >= 0 === end >= 0 && Math.abs(end) < toTheEnd && begin < 0;
    return isBounded ? Math.max(0, Math.ceil((end - begin) / step)) : (length ?? null);
  }
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + extent : at, low), high);
  return Math.max(0, Math.ceil((clamp(end) - clamp(begin)) / step));
}

/** The bounds that a vector of whole numbers gives, as far as they are known. */
function boundsOf(vector: Value, count: number, op: GraphOp): Bound[] {
  op.requireRank(vector, 1);
  if (vector.shape[0] !== count) throw op.unsupported(`${vector.shape[0] ?? '?'} bounds of ${count} axes`);
  const known = op.elementsOf(vector) ?? Array<null>(count).fill(null);
  return known.map(
    (element, i) =>
      element ??
      op.node('Slice', [op.int64(vector), op.constant([i]), op.constant([i + 1])], {
        ...{ dtype: 'int64', shape: [1], layout: 'tfjs' },
      }),
  );
}

/** What lies `length` behind a place; all the rest, where that is negative. */
function behind(begin: Bound, length: Bound, op: GraphOp): Bound {
  if (typeof length === 'number' && length < 0) return toTheEnd;
  if (typeof begin === 'number' && typeof length === 'number') return begin + length;
  const sum = op.node('Add', [vectorOf(begin, op), vectorOf(length, op)]);
  if (typeof length === 'number') return sum;
  const isOpen = op.node('Less', [length, op.constant([0])], { dtype: 'bool' });
  return op.node('Where', [isOpen, op.constant([toTheEnd]), sum], { dtype: 'int64' });
}

const slice: ConvertOp = ([x, begins, sizes], op) => {
  const rank = x.shape.length;
  const lengths = boundsOf(sizes, rank, op);
  const ranges = boundsOf(begins, rank, op).map((begin, axis): Range => {
    const length = lengths[axis];
    // tfjs takes no fewer than it is told.
    const known = typeof length === 'number' && length >= 0 ? length : null;
    return { axis, begin, end: behind(begin, length, op), step: 1, length: known };
  });
  return sliced(x, ranges, op);
};

/** Python's x[a:b:c, d, …, newaxis] with its masks: a bit for each entry. */
const stridedSlice: ConvertOp = ([x, begins, ends, steps], op) => {
  const mask = (name: string) => {
    const bits = op.attributes.integer(name, 0);
    return (i: number) => ((bits >> i) & 1) === 1;
  };
  const [isBeginOpen, isEndOpen] = [mask('begin_mask'), mask('end_mask')];
  const [isEllipsis, isNew, isShrunk] = [
    mask('ellipsis_mask'),
    mask('new_axis_mask'),
    mask('shrink_axis_mask'),
  ];
  const step = op.integers(steps, 'a stride');
  if (step.includes(0)) throw op.unsupported(`strides [${step}]`);
  const begin = boundsOf(begins, step.length, op);
  const end = boundsOf(ends, step.length, op);
  const entries = step.map((_, i) => i);
  const used = entries.filter((i) => !isNew(i) && !isEllipsis(i)).length;
  const skipped = x.shape.length - used;
  if (skipped < 0) throw op.unsupported(`${used} ranges for ${x.shape.length} axes`);
  const ranges: Range[] = [];
  const dropped: number[] = [];
  const added: number[] = [];
  let axis = 0;
  let resultAxis = 0;
  for (const i of entries) {
    if (isEllipsis(i)) {
      axis += skipped;
      resultAxis += skipped;
    } else if (isNew(i)) {
      added.push(resultAxis++);
    } else {
      ranges.push(rangeOf(i, axis));
      if (isShrunk(i)) dropped.push(axis);
      else resultAxis++;
      axis++;
    }
  }
  const kept = squeezed(sliced(x, ranges, op), dropped, op);
  return added.reduce((value, at) => expanded(value, at, op), kept);

  function rangeOf(i: number, axis: number): Range {
    if (isShrunk(i)) {
      return { axis, begin: begin[i], end: nextTo(begin[i], op), step: 1, length: 1 };
    }
    const isForward = step[i] > 0;
    return {
      axis,
      begin: isBeginOpen(i) ? (isForward ? 0 : toTheEnd) : begin[i],
      end: isEndOpen(i) ? (isForward ? toTheEnd : toTheStart) : end[i],
      step: step[i],
    };
  }
};

/** Behind the last element is the end. */
function nextTo(at: Bound, op: GraphOp): Bound {
  if (typeof at === 'number') return at === -1 ? toTheEnd : at + 1;
  const isLast = op.node('Equal', [at, op.constant([-1])], { dtype: 'bool' });
  const next = op.node('Add', [at, op.constant([1])]);
  return op.node('Where', [isLast, op.constant([toTheEnd]), next], { dtype: 'int64' });
}

const reverse: ConvertOp = ([x, axes], op) => {
  const ranges = op.integers(axes, 'an axis').map((axis) => ({
    ...{ axis: frontAxis(axis, x.shape.length, op) },
    ...{ begin: toTheEnd, end: toTheStart, step: -1 },
  }));
  return sliced(x, ranges, op);
};

/** The old form: whether each axis is turned around. */
const reverseFlagged: ConvertOp = ([x, flags], op) => {
  const given = op.constantOf(flags);
  if (given?.dtype !== 'bool') throw op.unsupported('axes known only at run time');
  const axes = [...given.data()].flatMap((flag, axis) => (flag ? [axis] : []));
  const range = { begin: toTheEnd, end: toTheStart, step: -1 };
  return sliced(
    x,
    axes.map((axis) => ({ axis: frontAxis(axis, x.shape.length, op), ...range })),
    op,
  );
};

/** The value in pieces of given lengths. */
function pieces(x: Value, axis: number, lengths: readonly number[], op: GraphOp): Value[] {
  let begin = 0;
  return lengths.map((length) => {
    const piece = sliced(x, [{ axis, begin, end: begin + length, step: 1, length }], op);
    begin += length;
    return piece;
  });
}

const split: ConvertOp = ([axes, x], op) => {
  const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
  const count = op.attributes.integer('num_split');
  if (x.shape[axis] === null && count > 0 && count <= 4096) return equalParts(x, axis, count, op);
  return pieces(x, axis, equalLengths(x.shape[axis], count, op), op);
};

/** Of an axis whose extent is known only at run time. */
function equalParts(x: Value, axis: number, count: number, op: GraphOp): Value[] {
  const parts = Array.from({ length: count }, (_, i) => [`part${i}`, { shape: x.shape }] as const);
  return Object.values(op.nodes('Split', [op.tfjsOrder(x)], Object.fromEntries(parts), { axis })) as Value[];
}

const splitV: ConvertOp = ([x, sizes, axes], op) => {
  const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
  const lengths = op.integers(sizes, 'lengths');
  const extent = x.shape[axis];
  const known = lengths.filter((length) => length >= 0).reduce((sum, length) => sum + length, 0);
  const isOpen = known < (extent ?? 0) && lengths.filter((length) => length < 0).length === 1;
  const isWhole = lengths.every((length) => length >= 0) && known === (extent ?? known);
  if (!isWhole && (extent === null || !isOpen)) {
    throw op.unsupported(`lengths [${lengths}] of an axis of ${extent ?? 'unknown extent'}`);
  }
  const found = lengths.map((length) => (length < 0 ? extent! - known : length));
  return pieces(x, axis, found, op);
};

const unpack: ConvertOp = ([x], op) => {
  const axis = frontAxis(op.attributes.integer('axis', 0), x.shape.length, op);
  const count = op.attributes.integer('num');
  const lengths = equalLengths(x.shape[axis] ?? count, count, op);
  if ((x.shape[axis] ?? count) !== lengths.length) throw op.unsupported(`${lengths.length} results`);
  return pieces(x, axis, lengths, op).map((piece) => squeezed(piece, [axis], op));
};

function equalLengths(extent: number | null, count: number, op: GraphOp): number[] {
  if (extent === null || !(count > 0 && count <= extent) || extent % count !== 0 || count > 4096) {
    throw op.unsupported(`${count} equal parts of ${extent ?? 'an unknown extent'}`);
  }
  return Array<number>(count).fill(extent / count);
}

export const slices = [
  defineGraphConverter('Slice', 3, slice),
  defineGraphConverter('StridedSlice', 4, stridedSlice),
  defineGraphConverter('ReverseV2', 2, reverse),
  defineGraphConverter('Reverse', 2, reverseFlagged),
  defineGraphConverter('Split', 2, split),
  defineGraphConverter('SplitV', 3, splitV),
  defineGraphConverter('Unpack', 1, unpack),
];

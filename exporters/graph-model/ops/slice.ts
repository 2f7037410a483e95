import { storedAxis, type Value, type ValueShape } from '../../../src/core/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { expanded, squeezed } from './shape.ts';

/** Beyond every extent, in ONNX's reading. */
export const toTheEnd = 2 ** 31 - 1;
export const toTheStart = -(2 ** 31);

/** What is taken of an axis: from `begin` to before `end`, negative ones counted from the end. */
interface Range {
  readonly axis: number;
  readonly begin: number;
  readonly end: number;
  readonly step: number;
}

export function sliced(x: Value, ranges: readonly Range[], op: GraphOp): Value {
  const taken = ranges.filter(({ begin, end, step }) => begin !== 0 || end !== toTheEnd || step !== 1);
  if (taken.length === 0) return x;
  const shape = taken.reduce<ValueShape>(
    (current, range) => current.with(range.axis, lengthOf(range, x.shape[range.axis])),
    x.shape,
  );
  const list = (pick: (range: Range) => number) => op.constant(taken.map(pick));
  return op.node(
    'Slice',
    [
      x,
      list(({ begin }) => begin),
      list(({ end }) => end),
      list(({ axis }) => storedAxis(x, axis)),
      list(({ step }) => step),
    ],
    { shape },
  );
}

/** The number of elements that a range takes of an axis; null where that is known only at run time. */
function lengthOf({ begin, end, step }: Range, extent: number | null): number | null {
  if (extent === null) {
    const isBounded = begin >= 0 === end >= 0 && Math.abs(end) < toTheEnd && begin < 0;
    return isBounded ? Math.max(0, Math.ceil((end - begin) / step)) : null;
  }
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + extent : at, low), high);
  return Math.max(0, Math.ceil((clamp(end) - clamp(begin)) / step));
}

const slice: ConvertOp = ([x, begins, sizes], op) => {
  const begin = op.integers(begins, 'a begin');
  const size = op.elementsOf(sizes);
  if (!size || size.length !== x.shape.length || begin.length !== x.shape.length) {
    throw op.unsupported('a size known only at run time');
  }
  const ranges = size.map((length, axis): Range => {
    // An unknown length is taken for that of the whole axis only where it must be.
    if (length === null && !(x.shape[axis] === null && begin[axis] === 0)) {
      throw op.unsupported('a size known only at run time');
    }
    const isOpen = length === null || length < 0;
    return { axis, begin: begin[axis], end: isOpen ? toTheEnd : begin[axis] + length, step: 1 };
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
  const begin = op.elementsOf(begins);
  const end = op.elementsOf(ends);
  if (!begin || !end || begin.length !== step.length || end.length !== step.length || step.includes(0)) {
    throw op.unsupported('bounds known only at run time');
  }
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
    const known = (bound: number | null) => {
      if (bound === null) throw op.unsupported('bounds known only at run time');
      return bound;
    };
    if (isShrunk(i)) {
      const at = known(begin![i]);
      return { axis, begin: at, end: at === -1 ? toTheEnd : at + 1, step: 1 };
    }
    const isForward = step[i] > 0;
    return {
      axis,
      begin: isBeginOpen(i) ? (isForward ? 0 : toTheEnd) : known(begin![i]),
      end: isEndOpen(i) ? (isForward ? toTheEnd : toTheStart) : known(end![i]),
      step: step[i],
    };
  }
};

const reverse: ConvertOp = ([x, axes], op) => {
  const ranges = op.integers(axes, 'an axis').map((axis) => ({
    ...{ axis: frontAxis(axis, x.shape.length, op) },
    ...{ begin: toTheEnd, end: toTheStart, step: -1 },
  }));
  return sliced(x, ranges, op);
};

/** The value in pieces of given lengths. */
function pieces(x: Value, axis: number, lengths: readonly number[], op: GraphOp): Value[] {
  let begin = 0;
  return lengths.map((length) => {
    const piece = sliced(x, [{ axis, begin, end: begin + length, step: 1 }], op);
    begin += length;
    return piece;
  });
}

const split: ConvertOp = ([axes, x], op) => {
  const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
  const count = op.attributes.integer('num_split');
  return pieces(x, axis, equalLengths(x.shape[axis], count, op), op);
};

const splitV: ConvertOp = ([x, sizes, axes], op) => {
  const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
  const lengths = op.integers(sizes, 'lengths');
  const extent = x.shape[axis];
  const known = lengths.filter((length) => length >= 0).reduce((sum, length) => sum + length, 0);
  const isOpen = known < (extent ?? 0) && lengths.filter((length) => length < 0).length === 1;
  if (extent === null || (!isOpen && (known !== extent || lengths.some((length) => length < 0)))) {
    throw op.unsupported(`lengths [${lengths}] of an axis of ${extent ?? 'unknown extent'}`);
  }
  return pieces(...([x, axis, lengths.map((length) => (length < 0 ? extent - known : length)), op] as const));
};

const unpack: ConvertOp = ([x], op) => {
  const axis = frontAxis(op.attributes.integer('axis', 0), x.shape.length, op);
  const lengths = equalLengths(x.shape[axis], op.attributes.integer('num'), op);
  if (x.shape[axis] !== lengths.length) throw op.unsupported(`${lengths.length} results`);
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
  defineGraphConverter('Split', 2, split),
  defineGraphConverter('SplitV', 3, splitV),
  defineGraphConverter('Unpack', 1, unpack),
];

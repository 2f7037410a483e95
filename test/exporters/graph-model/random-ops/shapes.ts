import { type Draw, type Generate, under } from './draw.ts';

/** A vector of whole numbers on its way from a shape to another. */
interface Extents {
  readonly name: string;
  readonly length: number;
}

type Step = (extents: Extents, draw: Draw) => Extents;

const calculate: Step = ({ name, length }, draw) => {
  const operator = draw.pick(['Add', 'AddV2', 'Sub', 'Mul', 'Maximum', 'Minimum', 'FloorDiv', 'FloorMod']);
  const isDivision = operator.startsWith('Floor');
  const numbers = Array.from({ length }, () => draw.from(isDivision ? 1 : -3, 5));
  const other = draw.graph.ints(draw.chance(0.5) ? numbers : numbers[0]);
  const operands = isDivision || draw.chance(0.5) ? [name, other] : [other, name];
  return { name: draw.graph.op(operator, operands), length };
};

const slice: Step = ({ name, length }, draw) => {
  const g = draw.graph;
  const begin = draw.from(0, length - 1);
  const size = draw.from(1, length - begin);
  const isOpen = begin + size === length && draw.chance(0.5);
  return { name: g.op('Slice', [name, g.ints([begin]), g.ints([isOpen ? -1 : size])]), length: size };
};

const stridedSlice: Step = ({ name, length }, draw) => {
  const g = draw.graph;
  const begin = draw.from(0, length - 1);
  const end = draw.from(begin + 1, length);
  const at = (place: number) => (draw.chance(0.5) && place < length ? place - length : place);
  const [begin_mask, end_mask] = [begin === 0 && draw.chance(0.5), end === length && draw.chance(0.5)].map(
    Number,
  );
  const bounds = [[begin_mask ? 2 : at(begin)], [end_mask ? -1 : at(end)], [1]].map((bound) => g.ints(bound));
  return { name: g.op('StridedSlice', [name, ...bounds], { begin_mask, end_mask }), length: end - begin };
};

/** Some of them one by one, in any order. */
const pack: Step = ({ name, length }, draw) => {
  const g = draw.graph;
  const taken = Array.from({ length: draw.from(1, 4) }, () => draw.from(-length, length - 1));
  const scalars = taken.map((at) => {
    const bounds = [[at], [at + 1], [1]].map((bound) => g.ints(bound));
    return g.op('StridedSlice', [name, ...bounds], { shrink_axis_mask: 1 });
  });
  return { name: g.op('Pack', scalars, { axis: 0, N: scalars.length }), length: taken.length };
};

const gather: Step = ({ name, length }, draw) => {
  const g = draw.graph;
  const taken = Array.from({ length: draw.from(1, 4) }, () => draw.from(0, length - 1));
  return { name: g.op('GatherV2', [name, g.ints(taken), g.ints(0)]), length: taken.length };
};

const concat: Step = ({ name, length }, draw) => {
  const g = draw.graph;
  const parts = draw.rng.shuffle([name, g.ints([draw.from(-1, 4)])]);
  return { name: g.op('ConcatV2', [...parts, g.ints(0)], { N: 2 }), length: length + 1 };
};

const product: Step = ({ name }, draw) => {
  const g = draw.graph;
  const result = g.op('Prod', [name, g.ints([0])], { keep_dims: draw.chance(0.5) });
  return { name: g.op('Reshape', [result, g.ints([1])]), length: 1 };
};

const passThrough: Step = ({ name, length }, draw) => {
  const g = draw.graph;
  const row = g.op('ExpandDims', [name, g.ints(0)]);
  return { name: g.op('Squeeze', [row], { squeeze_dims: [0] }), length };
};

const steps = [calculate, calculate, slice, stridedSlice, pack, gather, concat, product, passThrough];

/** The arithmetic that leads from a shape to another, and what it comes to on the way. */
const shape: Generate = (draw, operator) => {
  const extents = draw.shape();
  const name = draw.graph.op(operator, [draw.value(extents)]);
  const found: Extents[] = [{ name, length: extents.length }];
  const last = () => found.at(-1)!;
  for (let left = draw.from(1, 6); left > 0; left--) found.push(draw.pick(steps)(last(), draw));
  // Of a vector that is known in part, elements one by one are known or not.
  return [...found, pack(last(), draw)].map((one) => one.name);
};

const told: Generate = (draw, operator) =>
  draw.graph.op(operator, [draw.any({ dtype: draw.pick(['float32', 'int32']) })]);

export const shapes: Readonly<Record<string, Generate>> = {
  Shape: shape,
  ...under(['Size', 'Rank'], told),
};

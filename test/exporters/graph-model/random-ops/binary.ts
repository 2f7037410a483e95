import type { GraphDef } from '../graph-def.ts';
import { type Domain, type Draw, type DType, type Generate, under } from './draw.ts';

/** Two shapes that broadcast: of one the other, its last axes, a scalar, or each with ones where the other has none. */
function shapes(draw: Draw): [number[], number[]] {
  const whole = draw.shape();
  const some = (share: number) => whole.map((extent) => (draw.chance(share) ? 1 : extent));
  const other = draw.pick([
    [],
    whole,
    whole.slice(draw.from(0, whole.length)),
    some(0.5),
    some(0.5).slice(draw.from(0, whole.length)),
  ]);
  return [draw.chance(0.3) ? some(0.3) : whole, other];
}

interface Operands {
  readonly dtypes?: readonly DType[];
  /** Of the second one. */
  readonly domain?: Domain;
}

/** A value and a constant or another value, one broadcast against the other, in either order. */
function operands(draw: Draw, { dtypes = ['float32'], domain }: Operands = {}): [string, string] {
  const dtype = draw.pick(dtypes);
  const [shape, other] = draw.chance(0.5) ? shapes(draw) : shapes(draw).reverse();
  // A batch that is unknown on both sides is the same.
  const open = shape[0] === other[0] ? undefined : [];
  const isConstant = dtype !== 'bool' && (other.length === 0 || draw.chance(0.4));
  const second = isConstant ? draw.constant(other, dtype) : draw.value(other, { dtype, open: open ?? [0] });
  const pair: [string, string] = [
    draw.value(shape, { dtype, open: open ?? [0] }),
    draw.within(domain, second),
  ];
  return draw.chance(0.5) && domain === undefined ? [pair[1], pair[0]] : pair;
}

const numeric: readonly DType[] = ['float32', 'float32', 'float32', 'int32'];

const arithmetic = (options?: Operands): Generate => {
  return (draw, operator) => draw.graph.op(operator, operands(draw, options));
};

const biasAdd: Generate = (draw, operator) => {
  const shape = draw.shape(draw.from(2, 5));
  return draw.graph.op(operator, [draw.value(shape), draw.constant(shape.slice(-1))]);
};

/** By what is no zero, of either sign. */
const division: Generate = (draw, operator) => {
  const g = draw.graph;
  const isWhole = draw.chance(0.4);
  const [a, b] = operands(draw, { dtypes: [isWhole ? 'int32' : 'float32'] });
  if (isWhole) return g.op(operator, [a, nonZero(b, g)]);
  const away = g.op('Mul', [g.op('Sign', [b]), g.op('AddV2', [g.op('Abs', [b]), g.float(0.3)])]);
  return g.op(operator, [a, away]);
};

/** Whole numbers made odd. */
function nonZero(whole: string, g: GraphDef): string {
  return g.op('AddV2', [g.op('Mul', [whole, g.ints(2)]), g.ints(1)]);
}

const divNoNan: Generate = (draw, operator) => {
  const { graph } = draw;
  const [a, b] = operands(draw);
  return graph.op(operator, [a, graph.op('Relu', [graph.op('Round', [b])])]);
};

const power: Generate = (draw, operator) => {
  const g = draw.graph;
  if (draw.chance(0.5)) return g.op(operator, [draw.any(), g.float(draw.pick([2, 3, 1, 0, 4]))]);
  const [exponent, base] = operands(draw, { domain: 'positive' });
  return g.op(operator, [base, exponent]);
};

const sum: Generate = (draw, operator) => {
  const shape = draw.shape();
  const dtype = draw.pick(numeric);
  const items = Array.from({ length: draw.from(1, 4) }, () => draw.value(shape, { dtype, open: [0] }));
  return draw.graph.op(operator, items);
};

/** Of whole numbers, so that some are equal. */
const comparison: Generate = (draw, operator) => {
  const dtype = draw.pick<DType>(['float32', 'int32']);
  const pair = operands(draw, { dtypes: [dtype] });
  const whole = dtype === 'int32' ? pair : pair.map((x) => draw.graph.op('Round', [x]));
  return draw.numbers(draw.graph.op(operator, whole));
};

const logical: Generate = (draw, operator) =>
  draw.numbers(draw.graph.op(operator, operands(draw, { dtypes: ['bool'] })));

/** Where a condition is true the one, elsewhere the other; the old operator does not broadcast. */
const select: Generate = (draw, operator) => {
  const shape = draw.shape();
  const dtype = draw.pick<DType>(['float32', 'int32']);
  const part = () =>
    operator === 'Select' || draw.chance(0.4)
      ? shape
      : shape.slice(draw.from(0, shape.length)).map((extent) => (draw.chance(0.3) ? 1 : extent));
  const condition = draw.value(part(), { dtype: 'bool', open: [] });
  const [a, b] = [part(), part()].map((extents) =>
    draw.chance(0.4) ? draw.constant(extents, dtype) : draw.value(extents, { dtype, open: [] }),
  );
  return draw.graph.op(operator, [condition, a, b]);
};

export const binary: Readonly<Record<string, Generate>> = {
  ...under(['Add', 'AddV2', 'Sub', 'Mul'], arithmetic({ dtypes: numeric })),
  ...under(['Maximum', 'Minimum', 'SquaredDifference'], arithmetic({ dtypes: numeric })),
  ...under(['RealDiv', 'Div', 'FloorDiv', 'FloorMod', 'Mod'], division),
  ...under(['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'], comparison),
  ...under(['LogicalAnd', 'LogicalOr'], logical),
  ...under(['Select', 'SelectV2'], select),
  BiasAdd: biasAdd,
  DivNoNan: divNoNan,
  Pow: power,
  AddN: sum,
};

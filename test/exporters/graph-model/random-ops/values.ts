import { type } from '../graph-def.ts';
import { type DType, type Generate, under } from './draw.ts';

const dtypes: readonly DType[] = ['float32', 'float32', 'int32'];
const all: readonly DType[] = ['float32', 'int32', 'bool'];

const cast: Generate = (draw, operator) => {
  const { graph } = draw;
  const [from, to] = [draw.pick(all), draw.pick(all)];
  const shape = draw.shape();
  const isConstant = from !== 'bool' && draw.chance(0.2);
  const x = isConstant ? draw.constant(shape, from) : draw.value(shape, { dtype: from });
  const result = graph.op(operator, [x], { DstT: type(to) });
  return to === 'bool' ? draw.numbers(result) : result;
};

/** Of given extents, or of those of a value. */
const fill: Generate = (draw, operator) => {
  const { graph } = draw;
  const extents = draw.chance(0.5) ? graph.ints(draw.shape()) : graph.op('Shape', [draw.any()]);
  const dtype = draw.pick<'float32' | 'int32'>(['float32', 'int32']);
  return graph.op(operator, [extents, draw.constant([], dtype)], { T: type(dtype) });
};

/** Of bounds that are known, or up to one that is found at run time. */
const range: Generate = (draw, operator) => {
  const { graph } = draw;
  const isWhole = draw.chance(0.6);
  const [start, step] = isWhole
    ? [draw.from(-9, 9), draw.pick([1, 2, 3, -1, -2])]
    : [draw.rng.uniform(-2, 2), draw.pick([0.5, 1, -0.25])];
  const limit = start + step * (draw.from(1, 6) - (isWhole ? 0 : 0.5));
  const scalar = (value: number) => (isWhole ? graph.ints(value) : graph.float(value));
  const end = () => {
    const shape = draw.shape();
    return graph.op('Squeeze', [draw.ints([limit], draw.value(shape), shape)], { squeeze_dims: [0] });
  };
  const bounds = [scalar(start), isWhole && draw.chance(0.4) ? end() : scalar(limit), scalar(step)];
  return graph.op(operator, bounds, { Tidx: type(isWhole ? 'int32' : 'float32') });
};

const like: Generate = (draw, operator) => draw.graph.op(operator, [draw.any({ dtype: draw.pick(dtypes) })]);

const oneHot: Generate = (draw, operator) => {
  const { graph } = draw;
  const dtype = draw.pick<'float32' | 'int32'>(['float32', 'int32']);
  // Some are no class: negative ones, and those beyond.
  const indices = draw.value(draw.shape(draw.from(1, 4)), { dtype: 'int32' });
  const [on, off] = [draw.constant([], dtype), draw.constant([], dtype)];
  return graph.op(operator, [indices, graph.ints(draw.from(2, 6)), on, off], { T: type(dtype) });
};

const passOn: Generate = (draw, operator) =>
  draw.graph.op('Neg', [draw.graph.op(operator, [draw.any({ dtype: draw.pick(dtypes) })])]);

const passAllOn: Generate = (draw, operator) => {
  const count = draw.from(1, 3);
  const name = draw.graph.op(
    operator,
    Array.from({ length: count }, () => draw.any()),
  );
  return Array.from({ length: count }, (_, i) => draw.graph.op('Neg', [`${name}:${i}`]));
};

const ensureShape: Generate = (draw, operator) => {
  const shape = draw.shape();
  const dim = shape.map((extent, axis) => ({ size: axis === 0 ? '-1' : String(extent) }));
  return draw.graph.op('Neg', [draw.graph.op(operator, [draw.value(shape)], { shape: { shape: { dim } } })]);
};

/** tfjs takes a constant for the default, and nothing that is worked out. */
const withDefault: Generate = (draw, operator) => {
  const shape = draw.shape();
  const name = draw.graph.op(operator, [draw.graph.random(shape)], { dtype: type('float32') });
  return draw.graph.op('Mul', [name, draw.value(shape)]);
};

export const values: Readonly<Record<string, Generate>> = {
  Cast: cast,
  Fill: fill,
  Range: range,
  ...under(['ZerosLike', 'OnesLike'], like),
  OneHot: oneHot,
  ...under(['Identity', 'StopGradient', 'PreventGradient', 'Snapshot'], passOn),
  IdentityN: passAllOn,
  EnsureShape: ensureShape,
  PlaceholderWithDefault: withDefault,
};

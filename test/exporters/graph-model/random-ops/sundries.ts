import { f, type } from '../graph-def.ts';
import { type Generate, under } from './draw.ts';

/** Of zeros and infinities, too. */
const finite: Generate = (draw, operator) => {
  const g = draw.graph;
  const x = g.op('Round', [draw.any()]);
  return draw.numbers(g.op(operator, [g.op('RealDiv', [x, g.op('Relu', [x])])]));
};

const reverse: Generate = (draw, operator) => {
  const shape = draw.shape();
  const flags = Uint8Array.from(shape, () => Number(draw.chance(0.5)));
  return draw.graph.op(operator, [draw.value(shape), draw.graph.constant(flags)]);
};

const shapes: Generate = (draw, operator) => {
  const { graph } = draw;
  const count = draw.from(1, 3);
  const inputs = Array.from({ length: count }, () => draw.any());
  const name = graph.op(operator, inputs);
  // tfjs gives shapes as floats.
  return inputs.map((_, i) => graph.op('Cast', [i === 0 ? name : `${name}:${i}`], { DstT: type('float32') }));
};

const broadcastArgs: Generate = (draw, operator) => {
  const shape = draw.shape();
  const other = shape.slice(draw.from(0, shape.length - 1)).map((extent) => (draw.chance(0.4) ? 1 : extent));
  const sides = [other, shape].map((extents) => {
    const x = draw.value(extents);
    return draw.chance(0.5) ? draw.graph.ints(extents) : draw.graph.op('Shape', [x]);
  });
  return draw.graph.op(operator, draw.rng.shuffle(sides));
};

const linSpace: Generate = (draw, operator) => {
  const { graph } = draw;
  const bounds = [draw.rng.uniform(-3, 3), draw.rng.uniform(-3, 3)].map((bound) => graph.float(bound));
  const shape = draw.shape();
  const x = draw.value(shape);
  const count = graph.op('Squeeze', [draw.ints([draw.from(1, 7)], x, shape)], { squeeze_dims: [0] });
  return graph.op(operator, [...bounds, count]);
};

const bandPart: Generate = (draw, operator) => {
  const shape = draw.shape(draw.from(2, 4));
  const width = draw.from(-1, Math.min(...shape.slice(-2)));
  const x = draw.value(shape, { dtype: draw.pick(['float32', 'int32']) });
  return draw.graph.op(operator, [x, draw.graph.ints(width), draw.graph.ints(width)]);
};

const bincount: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape =
    operator === 'Bincount' || draw.chance(0.4) ? [draw.from(1, 9)] : [draw.from(1, 3), draw.from(1, 6)];
  const x = graph.op('Abs', [draw.value(shape, { dtype: 'int32' })]);
  const isWeighted = draw.chance(0.5);
  const weights = isWeighted ? draw.value(shape) : graph.constant(new Float32Array(0));
  // tfjs counts in a vector all the same.
  const isBinary = operator === 'DenseBincount' && shape.length === 2 && draw.chance(0.3);
  return graph.op(operator, [x, graph.ints(draw.from(1, 9)), weights], {
    ...(operator === 'DenseBincount' && { binary_output: isBinary }),
  });
};

const cumulative: Generate = (draw, operator) => {
  const shape = draw.shape();
  const axis = draw.from(0, shape.length - 1);
  const open = [...shape.keys()].filter((other) => other !== axis);
  const x = draw.value(shape, { open });
  return draw.graph.op(operator, [x, draw.graph.ints(axis)], {
    ...{ exclusive: draw.chance(0.5), reverse: draw.chance(0.5) },
  });
};

const dilation: Generate = (draw, operator) => {
  const extents = [draw.from(3, 7), draw.from(3, 7)];
  const channels = draw.from(1, 4);
  const x = draw.value([draw.from(1, 2), ...extents, channels], { open: [0] });
  const kernel = [draw.from(1, 3), draw.from(1, 3)];
  const rates = kernel.map((size, i) => ((size - 1) * 2 < extents[i] ? draw.from(1, 2) : 1));
  return draw.graph.op(operator, [x, draw.graph.random([...kernel, channels])], {
    ...{ strides: [1, draw.from(1, 3), draw.from(1, 3), 1], rates: [1, ...rates, 1] },
    padding: draw.pick(['SAME', 'VALID']),
  });
};

const quantized: Generate = (draw, operator) => {
  const { graph } = draw;
  const bounds = [graph.float(-1), graph.float(1)];
  return graph.op('Neg', [graph.op(operator, [draw.any(), ...bounds], { min: f(-1), max: f(1) })]);
};

const printed: Generate = (draw, operator) => {
  const x = draw.any();
  return draw.graph.op('Neg', [draw.graph.op(operator, [x, x], { message: 'x' })]);
};

export const sundries: Readonly<Record<string, Generate>> = {
  IsFinite: finite,
  Reverse: reverse,
  ShapeN: shapes,
  BroadcastArgs: broadcastArgs,
  LinSpace: linSpace,
  MatrixBandPart: bandPart,
  ...under(['Bincount', 'DenseBincount'], bincount),
  Cumprod: cumulative,
  Dilation2D: dilation,
  FakeQuantWithMinMaxVars: quantized,
  Print: printed,
};

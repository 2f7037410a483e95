import { type DType, type Generate, under } from './draw.ts';

/** Along some axes, all, or none. */
const reduction = (dtypes: readonly DType[], [least, most] = [0, 5]): Generate => {
  return (draw, operator) => {
    const { graph } = draw;
    const shape = draw.shape();
    const dtype = draw.pick(dtypes);
    const axes = draw.axes(shape.length, draw.from(least, Math.min(most, shape.length)));
    const isScalar = axes.length === 1 && draw.chance(0.3);
    const given = draw.value(shape, { dtype });
    // Greater products of whole numbers are none that a whole number holds.
    const x = operator === 'Prod' && dtype === 'int32' ? graph.op('Sign', [given]) : given;
    const result = graph.op(operator, [x, graph.ints(isScalar ? axes[0] : axes)], {
      keep_dims: draw.chance(0.5),
    });
    return dtype === 'bool' ? draw.numbers(result) : result;
  };
};

/** Of whole numbers at times: the first of equal ones counts. */
const argument: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape = draw.shape();
  const x = draw.value(shape);
  return graph.op(operator, [
    draw.chance(0.3) ? graph.op('Round', [x]) : x,
    graph.ints(draw.axis(shape.length)),
  ]);
};

/** tfjs sums along the wrong axis where it is counted from the end. */
const cumulative: Generate = (draw, operator) => {
  const shape = draw.shape();
  const [exclusive, reverse] = [draw.chance(0.5), draw.chance(0.5)];
  const inputs = [draw.value(shape), draw.graph.ints(draw.from(0, shape.length - 1))];
  return draw.graph.op(operator, inputs, { exclusive, reverse });
};

export const reductions: Readonly<Record<string, Generate>> = {
  ...under(['Mean', 'Sum', 'Max', 'Min', 'Prod'], reduction(['float32', 'float32', 'int32'])),
  // tfjs knows no norm of other numbers of axes.
  EuclideanNorm: reduction(['float32'], [1, 2]),
  ...under(['All', 'Any'], reduction(['bool'])),
  ...under(['ArgMax', 'ArgMin'], argument),
  Cumsum: cumulative,
};

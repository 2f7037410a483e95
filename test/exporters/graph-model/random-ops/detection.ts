import { sizeOf, tensor } from '../../../../src/core/tensor.ts';
import { f, type } from '../graph-def.ts';
import { type Draw, type Generate, under } from './draw.ts';

/** Results under names of their own: tfjs gives no later result of some operators by its number alone. */
function named(draw: Draw, name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    draw.graph.op('Identity', [i === 0 ? name : `${name}:${i}`]),
  );
}

/** Boxes of any two opposite corners, some of them empty, some twice; scores of which some are equal. */
function boxesAndScores(draw: Draw, count: number): string[] {
  const { graph } = draw;
  const boxes = Array.from({ length: count }, () => {
    const [y, x, height, width] = [0, 1, 2, 3].map((i) =>
      draw.rng.uniform(i < 2 ? 0 : 0.1, i < 2 ? 0.6 : 0.5),
    );
    const rows = draw.rng.shuffle([y, draw.chance(0.05) ? y : y + height]);
    const columns = draw.rng.shuffle([x, x + width]);
    return [rows[0], columns[0], rows[1], columns[1]];
  });
  const repeated = boxes.map((box) => (draw.chance(0.1) ? draw.pick(boxes) : box));
  const scores = Float32Array.from({ length: count }, () =>
    draw.chance(0.3) ? draw.from(1, 4) / 4 : draw.rng.uniform(0, 1),
  );
  const open = draw.chance(0.5) ? [0] : [];
  return [
    graph.placeholder(tensor(Float32Array.from(repeated.flat()), [count, 4]), open),
    graph.placeholder(tensor(scores, [count]), open),
  ];
}

const suppression: Generate = (draw, operator) => {
  const { graph } = draw;
  const count = draw.from(1, 24);
  const [boxes, scores] = boxesAndScores(draw, count);
  const given = draw.from(1, count + 3);
  const most = draw.chance(0.7)
    ? graph.ints(given)
    : graph.op('Add', [graph.op('Size', [scores]), graph.ints(given - count)]);
  const number = (value: number) =>
    draw.chance(0.7)
      ? graph.float(value)
      : graph.op('Max', [graph.op('Mul', [scores, graph.float(0)]), graph.ints([0])]);
  const overlap = draw.chance(0.2) ? number(0) : graph.float(draw.pick([0.3, 0.45, 0.6, 1]));
  const least = graph.float(draw.pick([Number.NEGATIVE_INFINITY, 0, 0.25, 0.4]));
  const version = Number(operator.at(-1));
  const inputs = [boxes, scores, most, overlap, ...(version > 2 ? [least] : [])];
  if (version === 5) inputs.push(graph.float(draw.pick([0, 0.1, 0.5, 1])));
  const name = graph.op(operator, inputs, version === 4 ? { pad_to_max_output_size: draw.chance(0.5) } : {});
  return version > 3 ? named(draw, name, 2) : graph.op('Identity', [name]);
};

/** Boxes that reach over the border at times, from the last to the first at others. */
const crop: Generate = (draw, operator) => {
  const { graph } = draw;
  const batch = draw.from(1, 3);
  const count = draw.from(1, 4);
  const image = draw.value([batch, draw.from(1, 6), draw.from(2, 6), draw.from(1, 4)], {
    dtype: draw.chance(0.8) ? 'float32' : 'int32',
    // Channels are known.
    open: [0, 1, 2],
  });
  const corners = draw.chance(0.2)
    ? Float32Array.from({ length: 4 * count }, (_, i) => (i % 4 < 2 ? 0 : 1))
    : draw.floats([count, 4], -0.2, 1.2);
  const numbers = Int32Array.from({ length: count }, () => draw.from(0, batch - 1));
  const boxes = draw.chance(0.5)
    ? graph.constant(corners, [count, 4])
    : graph.placeholder(tensor(corners, [count, 4]));
  const size = graph.ints([draw.from(1, 5), draw.from(1, 5)]);
  return graph.op(operator, [image, boxes, graph.constant(numbers), size], {
    method: draw.pick(['bilinear', 'bilinear', 'nearest']),
    ...(draw.chance(0.5) && { extrapolation_value: f(draw.rng.uniform(-2, 2)) }),
  });
};

/** Results of a convolution turned around: of the shape that one from there would have come from. */
const convTranspose: Generate = (draw, operator) => {
  const { graph } = draw;
  const [batch, channels, filters] = [draw.from(1, 3), draw.from(1, 4), draw.from(1, 4)];
  const padding = draw.pick(['SAME', 'SAME', 'VALID', 'EXPLICIT']);
  const axes = [0, 1].map(() => {
    const size = draw.from(1, 4);
    const stride = draw.from(1, 3);
    const pads = padding === 'EXPLICIT' ? [draw.from(0, size - 1), draw.from(0, size - 1)] : [0, 0];
    const extent = draw.from(2, 5);
    // All that lead to the same number of steps.
    const least =
      padding === 'SAME' ? (extent - 1) * stride + 1 : (extent - 1) * stride + size - pads[0] - pads[1];
    const out = Math.max(1, least) + (least > 0 ? draw.from(0, stride - 1) : 0);
    const fits = padding === 'SAME' || Math.floor((out + pads[0] + pads[1] - size) / stride) + 1 === extent;
    return { size, stride, pads, extent, out, fits };
  });
  if (!axes.every(({ fits }) => fits)) return convTranspose(draw, operator);
  const shape = [batch, axes[0].extent, axes[1].extent, channels];
  const x = draw.value(shape, { open: [0, 1, 2] });
  const wanted = draw.ints([batch, axes[0].out, axes[1].out, filters], x, shape);
  const filter = graph.random([axes[0].size, axes[1].size, filters, channels]);
  return graph.op(operator, [wanted, filter, x], {
    ...{ strides: [1, axes[0].stride, axes[1].stride, 1], padding },
    ...(padding === 'EXPLICIT' && { explicit_paddings: [0, 0, ...axes[0].pads, ...axes[1].pads, 0, 0] }),
  });
};

const topK: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape = draw.shape();
  const dtype = draw.pick<'float32' | 'int32'>(['float32', 'float32', 'int32']);
  const given = draw.value(shape, { dtype });
  // Of equal ones the first.
  const x = dtype === 'float32' && draw.chance(0.4) ? graph.op('Round', [given]) : given;
  const most = draw.ints([draw.from(1, shape.at(-1)!)], given, shape);
  const count = graph.op('Squeeze', [most], { squeeze_dims: [0] });
  return named(draw, graph.op(operator, [x, count], { sorted: true }), 2);
};

const where: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape = draw.shape(draw.from(1, 4));
  const x = draw.value(shape);
  const isAny = draw.pick([
    graph.op('Greater', [x, graph.float(0.3)]),
    graph.op('Less', [x, graph.float(-9)]),
  ]);
  return graph.op('Identity', [graph.op(operator, [isAny])]);
};

const unique: Generate = (draw, operator) => {
  const { graph } = draw;
  const isVector = operator === 'Unique' || draw.chance(0.4);
  const shape = isVector ? [draw.from(1, 9)] : draw.shape(draw.from(2, 3));
  const x = draw.value(shape, { dtype: 'int32' });
  const values = draw.chance(0.5) ? graph.op('Cast', [x], { DstT: type('float32') }) : x;
  const few = graph.op('Maximum', [values, draw.chance(0.5) ? values : graph.op('ZerosLike', [values])]);
  const axis = isVector && draw.chance(0.5) ? [] : [draw.from(0, shape.length - 1)];
  return named(draw, graph.op(operator, operator === 'Unique' ? [few] : [few, graph.ints(axis)]), 2);
};

const listDifference: Generate = (draw, operator) => {
  const { graph } = draw;
  const [x, y] = [0, 1].map(() => draw.value([draw.from(1, 9)], { dtype: 'int32' }));
  return named(draw, graph.op(operator, [x, y]), 2);
};

const bound: Generate = (draw, operator) => {
  const { graph } = draw;
  const [rows, length] = [draw.from(1, 3), draw.from(1, 8)];
  const numbers = Array.from({ length: rows }, () =>
    Array.from({ length }, () => draw.from(-5, 5)).sort((a, b) => a - b),
  );
  const dtype = draw.pick<'float32' | 'int32'>(['float32', 'int32']);
  const sorted = graph.constant(
    dtype === 'int32' ? Int32Array.from(numbers.flat()) : Float32Array.from(numbers.flat()),
    [rows, length],
  );
  const values = draw.value([rows, draw.from(1, 6)], { dtype });
  return graph.op(operator, [sorted, dtype === 'int32' ? values : graph.op('Round', [values])]);
};

const angle: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape = draw.shape();
  const other = draw.chance(0.5) ? shape : shape.slice(draw.from(0, shape.length - 1));
  const operands = [draw.value(shape), draw.chance(0.5) ? draw.value(other) : draw.constant(other)];
  // On the axes, and where they cross, too.
  const rounded = operands.map((x) => (draw.chance(0.5) ? graph.op('Round', [x]) : x));
  return graph.op(operator, draw.rng.shuffle(rounded));
};

/** Places in the first axes of a shape: [..., as many axes]. */
function places(
  draw: Draw,
  shape: readonly number[],
  own: readonly number[],
  isDistinct: boolean,
): Int32Array {
  const depth = own.at(-1)!;
  const axes = shape.slice(0, depth);
  const count = sizeOf(own.slice(0, -1));
  const all = Array.from({ length: sizeOf(axes) }, (_, i) => i);
  const numbers = isDistinct
    ? draw.rng.shuffle(all).slice(0, count)
    : Array.from({ length: count }, () => draw.pick(all));
  return Int32Array.from(
    numbers.flatMap((number) => {
      let rest = number;
      return axes
        .toReversed()
        .map((extent) => {
          const at = rest % extent;
          rest = Math.floor(rest / extent);
          return at;
        })
        .reverse();
    }),
  );
}

const gatherNd: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape = draw.shape();
  const own = [...draw.shape(draw.from(0, 2)), draw.from(1, shape.length)];
  const indices = places(draw, shape, own, false);
  const given = draw.chance(0.5)
    ? graph.constant(indices, own)
    : graph.placeholder(tensor(indices, own), own.length > 1 ? [0] : []);
  return graph.op(operator, [draw.value(shape, { dtype: draw.pick(['float32', 'int32']) }), given]);
};

const scatter: Generate = (draw, operator) => {
  const { graph } = draw;
  const shape = draw.shape(draw.from(1, 4));
  const depth = draw.from(1, shape.length);
  const adds = operator === 'ScatterNd';
  const most = sizeOf(shape.slice(0, depth));
  const own = [draw.from(1, adds ? 6 : Math.min(6, most)), depth];
  const indices = places(draw, shape, own, !adds);
  const given = draw.chance(0.5) ? graph.constant(indices, own) : graph.placeholder(tensor(indices, own));
  const dtype = draw.pick<'float32' | 'int32'>(['float32', 'int32']);
  const updates = draw.value([own[0], ...shape.slice(depth)], { dtype });
  if (!adds) return graph.op(operator, [draw.value(shape, { dtype }), given, updates]);
  return graph.op(operator, [given, updates, draw.ints(shape, updates, [own[0], ...shape.slice(depth)])]);
};

const sparseToDense: Generate = (draw, operator) => {
  const { graph } = draw;
  const rank = draw.from(1, 3);
  const shape = draw.shape(rank);
  const count = draw.from(1, Math.min(4, sizeOf(shape)));
  const indices = places(draw, shape, [count, rank], true);
  const isVector = rank === 1 && draw.chance(0.6);
  const own = isVector ? [count] : [count, rank];
  const given = draw.chance(0.5) ? graph.constant(indices, own) : graph.placeholder(tensor(indices, own));
  const dtype = draw.pick<'float32' | 'int32'>(['float32', 'int32']);
  const values = draw.chance(0.3) ? draw.constant([], dtype) : draw.value([count], { dtype });
  return graph.op(operator, [given, graph.ints(shape), values, draw.constant([], dtype)]);
};

export const detection: Readonly<Record<string, Generate>> = {
  ...under(
    [2, 3, 4, 5].map((version) => `NonMaxSuppressionV${version}`),
    suppression,
  ),
  CropAndResize: crop,
  Conv2DBackpropInput: convTranspose,
  TopKV2: topK,
  Where: where,
  ...under(['Unique', 'UniqueV2'], unique),
  ListDiff: listDifference,
  ...under(['LowerBound', 'UpperBound'], bound),
  Atan2: angle,
  GatherNd: gatherNd,
  ...under(['ScatterNd', 'TensorScatterUpdate'], scatter),
  SparseToDense: sparseToDense,
};

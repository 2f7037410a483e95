import { f, type GraphDef, ramp, type } from './graph-def.ts';
import type { Build } from './op-cases.ts';

/** Results of an operator that has several, under names of their own. */
function results(g: GraphDef, name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => g.op('Identity', [i === 0 ? name : `${name}:${i}`]));
}

/** Boxes (y1, x1, y2, x2) and scores, from a frame [2, 5, 6, 4]. */
function boxesAndScores(x: string, g: GraphDef): [boxes: string, scores: string] {
  const boxes = g.op('Sigmoid', [g.op('Reshape', [x, g.ints([-1, 4])])]);
  return [boxes, g.op('Sigmoid', [g.op('Sum', [boxes, g.ints([1])], { keep_dims: false })])];
}

/** Extents of a value with some of them multiplied, others replaced: a shape found at run time. */
function scaledShape(x: string, g: GraphDef, factors: readonly number[], channels: number): string {
  const extents = g.op('Mul', [g.op('Shape', [x]), g.ints(factors)]);
  const front = g.op('Slice', [extents, g.ints([0]), g.ints([3])]);
  return g.op('ConcatV2', [front, g.ints([channels]), g.ints(0)], { N: 2 });
}

/** What detectors and other models of images are made of: results of as many rows as there turn out to be, too. */
export const detectionCases: Readonly<Record<string, Build>> = {
  'Conv2DBackpropInput, same, valid and explicit': (x, g) => [
    g.op('Conv2DBackpropInput', [g.ints([2, 10, 12, 3]), g.random([3, 3, 3, 4]), x], {
      ...{ strides: [1, 2, 2, 1], padding: 'SAME' },
    }),
    g.op('Conv2DBackpropInput', [g.ints([2, 9, 11, 3]), g.random([2, 1, 3, 4]), x], {
      ...{ strides: [1, 2, 2, 1], padding: 'SAME' },
    }),
    g.op('Conv2DBackpropInput', [g.ints([2, 12, 18, 3]), g.random([4, 2, 3, 4]), x], {
      ...{ strides: [1, 2, 3, 1], padding: 'VALID' },
    }),
    g.op('Conv2DBackpropInput', [scaledShape(x, g, [1, 2, 2, 1], 5), g.random([4, 4, 5, 4]), x], {
      ...{ strides: [1, 2, 2, 1], padding: 'EXPLICIT', explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0] },
    }),
  ],
  'TopKV2 of equal values': (x, g) => {
    const rounded = g.op('Round', [x]);
    const flat = g.op('Reshape', [rounded, g.ints([-1, 120])]);
    return [
      ...results(g, g.op('TopKV2', [flat, g.ints(7)], { sorted: true }), 2),
      ...results(g, g.op('TopKV2', [x, g.op('Rank', [flat])], { sorted: true }), 2),
    ];
  },
  'GatherNd and ScatterNd': (x, g) => {
    const places = g.constant(Int32Array.of(1, 4, 0, 2, 1, 4), [3, 2]);
    const rows = g.op('GatherNd', [x, places]);
    return [
      rows,
      g.op('GatherNd', [x, g.constant(Int32Array.of(1, 2, 3, 3, 0, 0, 0, 0), [1, 2, 4])]),
      g.op('ScatterNd', [places, rows, g.op('Shape', [x])]),
      g.op('ScatterNd', [g.constant(Int32Array.of(6, 0, 6), [3, 1]), g.random([3, 2]), g.ints([8, 2])]),
    ];
  },
  'TensorScatterUpdate and SparseToDense': (x, g) => {
    const flat = g.op('Reshape', [x, g.ints([-1])]);
    const places = g.ints([17, 3, 40]);
    const values = g.op('GatherV2', [flat, g.ints([0, 1, 2]), g.ints(0)]);
    // tfjs writes into its input as well: into one that nothing else reads.
    return [
      g.op('TensorScatterUpdate', [g.op('Neg', [flat]), g.op('ExpandDims', [places, g.ints(1)]), values]),
      g.op('SparseToDense', [places, g.op('Shape', [flat]), values, g.float(-1)]),
      g.op('SparseToDense', [
        g.constant(Int32Array.of(1, 2, 3, 0), [2, 2]),
        g.ints([4, 5]),
        g.float(2),
        g.float(0),
      ]),
    ];
  },
  Atan2: (x, g) => {
    const signs = g.constant(Float32Array.of(-1, -0, 0, 1, -2, 3), [6, 1]);
    return [g.op('Atan2', [x, g.op('Sin', [g.op('Exp', [x])])]), g.op('Atan2', [g.op('Round', [x]), signs])];
  },
  'NonMaxSuppression of all versions': (x, g) => {
    const [boxes, scores] = boxesAndScores(x, g);
    const inputs = [boxes, scores, g.ints(20), g.float(0.4)];
    const least = g.float(0.55);
    const pad_to_max_output_size = true;
    return [
      g.op('Identity', [g.op('NonMaxSuppressionV2', inputs)]),
      g.op('Identity', [g.op('NonMaxSuppressionV3', [...inputs, least])]),
      ...results(g, g.op('NonMaxSuppressionV4', [...inputs, least], { pad_to_max_output_size }), 2),
      ...results(g, g.op('NonMaxSuppressionV5', [...inputs, least, g.float(0)]), 2),
      ...results(g, g.op('NonMaxSuppressionV5', [...inputs, least, g.float(0.5)]), 2),
    ];
  },
  CropAndResize: (x, g) => {
    const [boxes] = boxesAndScores(x, g);
    const few = g.op('Slice', [boxes, g.ints([0, 0]), g.ints([3, 4])]);
    const beyond = g.constant(Float32Array.of(-0.2, 0.1, 1.3, 0.7, 1, 1, 0, 0), [2, 4]);
    return [
      g.op('CropAndResize', [x, few, g.ints([1, 0, 1]), g.ints([3, 4])], { method: 'bilinear' }),
      g.op('CropAndResize', [x, beyond, g.ints([1, 0]), g.ints([4, 3])], {
        ...{ method: 'bilinear', extrapolation_value: f(-7) },
      }),
      g.op('CropAndResize', [x, beyond, g.ints([0, 1]), g.ints([4, 1])], { method: 'nearest' }),
    ];
  },
  'Where, Unique, UniqueV2 and ListDiff': (x, g) => {
    const isLarge = g.op('Greater', [x, g.float(0.5)]);
    const numbers = g.op('Round', [g.op('Reshape', [x, g.ints([-1])])]);
    const rows = g.op('Reshape', [g.op('Maximum', [numbers, g.float(0)]), g.ints([-1, 2])]);
    return [
      g.op('Identity', [g.op('Where', [isLarge])]),
      ...results(g, g.op('Unique', [numbers]), 2),
      ...results(g, g.op('UniqueV2', [rows, g.ints([0])]), 2),
      ...results(g, g.op('ListDiff', [numbers, g.constant(Float32Array.of(1, -1))]), 2),
    ];
  },
  'LowerBound and UpperBound': (x, g) => {
    const sorted = g.constant(Float32Array.of(-1, -0.5, 0, 0, 0.5, -2, 0, 0, 1, 2), [2, 5]);
    const values = g.op('Round', [g.op('Reshape', [x, g.ints([2, 120])])]);
    return ['LowerBound', 'UpperBound'].map((name) => g.op(name, [sorted, values]));
  },
  'IsFinite, Reverse, ShapeN and BroadcastArgs': (x, g) => {
    const finite = g.op('IsFinite', [g.op('Log', [g.op('Round', [x])])]);
    const shapes = g.op('ShapeN', [x, g.op('Sum', [x, g.ints([1])], { keep_dims: false })]);
    const target = g.op('BroadcastArgs', [g.ints([6, 1]), g.op('Shape', [x])]);
    return [
      g.op('Cast', [finite], { DstT: type('float32') }),
      g.op('Reverse', [x, g.constant(Uint8Array.of(0, 1, 0, 1))]),
      ...results(g, shapes, 2).map((one) => g.op('Cast', [one], { DstT: type('float32') })),
      g.op('BroadcastTo', [g.random([6, 1]), target]),
      g.op('FakeQuantWithMinMaxVars', [x, g.float(-1), g.float(1)], { min: f(-1), max: f(1) }),
    ];
  },
  'Bincount, DenseBincount, Cumprod, LinSpace and MatrixBandPart': (x, g) => {
    const numbers = g.op('Cast', [g.op('Abs', [g.op('Mul', [x, g.float(4)])])], { DstT: type('int32') });
    const rows = g.op('Reshape', [numbers, g.ints([-1, 120])]);
    const none = g.constant(new Float32Array(0));
    return [
      g.op('Bincount', [g.op('Reshape', [numbers, g.ints([-1])]), g.ints(4), none]),
      g.op('DenseBincount', [rows, g.ints(5), g.op('Reshape', [x, g.ints([-1, 120])])], {
        binary_output: false,
      }),
      g.op('DenseBincount', [rows, g.ints(9), none], { binary_output: true }),
      g.op('Cumprod', [x, g.ints(2)], { exclusive: false, reverse: false }),
      g.op('Cumprod', [x, g.ints(3)], { exclusive: true, reverse: true }),
      g.op('Mul', [x, g.op('LinSpace', [g.float(-1), g.float(2), g.ints(4)])]),
      g.op('MatrixBandPart', [x, g.ints(2), g.ints(2)]),
    ];
  },
  Dilation2D: (x, g) => [
    g.op('Dilation2D', [x, g.random([3, 2, 4])], {
      strides: [1, 2, 1, 1],
      rates: [1, 1, 2, 1],
      padding: 'SAME',
    }),
    g.op('Dilation2D', [x, g.random([2, 3, 4])], {
      strides: [1, 1, 2, 1],
      rates: [1, 2, 1, 1],
      padding: 'VALID',
    }),
  ],
  'MatMul of whole numbers': (x, g) => {
    const numbers = g.op('Cast', [g.op('Mul', [x, g.float(4)])], { DstT: type('int32') });
    const rows = g.op('Reshape', [numbers, g.ints([-1, 6])]);
    const other = g.constant(
      Int32Array.from({ length: 12 }, (_, i) => i - 5),
      [2, 6],
    );
    return [
      g.op('MatMul', [rows, other], { transpose_a: false, transpose_b: true }),
      g.op('MatMul', [rows, rows], { transpose_a: true, transpose_b: false }),
    ];
  },
  'Pad and PadV2 by paddings found at run time': (x, g) => {
    const rows = [
      g.ints([0, 0]),
      g.ints([1, 0]),
      g.op('Slice', [g.op('Shape', [x]), g.ints([0]), g.ints([2])]),
    ];
    const paddings = g.op('Pack', [...rows, g.ints([0, 2])], { axis: 0, N: 4 });
    return [g.op('Pad', [x, paddings]), g.op('PadV2', [x, paddings, g.float(-2)])];
  },
  'Slice, StridedSlice and Split by bounds found at run time': (x, g) => {
    const half = g.op('FloorDiv', [g.op('Size', [x]), g.ints(80)]);
    const begin = g.op('Pack', [g.ints(0), half, half, g.ints(0)], { axis: 0, N: 4 });
    const size = g.op('Pack', [g.ints(-1), g.ints(2), g.ints(-1), half], { axis: 0, N: 4 });
    const bound = g.op('Pack', [half], { axis: 0, N: 1 });
    const split = g.op('Split', [g.ints(0), x], { num_split: 2 });
    return [
      g.op('Slice', [x, begin, size]),
      g.op('StridedSlice', [x, g.ints([0]), g.op('Sub', [bound, g.ints([2])]), g.ints([1])]),
      g.op('StridedSlice', [g.op('Transpose', [x, g.ints([1, 0, 2, 3])]), bound, bound, g.ints([1])], {
        shrink_axis_mask: 1,
      }),
      ...results(g, split, 2),
      g.op('Mul', [g.constant(ramp([6, 4]), [6, 4]), `${split}:1`]),
    ];
  },
};

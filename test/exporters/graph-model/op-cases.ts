import { sizeOf } from '../../../src/core/tensor.ts';
import { randomTensor } from '../onnx/parity.ts';
import { detectionCases } from './detection-cases.ts';
import { f, GraphDef, ramp, type } from './graph-def.ts';

/** Operators on a value; gives the values to compare. */
export type Build = (x: string, graph: GraphDef) => string | readonly string[];

interface OpCase {
  readonly name: string;
  readonly build: Build;
  /** Of the input. Default: a frame. */
  readonly shape?: readonly number[];
}

const frame = [2, 5, 6, 4];
const clip = [2, 4, 5, 6, 3];
const matrix = [3, 8];

const on = (shape: readonly number[], cases: Record<string, Build>): OpCase[] =>
  Object.entries(cases).map(([name, build]) => ({ name, build, shape }));

/** The input taken into where a function is defined. */
const positive = (x: string, g: GraphDef) => g.op('AddV2', [g.op('Sigmoid', [x]), g.float(0.05)]);
const small = (x: string, g: GraphDef) => g.op('Mul', [g.op('Tanh', [x]), g.float(0.9)]);
const large = (x: string, g: GraphDef) => g.op('AddV2', [g.op('Square', [x]), g.float(1.5)]);

const functions: [string, ((x: string, g: GraphDef) => string)?][] = [
  ...[['Abs'], ['Neg'], ['Sign'], ['Ceil'], ['Floor'], ['Round'], ['Exp'], ['Expm1'], ['Erf']],
  ...[['Sin'], ['Cos'], ['Tan'], ['Atan'], ['Sinh'], ['Cosh'], ['Tanh'], ['Asinh'], ['Square']],
  ...[['Relu'], ['Relu6'], ['Elu'], ['Selu'], ['Sigmoid'], ['Softplus'], ['Softmax'], ['LogSoftmax']],
  ...['Log', 'Log1p', 'Sqrt', 'Rsqrt', 'Reciprocal'].map((name) => [name, positive] as const),
  ...['Asin', 'Acos', 'Atanh'].map((name) => [name, small] as const),
  ['Acosh', large],
].map((entry) => entry as [string, typeof positive?]);

const unary: Build = (x, g) => functions.map(([name, domain]) => g.op(name, [domain ? domain(x, g) : x]));

const arithmetic = [
  'Add',
  'AddV2',
  'Sub',
  'Mul',
  'Maximum',
  'Minimum',
  'SquaredDifference',
  'RealDiv',
  'Div',
];

/** With channels, a scalar, a row, and a value of the same shape. */
const binary: Build = (x, g) =>
  arithmetic.flatMap((name) => [
    g.op(name, [x, g.constant(Float32Array.of(1, -2, 3, 0.5))]),
    g.op(name, [x, g.float(1.5)]),
    g.op(name, [g.constant(ramp([6, 1]), [6, 1]), positive(x, g)]),
    g.op(name, [x, positive(x, g)]),
  ]);

const comparisons = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];

const reductions = ['Mean', 'Sum', 'Max', 'Min', 'Prod'];

const window = { strides: [1, 2, 1, 1], padding: 'SAME' };

/** Every operator that has a converter, alone; in graphs, models.test.ts has them. */
export const opCases: readonly OpCase[] = [
  ...on(frame, {
    'functions of one value': unary,
    'arithmetic of two values': binary,
    BiasAdd: (x, g) => g.op('BiasAdd', [x, g.random([4])]),
    LeakyRelu: (x, g) => g.op('LeakyRelu', [x], { alpha: f(0.3) }),
    Prelu: (x, g) => g.op('Prelu', [x, g.random([4])]),
    ClipByValue: (x, g) => g.op('ClipByValue', [x, g.float(-0.5), g.float(1)]),
    Pow: (x, g) => [g.op('Pow', [positive(x, g), g.float(1.7)]), g.op('Pow', [x, g.float(2)])],
    DivNoNan: (x, g) => g.op('DivNoNan', [x, g.op('Relu', [g.op('AddV2', [x, g.float(1)])])]),
    'FloorDiv, FloorMod and Mod': (x, g) =>
      ['FloorDiv', 'FloorMod', 'Mod'].map((name) => g.op(name, [x, g.float(-0.7)])),
    'FloorDiv, FloorMod and RealDiv of integers': (x, g) => {
      const whole = g.op('Cast', [g.op('Mul', [x, g.float(9)])], { DstT: type('int32') });
      return ['FloorDiv', 'FloorMod', 'RealDiv'].map((name) => g.op(name, [whole, g.ints(4)]));
    },
    AddN: (x, g) => g.op('AddN', [x, g.op('Relu', [x]), g.op('Exp', [x])]),
    'comparisons and logic': (x, g) => {
      const [a, b] = comparisons.map((name) => g.op(name, [x, g.float(0.25)]));
      const bools = [
        ...comparisons.map((name) => g.op(name, [g.op('Round', [x]), g.float(1)])),
        g.op('LogicalAnd', [a, g.op('LogicalNot', [b])]),
        g.op('LogicalOr', [a, b]),
        g.op('IsNan', [x]),
        g.op('IsInf', [x]),
      ];
      return bools.map((bool) => g.op('Cast', [bool], { DstT: type('float32') }));
    },
    'Select and SelectV2': (x, g) => {
      const isPositive = g.op('Greater', [x, g.float(0)]);
      const row = g.constant(ramp([6, 4]), [6, 4]);
      return [g.op('Select', [isPositive, x, g.op('Exp', [x])]), g.op('SelectV2', [isPositive, row, x])];
    },
    'All and Any': (x, g) => {
      const isPositive = g.op('Greater', [x, g.float(-1)]);
      return ['All', 'Any'].map((name) =>
        g.op('Cast', [g.op(name, [isPositive, g.ints([1, 3])], { keep_dims: false })], {
          DstT: type('float32'),
        }),
      );
    },
    'reductions along all sorts of axes': (x, g) =>
      reductions.flatMap((name) =>
        [[1, 2], [3], [-1, 1], [2], [0, 1, 2, 3], []].flatMap((axes) =>
          [true, false].map((keep_dims) => g.op(name, [x, g.ints(axes)], { keep_dims })),
        ),
      ),
    EuclideanNorm: (x, g) =>
      [[1], [-1], [1, 2]].map((axes) => g.op('EuclideanNorm', [x, g.ints(axes)], { keep_dims: true })),
    'ArgMax and ArgMin': (x, g) => [g.op('ArgMax', [x, g.ints(-1)]), g.op('ArgMin', [x, g.ints(1)])],
    Cumsum: (x, g) => [
      g.op('Cumsum', [x, g.ints(1)], { exclusive: false, reverse: false }),
      g.op('Cumsum', [x, g.ints(3)], { exclusive: true, reverse: true }),
    ],
    'Conv2D with explicit padding': (x, g) =>
      g.op('Conv2D', [x, g.random([3, 2, 4, 5])], {
        ...{ strides: [1, 2, 1, 1], padding: 'EXPLICIT', explicit_paddings: [0, 0, 1, 2, 0, 3, 0, 0] },
      }),
    'Conv2D with dilation': (x, g) =>
      g.op('Conv2D', [x, g.random([2, 3, 4, 5])], {
        ...{ strides: [1, 1, 1, 1], padding: 'SAME', dilations: [1, 2, 2, 1] },
      }),
    'DepthwiseConv2dNative with a multiplier': (x, g) =>
      g.op('DepthwiseConv2dNative', [x, g.random([3, 3, 4, 2])], { strides: [1, 2, 2, 1], padding: 'SAME' }),
    '_FusedConv2D with every activation': (x, g) =>
      [[], ['Relu'], ['Relu6'], ['Elu'], ['Sigmoid'], ['LeakyRelu'], ['Prelu']].map(([activation]) => {
        const fused_ops = ['BiasAdd', ...(activation ? [activation] : [])];
        const slopes = activation === 'Prelu' ? [g.random([5])] : [];
        return g.op('_FusedConv2D', [x, g.random([3, 3, 4, 5]), g.random([5]), ...slopes], {
          ...window,
          ...{ fused_ops, num_args: 1 + slopes.length, leakyrelu_alpha: f(0.15) },
        });
      }),
    FusedDepthwiseConv2dNative: (x, g) =>
      [['BiasAdd', 'Relu6'], ['BiasAdd'], ['NoOp', 'Relu6']].map((fused_ops) => {
        const bias = fused_ops[0] === 'BiasAdd' ? [g.random([4])] : [];
        return g.op('FusedDepthwiseConv2dNative', [x, g.random([3, 3, 4, 1]), ...bias], {
          ...{ strides: [1, 1, 1, 1], padding: 'VALID', fused_ops, num_args: bias.length },
        });
      }),
    'MaxPool and AvgPool': (x, g) =>
      ['MaxPool', 'AvgPool'].flatMap((name) => [
        g.op(name, [x], { ksize: [1, 3, 2, 1], ...window }),
        g.op(name, [x], { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: 'VALID' }),
      ]),
    FusedBatchNormV3: (x, g) =>
      g.op(
        'FusedBatchNormV3',
        [x, ...[0, 1, 2].map(() => g.random([4])), g.constant(Float32Array.of(1, 2, 3, 0.5))],
        {
          ...{ epsilon: f(0.01), is_training: false },
        },
      ),
    'Pad, PadV2 and MirrorPad': (x, g) => {
      const pads = g.constant(Int32Array.of(0, 0, 1, 2, 0, 3, 2, 0), [4, 2]);
      return [
        g.op('Pad', [x, pads]),
        g.op('PadV2', [x, pads, g.float(0.5)]),
        ...['REFLECT', 'SYMMETRIC'].map((mode) => g.op('MirrorPad', [x, pads], { mode })),
      ];
    },
    'ResizeBilinear and ResizeNearestNeighbor': (x, g) =>
      ['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((name) =>
        [
          [false, false],
          [true, false],
          [false, true],
        ].flatMap(([align_corners, half_pixel_centers]) =>
          [
            [8, 9],
            [3, 4],
          ].map((size) => g.op(name, [x, g.ints(size)], { align_corners, half_pixel_centers })),
        ),
      ),
    DepthToSpace: (x, g) => g.op('DepthToSpace', [x], { block_size: 2, data_format: 'NHWC' }),
    Transpose: (x, g) =>
      [
        [0, 3, 1, 2],
        [0, 2, 1, 3],
        [3, 2, 1, 0],
        [0, 2, 3, 1],
      ].map((perm) => g.op('Transpose', [x, g.ints(perm)])),
    Reshape: (x, g) =>
      [
        [-1, 120],
        [-1, 30, 4],
        [-1, 6, 4],
        [2, -1, 2, 3, 4],
        [10, 1, 6, 4],
        [-1, 8],
      ].map((shape) => g.op('Reshape', [x, g.ints(shape)])),
    'Reshape by extents found at run time': (x, g) => {
      const batch = g.op('StridedSlice', [g.op('Shape', [x]), g.ints([0]), g.ints([1]), g.ints([1])], {
        shrink_axis_mask: 1,
      });
      const rows = g.op('Mul', [batch, g.ints(5)]);
      return [
        g.op('Reshape', [x, g.op('Pack', [batch, g.ints(30), g.ints(4)], { axis: 0 })]),
        g.op('Reshape', [
          x,
          g.op('ConcatV2', [g.ints([-1]), g.op('Reshape', [rows, g.ints([1])]), g.ints(0)]),
        ]),
      ];
    },
    'Squeeze and ExpandDims': (x, g) => {
      const row = g.op('Mean', [x, g.ints([1])], { keep_dims: true });
      const cell = g.op('Mean', [x, g.ints([1, 2])], { keep_dims: true });
      return [
        g.op('Squeeze', [row], { squeeze_dims: [1] }),
        g.op('Squeeze', [cell], { squeeze_dims: [1, -2] }),
        g.op('Squeeze', [cell], { squeeze_dims: [2] }),
        ...[0, 1, 2, -1].map((axis) => g.op('ExpandDims', [x, g.ints(axis)])),
      ];
    },
    'Shape, Size and Rank': (x, g) =>
      ['Shape', 'Size', 'Rank'].map((name) => g.op('Cast', [g.op(name, [x])], { DstT: type('float32') })),
    'Concat, ConcatV2 and Pack': (x, g) => [
      g.op('ConcatV2', [x, g.op('Exp', [x]), g.ints(-1)]),
      g.op('Concat', [g.ints(1), x, g.op('Exp', [x])]),
      g.op('ConcatV2', [x, g.random([2, 1, 6, 4]), g.ints(1)]),
      ...[0, 2, -1].map((axis) => g.op('Pack', [x, g.op('Exp', [x])], { axis })),
    ],
    'Split, SplitV and Unpack': (x, g) => {
      const split = g.op('Split', [g.ints(3), x], { num_split: 2 });
      const splitV = g.op('SplitV', [x, g.ints([1, -1, 2]), g.ints(1)], { num_split: 3 });
      const unpack = g.op('Unpack', [x], { axis: 2, num: 6 });
      return [split, `${split}:1`, splitV, `${splitV}:1`, `${splitV}:2`, unpack, `${unpack}:5`].map((name) =>
        g.op('Identity', [name]),
      );
    },
    'Slice and ReverseV2': (x, g) => [
      g.op('Slice', [x, g.ints([0, 1, 2, 1]), g.ints([-1, 3, -1, 2])]),
      g.op('ReverseV2', [x, g.ints([1, -1])]),
    ],
    StridedSlice: (x, g) => {
      const cases: [number[], number[], number[], Record<string, number>][] = [
        [[0, 1, -3], [2, 5, 6], [1, 2, 1], { begin_mask: 1, end_mask: 5 }],
        [[0, -1], [0, 0], [1, 1], { begin_mask: 1, end_mask: 1, shrink_axis_mask: 2 }],
        [[0, 2], [0, 4], [1, 1], { ellipsis_mask: 1 }],
        [[0, 0, 1], [0, 0, 2], [1, 1, 1], { begin_mask: 1, end_mask: 1, new_axis_mask: 2 }],
        [[0, 4, 3], [0, 0, -5], [1, -1, -2], { begin_mask: 1, end_mask: 1 }],
      ];
      return cases.map(([begin, end, strides, masks]) =>
        g.op('StridedSlice', [x, g.ints(begin), g.ints(end), g.ints(strides)], masks),
      );
    },
    'Tile and BroadcastTo': (x, g) => [
      g.op('Tile', [x, g.ints([1, 2, 1, 3])]),
      g.op('BroadcastTo', [g.op('Mean', [x, g.ints([1])], { keep_dims: true }), g.ints([2, 5, 6, 4])]),
    ],
    'Gather and GatherV2': (x, g) => [
      g.op('GatherV2', [x, g.ints([2, 0, 2]), g.ints(2)], { batch_dims: 0 }),
      g.op('GatherV2', [x, g.ints([1]), g.ints(-1)], { batch_dims: 0 }),
      g.op('Gather', [x, g.ints([1, 0])]),
    ],
    'GatherV2 with batch_dims': (x, g) => {
      const numbers = (below: number, shape: readonly number[]) =>
        g.constant(
          Int32Array.from({ length: sizeOf(shape) }, (_, i) => (i * 7 + 3) % below),
          shape,
        );
      const gather = (value: string, indices: string, axis: number, batch_dims: number) =>
        g.op('GatherV2', [value, indices, g.ints(axis)], { batch_dims });
      const table = g.random([2, 5, 3]);
      return [
        gather(x, numbers(5, [2]), 1, 1),
        gather(x, numbers(6, [2, 3]), 2, 1),
        gather(x, numbers(4, [2, 5, 3, 2]), -1, -2),
        gather(x, g.op('ArgMax', [x, g.ints(1)]), 1, 1),
        gather(x, g.op('ArgMax', [x, g.ints(-1)]), 3, 3),
        gather(g.mixed(x, 4, 4), numbers(4, [2, 5]), 3, 2),
        gather(table, numbers(3, [2, 4]), 2, 1),
        gather(table, g.op('ArgMax', [x, g.ints(1)]), 1, 1),
      ];
    },
    'OneHot of an ArgMax': (x, g) =>
      g.op('OneHot', [g.op('ArgMax', [x, g.ints(-1)]), g.ints(4), g.float(1), g.float(-1)]),
    'what random graphs found wrong': (x, g) => {
      const fused_ops = ['BiasAdd', 'Prelu'];
      const numbers = g.op('Cast', [g.op('Mul', [x, g.float(2)])], { DstT: type('int32') });
      const cube = g.constant(
        Int32Array.from({ length: 24 }, (_, i) => i),
        [2, 3, 4],
      );
      return [
        g.op('_FusedConv2D', [x, g.random([3, 3, 5, 3]), g.random([3]), g.random([3])], {
          ...{ strides: [1, 1, 1, 1], padding: 'SAME', data_format: 'NCHW', fused_ops, num_args: 2 },
        }),
        g.op('SpaceToBatchND', [x, g.ints([1, 2, 2]), g.constant(new Int32Array(6), [3, 2])]),
        g.op('DivNoNan', [g.float(2), g.op('Round', [x])]),
        g.op('DivNoNan', [x, g.constant(Float32Array.of(1, 0, -2, 0, 3, 4), [6, 1])]),
        g.op('OneHot', [numbers, g.ints(3), g.float(1), g.float(-1)]),
        g.op('Cast', [g.op('Transpose', [cube, g.ints([0, 2, 1])])], { DstT: type('float32') }),
      ];
    },
    'Fill, Range, ZerosLike and OnesLike': (x, g) => {
      const shape = g.op('Shape', [x]);
      const range = g.op('Range', [g.ints(0), g.ints(4), g.ints(1)]);
      return [
        g.op('Fill', [shape, g.float(0.5)]),
        g.op('AddV2', [x, g.op('Cast', [range], { DstT: type('float32') })]),
        g.op('ZerosLike', [x]),
        g.op('OnesLike', [x]),
      ];
    },
    'operators that pass on': (x, g) => {
      const pair = g.op('IdentityN', [x, g.op('Exp', [x])]);
      const through = ['Identity', 'StopGradient', 'Snapshot'].reduce((y, name) => g.op(name, [y]), x);
      return [
        g.op('AddV2', [through, `${pair}:1`]),
        g.op('Exp', [g.op('PlaceholderWithDefault', [x], { dtype: type('float32') })]),
      ];
    },
    Einsum: (x, g) => g.op('Einsum', [x, g.random([6, 4, 3])], { equation: 'bhwc,wcd->bhd', N: 2 }),
    ...detectionCases,
  }),
  // ONNX's reference evaluator takes as many channels as there are samples.
  ...on([4, 5, 6, 4], {
    LRN: (x, g) => g.op('LRN', [x], { depth_radius: 1, bias: f(1.5), alpha: f(0.3), beta: f(0.75) }),
  }),
  ...on(clip, {
    'Conv3D, same and valid': (x, g) => [
      g.op('Conv3D', [x, g.random([3, 1, 2, 3, 4])], { strides: [1, 2, 1, 2, 1], padding: 'SAME' }),
      g.op('Conv3D', [x, g.random([1, 3, 3, 3, 4])], { strides: [1, 1, 1, 1, 1], padding: 'VALID' }),
    ],
    'MaxPool3D and AvgPool3D': (x, g) =>
      ['MaxPool3D', 'AvgPool3D'].map((name) =>
        g.op(name, [x], { ksize: [1, 2, 3, 2, 1], strides: [1, 1, 2, 2, 1], padding: 'SAME' }),
      ),
    'time into the batch and out of it': (x, g) => {
      const frames = g.op('Reshape', [x, g.ints([-1, 5, 6, 3])]);
      const mixed = g.mixed(frames, 4, 3);
      const strip = g.op('Reshape', [mixed, g.ints([-1, 4, 30, 3])]);
      return g.op('Reshape', [g.mixed(strip, 4, 3), g.ints([-1, 4, 5, 6, 3])]);
    },
    'SpaceToBatchND and BatchToSpaceND': (x, g) => {
      const spread = g.op('SpaceToBatchND', [
        x,
        g.ints([2, 2, 3]),
        g.constant(Int32Array.of(0, 0, 2, 1, 0, 0), [3, 2]),
      ]);
      const crops = g.constant(Int32Array.of(0, 0, 1, 0, 2, 1), [3, 2]);
      return [spread, g.op('BatchToSpaceND', [g.op('Relu', [spread]), g.ints([2, 2, 3]), crops])];
    },
    'means over time and space': (x, g) =>
      [[2, 3], [1, 2, 3], [1]].map((axes) =>
        g.op('Mean', [x, g.ints(axes)], { keep_dims: axes.length === 2 }),
      ),
  }),
  ...on(matrix, {
    'MatMul, both transposed and not': (x, g) => [
      g.op('MatMul', [x, g.random([8, 5])], { transpose_a: false, transpose_b: false }),
      g.op('MatMul', [x, g.random([5, 8])], { transpose_a: false, transpose_b: true }),
      g.op('MatMul', [x, x], { transpose_a: true, transpose_b: false }),
    ],
    _FusedMatMul: (x, g) =>
      [['BiasAdd'], ['BiasAdd', 'Relu'], ['BiasAdd', 'Elu']].map((fused_ops) =>
        g.op('_FusedMatMul', [x, g.random([8, 5]), g.random([5])], {
          ...{ fused_ops, num_args: 1, transpose_a: false, transpose_b: false },
        }),
      ),
    'BatchMatMul and BatchMatMulV2': (x, g) => {
      const steps = g.op('Reshape', [x, g.ints([-1, 2, 4])]);
      return [
        g.op('BatchMatMulV2', [steps, g.random([4, 5])], { adj_x: false, adj_y: false }),
        g.op('BatchMatMulV2', [steps, g.random([1, 3, 4])], { adj_x: false, adj_y: true }),
        g.op('BatchMatMul', [steps, steps], { adj_x: true, adj_y: false }),
      ];
    },
  }),
];

/** Operators that have no case, since they are converted as another is: tfjs does so too, or does not run them. */
export const aliases: Readonly<Record<string, string>> = {
  DepthwiseConv2d: 'DepthwiseConv2dNative',
  _FusedDepthwiseConv2dNative: 'FusedDepthwiseConv2dNative',
  FusedBatchNorm: 'FusedBatchNormV3',
  FusedBatchNormV2: 'FusedBatchNormV3',
  PreventGradient: 'StopGradient',
  EnsureShape: 'Identity',
  Print: 'Identity',
};

/** A case as a graph: the operators on the input as it is, and, for images and clips, on what a convolution gives. */
export function caseGraph({ name, build, shape = frame }: OpCase): { graph: GraphDef; outputs: string[] } {
  const graph = new GraphDef();
  const x = graph.placeholder(randomTensor(shape, name));
  const rank = shape.length;
  const sources = rank < 4 ? [x] : [x, graph.mixed(x, rank, shape[rank - 1])];
  return { graph, outputs: sources.flatMap((source) => build(source, graph)) };
}

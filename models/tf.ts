/**
 * TensorFlow.js, for everything under models/: tfjs-core's operations and tfjs-layers' models in one namespace.
 * Backends are registered by models/train/backend.ts; nothing here chooses one.
 */
import * as core from '@tensorflow/tfjs-core';
import * as tfLayers from '@tensorflow/tfjs-layers';

export const tf: Omit<typeof core, keyof typeof tfLayers> & typeof tfLayers = { ...core, ...tfLayers };

/**
 * Operations as methods of tensors, `x.mul(y)`, as tfjs-layers itself and layers of others call them. tfjs-core has them
 * in a file that Node cannot import.
 */
const chained = [
  ...[
    'abs',
    'acos',
    'acosh',
    'add',
    'all',
    'any',
    'argMax',
    'argMin',
    'asin',
    'asinh',
    'atan',
    'atan2',
    'atanh',
  ],
  ...[
    'avgPool',
    'batchNorm',
    'batchToSpaceND',
    'broadcastTo',
    'cast',
    'ceil',
    'clipByValue',
    'conv1d',
    'conv2d',
  ],
  ...[
    'conv2dTranspose',
    'cos',
    'cosh',
    'cumprod',
    'cumsum',
    'depthToSpace',
    'depthwiseConv2d',
    'dilation2d',
    'div',
  ],
  ...[
    'divNoNan',
    'dot',
    'elu',
    'equal',
    'erf',
    'euclideanNorm',
    'exp',
    'expandDims',
    'expm1',
    'floor',
    'floorDiv',
  ],
  ...[
    'gather',
    'greater',
    'greaterEqual',
    'isFinite',
    'isInf',
    'isNaN',
    'leakyRelu',
    'less',
    'lessEqual',
    'log',
  ],
  ...[
    'localResponseNormalization',
    'log1p',
    'logSigmoid',
    'logSoftmax',
    'logSumExp',
    'logicalAnd',
    'logicalNot',
  ],
  ...[
    'logicalOr',
    'logicalXor',
    'matMul',
    'max',
    'maxPool',
    'maximum',
    'mean',
    'min',
    'minimum',
    'mirrorPad',
    'mod',
  ],
  ...[
    'mul',
    'neg',
    'norm',
    'notEqual',
    'oneHot',
    'onesLike',
    'pad',
    'pool',
    'pow',
    'prelu',
    'prod',
    'reciprocal',
  ],
  ...[
    'relu',
    'relu6',
    'reshape',
    'reverse',
    'round',
    'rsqrt',
    'selu',
    'separableConv2d',
    'sigmoid',
    'sign',
    'sin',
  ],
  ...[
    'sinh',
    'slice',
    'softmax',
    'softplus',
    'spaceToBatchND',
    'split',
    'sqrt',
    'square',
    'squaredDifference',
  ],
  ...['squeeze', 'step', 'stridedSlice', 'sub', 'sum', 'tan', 'tanh', 'tile', 'topk', 'transpose', 'unique'],
  ...['unsortedSegmentSum', 'unstack', 'zerosLike'],
] as const satisfies readonly (keyof typeof core)[];

type Operation = (tensor: core.Tensor, ...rest: never[]) => unknown;

/** Those whose method is not the function of that name. */
const others: Readonly<Record<string, Operation>> = {
  flatten: (x) => core.reshape(x, [x.size]),
  as1D: (x) => core.reshape(x, [x.size]),
  asScalar: (x) => core.reshape(x, []),
  asType: (x, dtype: core.DataType) => core.cast(x, dtype),
  toFloat: (x) => core.cast(x, 'float32'),
  toInt: (x) => core.cast(x, 'int32'),
  toBool: (x) => core.cast(x, 'bool'),
  reshapeAs: (x, y: core.Tensor) => core.reshape(x, y.shape),
  concat: (x, more: core.Tensor | core.Tensor[], axis?: number) => core.concat([x, ...[more].flat()], axis),
  stack: (x, more: core.Tensor | core.Tensor[], axis?: number) => core.stack([x, ...[more].flat()], axis),
  where: (x, condition: core.Tensor, y: core.Tensor) => core.where(condition, x, y),
  resizeBilinear: (x, ...rest) => core.image.resizeBilinear(x as core.Tensor4D, ...(rest as [never])),
  resizeNearestNeighbor: (x, ...rest) =>
    core.image.resizeNearestNeighbor(x as core.Tensor4D, ...(rest as [never])),
};

const functions = { ...core };
const methods = {
  ...Object.fromEntries(chained.map((name) => [name, functions[name] as Operation])),
  ...others,
};
for (const [name, operation] of Object.entries(methods)) {
  if (name in core.Tensor.prototype) continue;
  Object.defineProperty(core.Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value(this: core.Tensor, ...rest: never[]) {
      return operation(this, ...rest);
    },
  });
}

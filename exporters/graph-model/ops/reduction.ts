import { storedAxis, type Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { layoutWithout, storedOrder } from './stored-order.ts';

/** Reductions by ONNX's names, and whether opset 17 takes the axes as an input. */
function reduction(operator: string): ConvertOp {
  return ([x, axesValue], op) => {
    const rank = x.shape.length;
    const given = op.integers(axesValue, 'axes').map((axis) => frontAxis(axis, rank, op));
    const axes = new Set(given);
    const keepsAxes = op.attributes.flag('keep_dims');
    if (axes.size === 0) return operator === 'ReduceL2' ? op.node('Abs', [x]) : x;
    const layout = keepsAxes ? x.layout : layoutWithout(x, axes);
    const source = layout ? x : op.tfjsOrder(x);
    const shape = keepsAxes
      ? x.shape.map((extent, axis) => (axes.has(axis) ? 1 : extent))
      : x.shape.filter((_, axis) => !axes.has(axis));
    const options = { shape, layout: layout ?? 'tfjs' } as const;
    const global = globalPools[operator];
    if (global && isGlobal(source, axes)) {
      if (keepsAxes) return op.node(global, [source], options);
      return op.node('Flatten', [op.node(global, [source])], options);
    }
    const stored = [...axes].map((axis) => storedAxis(source, axis)).sort((a, b) => a - b);
    const keepdims = keepsAxes ? 1 : 0;
    return operator === 'ReduceSum'
      ? op.node(operator, [source, op.constant(stored)], { attributes: { keepdims }, ...options })
      : op.node(operator, [source], { attributes: { axes: stored, keepdims }, ...options });
  };
}

/** Runtimes know these in their own layouts. */
const globalPools: Readonly<Record<string, string>> = {
  ...{ ReduceMean: 'GlobalAveragePool', ReduceMax: 'GlobalMaxPool' },
};

/** Whether all axes but batch and channels go, of what convolutions give. */
function isGlobal(x: Value, axes: ReadonlySet<number>): boolean {
  const rank = x.shape.length;
  const isSpatial = axes.size === rank - 2 && !axes.has(0) && !axes.has(rank - 1);
  return isSpatial && x.layout === 'channels-first' && rank > 3 && x.dtype === 'float32';
}

/** All and Any are least and greatest of zeros and ones. */
function logical(operator: string): ConvertOp {
  const reduce = reduction(operator);
  return ([x, axes], op) => op.cast(reduce([op.cast(x, 'int32'), axes], op) as Value, 'bool');
}

function argument(operator: string): ConvertOp {
  return ([x, axes], op) => {
    const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
    const index = op.node(operator, [op.tfjsOrder(x)], {
      attributes: { axis, keepdims: 0 },
      ...{ shape: x.shape.toSpliced(axis, 1), layout: 'tfjs', dtype: 'int64' },
    });
    return op.cast(index, 'int32');
  };
}

const cumulativeSum: ConvertOp = ([x, axes], op) => {
  const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
  const position = op.constant([storedOrder(x).indexOf(axis)], []);
  const flag = (name: string) => (op.attributes.flag(name) ? 1 : 0);
  return op.node('CumSum', [x, position], {
    attributes: { exclusive: flag('exclusive'), reverse: flag('reverse') },
  });
};

function define(operator: string, convert: ConvertOp) {
  return defineGraphConverter(operator, 2, convert);
}

/** tfjs's mean of integers is a number. */
const mean: ConvertOp = ([x, axes], op: GraphOp) =>
  reduction('ReduceMean')([op.cast(x, 'float32'), axes], op);

export const reductions = [
  define('Mean', mean),
  define('Sum', reduction('ReduceSum')),
  define('Max', reduction('ReduceMax')),
  define('Min', reduction('ReduceMin')),
  define('Prod', reduction('ReduceProd')),
  define('EuclideanNorm', reduction('ReduceL2')),
  define('All', logical('ReduceMin')),
  define('Any', logical('ReduceMax')),
  define('ArgMax', argument('ArgMax')),
  define('ArgMin', argument('ArgMin')),
  define('Cumsum', cumulativeSum),
];

import { fromFloat16 } from '../core/float16.ts';
import { gather, rowMajorStrides } from '../core/strided.ts';
import { sizeOf } from '../core/tensor.ts';
import { type ElementArray, storageOf } from './element-type.ts';
import { dropUnusedInitializers, type Graph, type GraphNode, type Initializer } from './graph.ts';

/**
 * The graph with nodes on constants alone replaced by what they give: casts to float32, arithmetic in float32,
 * reshapes and transposes. Nothing is computed before the result is asked for.
 */
export function foldConstants(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.filter((node) => {
    const inputs = node.inputs.map((name) => initializers.get(name));
    const [output] = node.outputs;
    if (kept.has(output) || inputs.includes(undefined) || node.outputs.length !== 1) return true;
    const result = evaluate(node, inputs as Initializer[]);
    if (result) initializers.set(output, { ...result, name: output });
    return !result;
  });
  return nodes.length === graph.nodes.length
    ? graph
    : dropUnusedInitializers({ ...graph, nodes, initializers });
}

type Result = Omit<Initializer, 'name'>;

function evaluate(node: GraphNode, inputs: readonly Initializer[]): Result | null {
  const [first] = inputs;
  if (node.domain || !first) return null;
  switch (node.operator) {
    case 'Identity':
      return { ...first };
    case 'Cast':
      return node.attributes.to === storageOf('float32').code ? asFloat32(first) : null;
    case 'Reshape':
      return reshaped(node, inputs);
    case 'Transpose':
      return transposed(node, first);
    default:
      return node.operator in arithmetic ? combined(node.operator, inputs) : null;
  }
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

const numeric = new Set(['float32', 'float64', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'int64', 'bool']);

function asFloat32(given: Initializer): Result | null {
  if (given.dtype === 'float16') {
    return { ...given, dtype: 'float32', data: () => fromFloat16(given.data() as Uint16Array) };
  }
  if (!numeric.has(given.dtype)) return null;
  return {
    ...given,
    dtype: 'float32',
    data: () => Float32Array.from(given.data() as unknown as ArrayLike<number>, Number),
  };
}

function reshaped(node: GraphNode, [value, target]: readonly Initializer[]): Result | null {
  if (!target || node.attributes.allowzero) return null;
  const wanted = Array.from(target.data(), Number).map((extent, axis) =>
    extent === 0 ? value.shape[axis] : extent,
  );
  const known = wanted.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1);
  const shape = wanted.map((extent) => (extent === -1 ? sizeOf(value.shape) / known : extent));
  return sizeOf(shape) === sizeOf(value.shape) ? { ...value, shape } : null;
}

function transposed({ attributes }: GraphNode, value: Initializer): Result {
  const axes = value.shape.map((_, axis) => axis);
  const permutation = (attributes.perm as readonly number[] | undefined) ?? axes.toReversed();
  const strides = rowMajorStrides(value.shape);
  const layout = {
    shape: permutation.map((axis) => value.shape[axis]),
    strides: permutation.map((axis) => strides[axis]),
    offset: 0,
  };
  return {
    ...value,
    shape: layout.shape,
    data() {
      const source = value.data() as Float32Array;
      return gather(source, source.slice(), layout) as ElementArray;
    },
  };
}

/** Two float32 tensors, broadcast. */
function combined(operator: string, [a, b]: readonly Initializer[]): Result | null {
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32') return null;
  const rank = Math.max(a.shape.length, b.shape.length);
  const [left, right] = [a, b].map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const shape = left.map((extent, axis) => (extent === 1 ? right[axis] : extent));
  if (right.some((extent, axis) => extent !== 1 && extent !== shape[axis])) return null;
  return {
    ...a,
    ...{ shape, learnt: a.learnt || b.learnt },
    data() {
      const [x, y] = [stretched(a, left, shape), stretched(b, right, shape)];
      return x.map((value, i) => arithmetic[operator](value, y[i]));
    },
  };
}

function stretched(value: Initializer, from: readonly number[], shape: readonly number[]): Float32Array {
  const data = value.data() as Float32Array;
  if (data.length === sizeOf(shape)) return data;
  const strides = rowMajorStrides(from).map((stride, axis) => (from[axis] === 1 ? 0 : stride));
  return gather(data, new Float32Array(sizeOf(shape)), { shape, strides, offset: 0 });
}

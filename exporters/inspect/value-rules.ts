import { sizeOf } from '../../src/core/tensor.ts';
import {
  axisOf,
  broadcast,
  knownSize,
  type NodeCall,
  type Shape,
  type ShapeRule,
  unknown,
  type ValueFacts,
} from './node-call.ts';

type Values = readonly (number | null)[];

/** Results with more elements are not shapes. */
const mostValues = 1024;

/** With elements where they are few and can be known; otherwise only the shape. */
function facts(shape: Shape, values: () => Values | undefined): ValueFacts {
  const isSmall = !shape.includes(null) && knownSize(shape) <= mostValues;
  const known = isSmall ? values() : undefined;
  return known ? { shape, values: known } : { shape };
}

/** The input's elements; undefined where they are not known. */
const valuesOf = (call: NodeCall, input: number): Values | undefined => call.inputs[input]?.values;

const copy: ShapeRule = (call) => [facts(call.shape(0), () => valuesOf(call, 0))];

/** Whole numbers stay whole: a Cast of what shapes are computed from goes to an integer type. */
const cast: ShapeRule = (call) => {
  const toInteger = new Set([2, 3, 4, 5, 6, 7, 12, 13]).has(call.integer('to', 1));
  return [
    facts(call.shape(0), () =>
      valuesOf(call, 0)?.map((value) => (toInteger && value !== null ? Math.trunc(value) : value)),
    ),
  ];
};

const shapeOf: ShapeRule = (call) => {
  const shape = call.shape(0);
  const part = shape.slice(call.integer('start', 0), call.integer('end', shape.length));
  return [{ shape: [part.length], values: part }];
};

const sizeRule: ShapeRule = (call) => [{ shape: [], values: [knownSize(call.shape(0))] }];

const constant: ShapeRule = (call) => {
  const { value, value_int: integer, value_ints: integers, value_float: real } = call.attributes;
  if (typeof value === 'object' && 'tensor' in value) {
    const { shape, dtype, data } = value.tensor;
    const isNumeric = dtype !== 'string' && sizeOf(shape) <= mostValues;
    return [facts(shape, () => (isNumeric ? Array.from(data(), Number) : undefined))];
  }
  if (typeof integer === 'number') return [{ shape: [], values: [integer] }];
  if (Array.isArray(integers)) return [{ shape: [integers.length], values: integers.map(Number) }];
  if (typeof real === 'object' && 'float' in real) return [{ shape: [], values: [real.float] }];
  return unknown();
};

const constantOfShape: ShapeRule = (call) => {
  const shape = call.values(0);
  const { value } = call.attributes;
  const fill =
    typeof value === 'object' && 'tensor' in value && value.tensor.dtype !== 'string'
      ? Number(value.tensor.data()[0])
      : 0;
  return [facts(shape, () => Array(knownSize(shape)).fill(fill))];
};

const range: ShapeRule = (call) => {
  const [[start], [limit], [step]] = [call.numbers(0), call.numbers(1), call.numbers(2)];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  return [facts([count], () => Array.from({ length: count }, (_, i) => start + i * step))];
};

/** Picks along an axis. */
const gather: ShapeRule = (call) => {
  const [data, indices] = [call.shape(0), call.shape(1)];
  const axis = axisOf(call.integer('axis', 0), data.length);
  const shape = [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
  return [
    facts(shape, () => {
      const [values, picked] = [valuesOf(call, 0), valuesOf(call, 1)];
      if (data.length !== 1 || !values || !picked || picked.includes(null)) return undefined;
      return picked.map((index) => values[axisOf(index ?? 0, values.length)]);
    }),
  ];
};

const concat: ShapeRule = (call) => {
  const shapes = call.inputs.map((_, i) => call.shape(i));
  const axis = axisOf(call.integer('axis', 1), shapes[0].length);
  const shape = shapes[0].map((_, i) => {
    const extents = shapes.map((other) => other[i]);
    if (i !== axis) return extents.find((extent) => extent !== null) ?? null;
    return extents.includes(null) ? null : extents.reduce<number>((sum, extent) => sum + (extent ?? 0), 0);
  });
  return [
    facts(shape, () => {
      const parts = call.inputs.map((_, i) => valuesOf(call, i));
      return shape.length === 1 && !parts.includes(undefined)
        ? parts.flatMap((part) => part ?? [])
        : undefined;
    }),
  ];
};

const slice: ShapeRule = (call) => {
  const data = call.shape(0);
  const starts = call.argument('starts', 1) ?? unknown();
  const ends = call.argument('ends', 2) ?? unknown();
  const axes = (call.argument('axes', 3) ?? [...starts.keys()]).map((axis) => axisOf(axis, data.length));
  const steps = call.has(4) ? call.numbers(4) : starts.map(() => 1);
  const indices = data.map((extent, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0 || extent === null) return extent;
    return slicedIndices(extent, starts[at], ends[at], steps[at]);
  });
  const shape = indices.map((kept, axis) => {
    if (Array.isArray(kept)) return kept.length;
    return axes.includes(axis) ? null : kept;
  });
  return [
    facts(shape, () => {
      const values = valuesOf(call, 0);
      const strides = stridesOf(data);
      const steps = indices.map((kept, axis) => {
        const indicesOfAxis = Array.isArray(kept) ? kept : [...Array(kept ?? 0).keys()];
        return indicesOfAxis.map((index) => index * strides[axis]);
      });
      return values && offsetsOf(steps).map((offset) => values[offset]);
    }),
  ];
};

/** Every sum of one step an axis, the last axis fastest. */
function offsetsOf(steps: readonly (readonly number[])[]): number[] {
  return steps.reduce<number[]>((sums, axis) => sums.flatMap((sum) => axis.map((step) => sum + step)), [0]);
}

function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => knownSize(shape.slice(axis + 1)));
}

const transpose: ShapeRule = (call) => {
  const shape = call.shape(0);
  const order = call.integers('perm') ?? [...shape.keys()].reverse();
  const result = order.map((axis) => shape[axis]);
  return [
    facts(result, () => {
      const values = valuesOf(call, 0);
      const strides = stridesOf(shape);
      const steps = order.map((axis) =>
        Array.from({ length: shape[axis] ?? 0 }, (_, i) => i * strides[axis]),
      );
      return values && offsetsOf(steps).map((offset) => values[offset]);
    }),
  ];
};

/** The longest axis whose indices are listed one by one. */
const longestAxis = 2 ** 20;

function slicedIndices(extent: number, start: number, end: number, step: number): number[] {
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + extent : index, low), high);
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const first = clamp(start, step > 0 ? 0 : 0, high);
  const last = clamp(end, low, high);
  const count = Math.max(0, Math.ceil((last - first) / step));
  if (!(count <= longestAxis)) unknown();
  return Array.from({ length: count }, (_, i) => first + i * step);
}

const squeeze: ShapeRule = (call) => {
  const shape = call.shape(0);
  const given = call.argument('axes', 1)?.map((axis) => axisOf(axis, shape.length));
  if (!given && shape.includes(null)) unknown();
  const kept = shape.filter((extent, axis) => (given ? !given.includes(axis) : extent !== 1));
  return [facts(kept, () => valuesOf(call, 0))];
};

const unsqueeze: ShapeRule = (call) => {
  const shape = call.shape(0);
  const given = call.argument('axes', 1) ?? unknown();
  const rank = shape.length + given.length;
  const axes = new Set(given.map((axis) => axisOf(axis, rank)));
  const rest = shape.values();
  const grown = Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (rest.next().value ?? null)));
  return [facts(grown, () => valuesOf(call, 0))];
};

const reshape: ShapeRule = (call) => {
  const shape = call.shape(0);
  const target = call.integers('shape') ?? call.values(1);
  const keepsZero = call.integer('allowzero', 0) === 1;
  const wanted = target.map((extent, axis) => (extent === 0 && !keepsZero ? shape[axis] : extent));
  const open = wanted.indexOf(-1);
  if (open < 0) return [facts(wanted, () => valuesOf(call, 0))];
  // Extents that both sides have, known or not, cancel out.
  const [given, taken] = [[...shape], wanted.filter((extent) => extent !== -1)];
  for (const extent of taken.splice(0)) {
    const at = given.indexOf(extent);
    if (extent === null && at >= 0) given.splice(at, 1);
    else taken.push(extent);
  }
  const isKnown = !given.includes(null) && !taken.includes(null);
  const rest = isKnown ? knownSize(given) / knownSize(taken) : null;
  return [facts(wanted.with(open, rest), () => valuesOf(call, 0))];
};

const expand: ShapeRule = (call) => {
  const shape = broadcast([call.shape(0), call.values(1)]);
  return [facts(shape, () => stretched(valuesOf(call, 0), shape))];
};

/** Elements of one number, or of the whole shape already. */
function stretched(values: Values | undefined, shape: Shape): Values | undefined {
  const size = knownSize(shape);
  if (values?.length === size) return values;
  return values?.length === 1 ? Array<number | null>(size).fill(values[0]) : undefined;
}

/** Arithmetic over elements, of inputs that are stretched to each other. */
const arithmetic =
  (compute: (...values: number[]) => number): ShapeRule =>
  (call) => {
    const shape = broadcast(call.inputs.map((_, i) => call.shape(i)));
    return [
      facts(shape, () => {
        const operands = call.inputs.map((_, i) => stretched(valuesOf(call, i), shape));
        if (operands.includes(undefined)) return undefined;
        return Array.from({ length: knownSize(shape) }, (_, at) => {
          const values = operands.map((operand) => operand?.[at] ?? null);
          return values.includes(null) ? null : compute(...(values as number[]));
        });
      }),
    ];
  };

/** Integers divide towards zero; what shapes are computed from is integers. */
const divide = (a: number, b: number) =>
  Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b;

/** Operators whose results may be shapes, axes or sizes, as exporters from PyTorch like to compute them in the graph. */
export const valueRules: Readonly<Record<string, ShapeRule>> = {
  Identity: copy,
  Cast: cast,
  CastLike: copy,
  Shape: shapeOf,
  Size: sizeRule,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Gather: gather,
  Concat: concat,
  Slice: slice,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Reshape: reshape,
  Expand: expand,
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic(divide),
  Mod: arithmetic((a, b) => ((a % b) + b) % b),
  Neg: arithmetic((a) => -a),
  Floor: arithmetic(Math.floor),
  Ceil: arithmetic(Math.ceil),
  Sqrt: arithmetic(Math.sqrt),
  Min: arithmetic(Math.min),
  Max: arithmetic(Math.max),
  Equal: arithmetic((a, b) => Number(a === b)),
  Not: arithmetic((a) => Number(!a)),
  Where: arithmetic((condition, a, b) => (condition ? a : b)),
};

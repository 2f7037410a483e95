/** How an operator of TensorFlow says what it is in ONNX. */
import type { NodeBuilder, ScanOptions, ScanStep, Value, ValueShape } from '../../src/onnx/converter.ts';
import type { Attributes } from './attributes.ts';
import type { Constant } from './constants.ts';
import type { ListValue } from './control-flow/list.ts';

/**
 * Elements of an integer scalar or vector, such as a shape, as far as they are known before the graph runs; null for
 * others.
 */
export type KnownElements = readonly (number | null)[];

/**
 * What a converter writes into: the graph, seen from one node. Values are in TensorFlow's axis order, of which the
 * last axis may be stored second: see `Layout`. tfjs knows no int64, so neither do values, but for the shapes and axes
 * that ONNX wants so.
 */
export interface GraphOp extends NodeBuilder {
  readonly name: string;
  /** Such as Conv2D. */
  readonly operator: string;
  readonly attributes: Attributes;
  /** The tensor behind a value that comes from the model's weights. */
  constantOf(value: Value): Constant | undefined;
  /** What is known of an integer scalar or vector, be it a constant or computed from shapes. */
  elementsOf(value: Value): KnownElements | undefined;
  /** All elements of an integer scalar or vector. @throws UserError where they are known only at run time */
  integers(value: Value, what: string): readonly number[];
  /** An integer scalar or vector as ONNX wants shapes, int64: a literal where all of it is known. */
  int64(value: Value): Value;
  /** A constant of any type as an initialiser, named after this node. */
  literal(constant: Constant): Value;
  /** The value as another type. */
  cast(value: Value, dtype: Value['dtype']): Value;
  /**
   * The value with its axes permuted, as by numpy's transpose, and then reshaped, stored in that order. Weights are
   * laid out anew, for nothing at run time.
   */
  arranged(value: Value, permutation: readonly number[], shape?: readonly number[]): Value;
  /**
   * Adds a Scan: `step` is called once, with the states and with one step of every sequence, and writes the body; it
   * may use any value made before.
   *
   * @returns the last states, and the steps' results stacked along the axis of time
   */
  scan(
    states: readonly Value[],
    sequences: readonly Value[],
    options: ScanOptions,
    step: (states: readonly Value[], items: readonly Value[]) => ScanStep,
  ): { states: Value[]; results: Value };
  /** The list as a sequence of ONNX. */
  sequence(list: ListValue): Value;
  /** A tensor without elements, for where a sequence has no element yet. */
  placeholder(dtype: Value['dtype']): Value;
  /** @throws UserError unless the value has that many axes */
  requireRank(value: Value, ...ranks: number[]): void;
}

/** Emits what a node computes, and returns its outputs in order. */
export type ConvertOp = (inputs: readonly Value[], op: GraphOp) => Value | readonly Value[];

export interface GraphConverter {
  readonly operator: string;
  /** The least number of inputs. */
  readonly arity: number;
  readonly convert: ConvertOp;
}

const converters = new Map<string, GraphConverter>();

/**
 * Registers how nodes of a TensorFlow operator become ONNX nodes. Defining one again replaces its converter, so a
 * caller can override the exporter's own.
 *
 * @param arity the least number of inputs, checked before `convert` is called
 * @example
 * defineGraphConverter('Square', 1, ([x], op) => op.node('Mul', [x, x]));
 */
export function defineGraphConverter(operator: string, arity: number, convert: ConvertOp): GraphConverter {
  const converter = { operator, arity, convert };
  converters.set(operator, converter);
  return converter;
}

/** The converter last defined for an operator. */
export function findGraphConverter(operator: string): GraphConverter | undefined {
  return converters.get(operator);
}

/** An axis counted from the front. @throws UserError where the value has none such */
export function frontAxis(axis: number, rank: number, op: GraphOp): number {
  const front = axis < 0 ? axis + rank : axis;
  if (!(front >= 0 && front < rank)) throw op.unsupported(`axis ${axis} of ${rank}`);
  return front;
}

/** The shape of an operator of several inputs that are broadcast against each other, as numpy does. */
export function broadcastShape(shapes: readonly ValueShape[], op: GraphOp): ValueShape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) =>
      axis < rank - shape.length ? 1 : shape[axis - rank + shape.length],
    );
    const known = [...new Set(extents.filter((extent) => extent !== null && extent !== 1))];
    if (known.length > 1) {
      throw op.unsupported(`inputs of shapes ${shapes.map((shape) => `[${shape}]`).join(' and ')}`);
    }
    if (known.length === 1) return known[0];
    return extents.includes(null) ? null : 1;
  });
}

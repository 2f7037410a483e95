/**
 * How a tfjs layer says what it is in ONNX. A layer's converter lives beside the layer and imports only this file;
 * the exporter looks it up by the layer's class name.
 */
import type { layers } from '@tensorflow/tfjs-layers';
import type { UserError } from '../core/errors.ts';
import type { Weights } from '../core/weights.ts';
import type { Attribute } from './graph.ts';

export { type Attribute, type Float, float } from './graph.ts';

/** A layer of tfjs-layers. */
export type Layer = layers.Layer;

/** Element types that occur in graphs. */
export type ValueType = 'float32' | 'uint8' | 'int32' | 'int64' | 'bool';

/**
 * How a value is stored in the graph: in tfjs's own axis order, or with its last axis (the channels) moved to
 * position 1, as ONNX's convolutions want it: [N, H, W, C] stored as [N, C, H, W].
 */
export type Layout = 'tfjs' | 'channels-first';

/** A shape in tfjs's axis order; null where an extent is known only when the graph runs, as the batch always is. */
export type ValueShape = readonly (number | null)[];

/** A tensor of the graph being built. `shape` is in tfjs's axis order whatever the layout. */
export interface Value {
  readonly name: string;
  readonly dtype: ValueType;
  readonly shape: ValueShape;
  readonly layout: Layout;
}

/** Where an axis of tfjs's order (negative ones from the end) lies in the value as it is stored. */
export function storedAxis({ shape, layout }: Value, axis: number): number {
  const logical = axis < 0 ? axis + shape.length : axis;
  if (layout === 'tfjs' || logical === 0) return logical;
  return logical === shape.length - 1 ? 1 : logical + 1;
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Of the result, in tfjs's axis order. Default: the first input's. */
  readonly shape?: ValueShape;
  /** Of the result. Default: the first input's. */
  readonly layout?: Layout;
  /** Of the result. Default: the first input's. */
  readonly dtype?: ValueType;
}

/** One of several results of a node. */
export interface NodeResult {
  /** In tfjs's axis order. */
  readonly shape: ValueShape;
  /** Default: the first input's. */
  readonly dtype?: ValueType;
}

/** The values of a node's results; undefined for those left out. */
export type NodeValues<Results> = {
  readonly [Name in keyof Results]: Results[Name] extends NodeResult ? Value : Value | undefined;
};

/** How a scan goes through its sequences. */
export interface ScanOptions {
  /** The axis of time, in the sequences and in the results; not the first. */
  readonly axis: number;
  /** From the last step to the first; results are in order of time all the same. */
  readonly reverse?: boolean;
}

/** What one step of a scan makes of the states so far: the next states, and one result to be stacked along time. */
export interface ScanStep {
  readonly states: readonly Value[];
  readonly result: Value;
}

/** What nodes are written with, whatever they come from. */
export interface NodeBuilder {
  /** Adds a node of the default ONNX domain (opset 17) with one result. null leaves an optional input out. */
  node(operator: string, inputs: readonly (Value | null)[], options?: NodeOptions): Value;
  /** Adds a node with several results, stored in tfjs's order, under ONNX's names; null leaves one out. */
  nodes<Results extends Readonly<Record<string, NodeResult | null>>>(
    operator: string,
    inputs: readonly (Value | null)[],
    results: Results,
    attributes?: NodeOptions['attributes'],
  ): NodeValues<Results>;
  /** A literal: int64 for a list of integers (shapes, axes), float32 for a Float32Array. Equal literals are shared. */
  constant(values: readonly number[] | Float32Array, shape?: readonly number[]): Value;
  /** The value stored channels-first; adds a transpose only where it is not yet. Rank 2 and below stay as they are. */
  channelsFirst(value: Value): Value;
  /** The value stored in tfjs's order; adds a transpose only where it is not yet. */
  tfjsOrder(value: Value): Value;
  /** The value with its elements in tfjs's order in memory, whatever its axes: what a reshape needs. */
  rowMajor(value: Value): Value;
  /** The error for what has no counterpart in ONNX; says of which layer or node, and where that is. */
  unsupported(what: string): UserError;
}

/** What a converter writes into: the graph, seen from one call of one layer. Names come from the layer's name. */
export interface GraphBuilder extends NodeBuilder {
  /** What tfjs says this call of the layer returns, one shape an output. */
  readonly outputShapes: readonly ValueShape[];
  /**
   * The steps of a sequence that count, bool [N, T]; undefined where all do. It comes from a Masking layer or an
   * Embedding of `maskZero`, by the ways that tfjs passes masks on when it predicts.
   */
  readonly mask: Value | undefined;
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
  /** The graph as a layer inside this one sees it: for wrappers. */
  inner(layer: Layer, outputShapes: readonly ValueShape[]): GraphBuilder;
  /** The nodes of a layer inside this one, by that layer's own converter; it gets no mask. */
  apply(layer: Layer, inputs: readonly Value[], outputShapes: readonly ValueShape[]): readonly Value[];
  /** A weight of the layer as an initialiser, named `<layer>.<name>`; a layer called twice has it once. */
  weight(name: string, weights: Weights): Value;
}

/** Emits the nodes of one call of a layer and returns its outputs, in tfjs's order of outputs. */
export type Convert = (
  layer: Layer,
  inputs: readonly Value[],
  graph: GraphBuilder,
) => Value | readonly Value[];

export interface Converter {
  /** The layer's static `className`. */
  readonly className: string;
  readonly convert: Convert;
}

const converters = new Map<string, Converter>();

/**
 * Registers how layers of a class become ONNX nodes. Defining a class again replaces its converter, so a caller
 * can override the exporter's own.
 *
 * @example
 * defineConverter('Square', (_layer, [input], graph) => graph.node('Mul', [input, input]));
 */
export function defineConverter(className: string, convert: Convert): Converter {
  const converter = { className, convert };
  converters.set(className, converter);
  return converter;
}

/** The converter last defined for a class. */
export function findConverter(className: string): Converter | undefined {
  return converters.get(className);
}

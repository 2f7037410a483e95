import { sizeOf } from '../../src/core/tensor.ts';
import type { Graph, GraphNode } from '../../src/onnx/graph.ts';

/** null: an extent that depends on what the graph is fed with. */
export type Shape = readonly (number | null)[];

/** What is known of a value. */
export interface ValueFacts {
  /** null: of unknown rank. */
  readonly shape: Shape | null;
  /** The elements, where they are few numbers that shapes are computed from; null for one that is not known. */
  readonly values?: readonly (number | null)[];
}

/** What is known of a node's results, in order. @throws unknownShape */
export type ShapeRule = (call: NodeCall) => readonly ValueFacts[];

/** Thrown by a rule that needs what is not known. One for all: it says nothing, and a stack would cost the most. */
export const unknownShape = new Error('a shape that is not known');

/** Goes through a graph inside a node. */
export type Enter = (
  graph: Graph,
  inputs: readonly ValueFacts[],
) => { outputs: ValueFacts[]; multiplyAdds: number | null };

/** One node with what is known of its inputs: what a rule works on. Its methods throw `unknownShape`. */
export class NodeCall {
  /** Operators of other sets have their domain before them: "com.microsoft:FusedConv". */
  readonly operator: string;
  readonly outputCount: number;
  readonly enter: Enter;
  readonly opset: number;
  /** Multiply-adds of the graphs inside; null where they are not known. Set by the rule that enters them. */
  inside: number | null = 0;
  readonly #node: GraphNode;
  readonly #inputs: readonly (ValueFacts | undefined)[];

  constructor(node: GraphNode, inputs: readonly (ValueFacts | undefined)[], opset: number, enter: Enter) {
    this.operator = node.domain ? `${node.domain}:${node.operator}` : node.operator;
    this.outputCount = node.outputs.length;
    this.#node = node;
    this.#inputs = inputs;
    this.opset = opset;
    this.enter = enter;
  }

  get inputs(): readonly (ValueFacts | undefined)[] {
    return this.#inputs;
  }

  /** Whether the input is given. */
  has(input: number): boolean {
    return this.#inputs[input] !== undefined;
  }

  shape(input: number): Shape {
    return this.#inputs[input]?.shape ?? unknown();
  }

  /** The input's elements, some of which may be unknown. */
  values(input: number): readonly (number | null)[] {
    return this.#inputs[input]?.values ?? unknown();
  }

  /** The input's elements, all of them. */
  numbers(input: number): number[] {
    return this.values(input).map((value) => value ?? unknown());
  }

  /** The attribute's integer. */
  integer(name: string, otherwise: number): number {
    const value = this.#node.attributes[name];
    return typeof value === 'number' ? value : otherwise;
  }

  /** The attribute's integers; undefined where it is absent. */
  integers(name: string): number[] | undefined {
    const value = this.#node.attributes[name];
    return Array.isArray(value) ? value.map(Number) : undefined;
  }

  text(name: string, otherwise: string): string {
    const value = this.#node.attributes[name];
    return typeof value === 'string' ? value : otherwise;
  }

  get attributes(): GraphNode['attributes'] {
    return this.#node.attributes;
  }

  graph(name: string): Graph {
    const value = this.#node.attributes[name];
    return typeof value === 'object' && 'graph' in value ? value.graph : unknown();
  }

  /** Numbers that are an attribute in old operator sets, and an input in newer ones; undefined where neither is given. */
  argument(name: string, input: number): number[] | undefined {
    return this.integers(name) ?? (this.has(input) ? this.numbers(input) : undefined);
  }
}

/** Ends a rule. */
export function unknown(): never {
  throw unknownShape;
}

/** Whether it is a length that an axis can have: hostile models compute others. */
export function isExtent(extent: number | null): extent is number {
  return extent !== null && Number.isSafeInteger(extent) && extent >= 0;
}

/** The number of elements of a shape that is known. */
export function knownSize(shape: Shape): number {
  const size = sizeOf(shape.map((extent) => (isExtent(extent) ? extent : unknown())));
  return Number.isSafeInteger(size) ? size : unknown();
}

/** A rule for one result, of which only the shape is known. */
export const shaped =
  (rule: (call: NodeCall) => Shape): ShapeRule =>
  (call) => [{ shape: rule(call) }];

/** An axis counted from the end where it is negative. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The shape that shapes are stretched to in arithmetic. */
export function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map(
      (shape) => shape[axis - rank + shape.length] ?? (axis < rank - shape.length ? 1 : null),
    );
    return extents.find((extent) => extent !== null && extent !== 1) ?? (extents.includes(null) ? null : 1);
  });
}

import type { Attributes } from './attributes.ts';

/** One of a node's results. */
export interface TensorName {
  readonly node: string;
  readonly index: number;
}

/** A node of a TensorFlow graph. */
export interface OpNode {
  readonly name: string;
  /** Such as Conv2D. */
  readonly operator: string;
  /** Without those that only say what is to run before. */
  readonly inputs: readonly TensorName[];
  /** Nodes that only have to run before: where one lies in a branch, so does this node. */
  readonly controls: readonly string[];
  readonly attributes: Attributes;
}

import type { Graph } from '../../../src/onnx/graph.ts';

/** A rewrite of the graph that keeps its outputs. Passes know no layers and no other passes. */
export interface Pass {
  readonly name: string;
  apply(graph: Graph): Graph;
}

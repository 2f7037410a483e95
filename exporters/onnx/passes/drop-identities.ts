import { type Graph, type GraphNode, producers, renameValues, useCounts } from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Removes nodes that pass their input on unchanged: Identity, and Dropout, which does nothing unless it is told to
 * train. One whose mask is used stays.
 */
export const dropIdentities: Pass = {
  name: 'drop-identities',

  apply(graph: Graph): Graph {
    const made = producers(graph);
    const uses = useCounts(graph);
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    const renamed = new Map<string, string>();
    const resolve = (name: string) => {
      let current = name;
      while (renamed.has(current)) current = renamed.get(current)!;
      return current;
    };
    const isDropped = (node: GraphNode) => {
      if (node.operator !== 'Identity' && node.operator !== 'Dropout') return false;
      const [, , training] = node.inputs;
      const trains = training && Number(graph.initializers.get(training)?.data()[0] ?? 1) !== 0;
      if (trains || node.outputs.slice(1).some((name) => uses.has(name))) return false;
      const input = resolve(node.inputs[0]);
      const [output] = node.outputs;
      if (!outputs.has(output)) renamed.set(output, input);
      // An output of the graph keeps its name: the value takes it, unless that has a name of its own to keep.
      else if (made.has(input) && !outputs.has(input)) renamed.set(input, output);
      else return false;
      return true;
    };
    const nodes = graph.nodes.filter((node) => !isDropped(node));
    return renamed.size === 0 ? graph : renameValues({ ...graph, nodes }, resolve);
  },
};

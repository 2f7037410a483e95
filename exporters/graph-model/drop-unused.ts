import { dropUnusedInitializers, type Graph, usedBy } from '../../src/onnx/graph.ts';

/** The graph without nodes whose results lead nowhere: shape arithmetic that was worked out while exporting. */
export function dropUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes.toReversed().filter((node) => {
    const isNeeded = node.outputs.some((output) => needed.has(output));
    if (isNeeded) for (const name of usedBy(node)) needed.add(name);
    return isNeeded;
  });
  return dropUnusedInitializers({ ...graph, nodes: nodes.toReversed() });
}

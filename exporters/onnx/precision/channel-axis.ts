import { type Graph, type GraphNode, subgraphs } from '../../../src/onnx/graph.ts';

/**
 * The axis of each weight along which the operators that use it make separate outputs: weights of one output share a
 * scale when they are quantised. Weights that are used in another way, or along different axes, are not in the map.
 */
export function channelAxes(graph: Graph): Map<string, number> {
  const axes = new Map<string, Set<number | undefined>>();
  const visit = (nodes: readonly GraphNode[]) => {
    for (const node of nodes) {
      node.inputs.forEach((name, input) => {
        const weight = graph.initializers.get(name);
        if (!weight) return;
        if (!axes.has(name)) axes.set(name, new Set());
        axes.get(name)!.add(axisOf(node, input, weight.shape.length));
      });
      // Loops and branches take the weights of the graph around them.
      for (const inner of subgraphs(node)) visit(inner.nodes);
    }
  };
  visit(graph.nodes);
  return new Map(
    [...axes].flatMap(([name, found]) => {
      const [axis] = found;
      return found.size === 1 && axis !== undefined ? [[name, axis] as const] : [];
    }),
  );
}

function axisOf({ operator, attributes }: GraphNode, input: number, rank: number): number | undefined {
  // Kernels that are not convolved with as they are, but reshaped first, have their filters in front too.
  if (input === 0 && operator === 'Reshape') return 0;
  if (input === 0) return operator === 'Gather' && (attributes.axis ?? 0) === 0 ? 0 : undefined;
  switch (operator) {
    case 'Conv':
      return 0;
    case 'ConvTranspose':
      return 1;
    case 'Gemm':
      return attributes.transB ? 0 : 1;
    case 'MatMul':
      return rank - 1;
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return 1;
    default:
      return undefined;
  }
}

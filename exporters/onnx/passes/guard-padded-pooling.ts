import { type Graph, producers } from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Puts a Max of one input, which changes nothing, between a zero padding and a pooling. onnxruntime (1.17 to 1.30 at
 * least) fuses the two: before a maximum as if the padding were −∞, so that windows of negative values come out wrong
 * at the border, and where the padding is as wide as the window it then refuses the graph. The paddings that may be
 * fused have been by fuse-padding.
 */
export const guardPaddedPooling: Pass = {
  name: 'guard-padded-pooling',

  apply(graph: Graph): Graph {
    const made = producers(graph);
    const nodes = graph.nodes.flatMap((node) => {
      const isPooling = node.operator === 'MaxPool' || node.operator === 'AveragePool';
      if (!isPooling || made.get(node.inputs[0])?.operator !== 'Pad') return [node];
      const name = `${node.name}/Max`;
      const guard = { name, operator: 'Max', inputs: node.inputs, outputs: [name], attributes: {} };
      return [guard, { ...node, inputs: [name] }];
    });
    return { ...graph, nodes };
  },
};

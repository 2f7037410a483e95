import { type Graph, producers } from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Puts a Max of one input, which changes nothing, between a zero padding and a maximum pooling. onnxruntime (1.17 to
 * 1.30 at least) fuses the two as if the padding were −∞, so that windows of negative values come out wrong at the
 * border; the paddings that may be fused have been by fuse-padding.
 */
export const guardPaddedMaximum: Pass = {
  name: 'guard-padded-maximum',

  apply(graph: Graph): Graph {
    const made = producers(graph);
    const nodes = graph.nodes.flatMap((node) => {
      if (node.operator !== 'MaxPool' || made.get(node.inputs[0])?.operator !== 'Pad') return [node];
      const name = `${node.name}/Max`;
      const guard = { name, operator: 'Max', inputs: node.inputs, outputs: [name], attributes: {} };
      return [guard, { ...node, inputs: [name] }];
    });
    return { ...graph, nodes };
  },
};

import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  producers,
  replaceNodes,
  useCounts,
} from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Moves zero padding into the convolution or pooling that follows it. Into a maximum only after an operator that
 * gives nothing below zero, where padding by zero and leaving the border out are the same.
 */
export const fusePadding: Pass = {
  name: 'fuse-padding',

  apply(graph: Graph): Graph {
    const made = producers(graph);
    const uses = useCounts(graph);
    const replacements = new Map<GraphNode, GraphNode | null>();
    for (const node of graph.nodes) {
      const pad = made.get(node.inputs[0]);
      if (pad?.operator !== 'Pad' || uses.get(pad.outputs[0]) !== 1) continue;
      const pads = spatialPads(pad, graph);
      const fused = pads && withPads(node, pads, made.get(pad.inputs[0]));
      if (!fused) continue;
      replacements.set(pad, null);
      replacements.set(node, { ...fused, inputs: [pad.inputs[0], ...node.inputs.slice(1)] });
    }
    return replacements.size === 0 ? graph : dropUnusedInitializers(replaceNodes(graph, replacements));
  },
};

/** The spatial part of a Pad node's pads, begins then ends; undefined where it pads otherwise than with zeros. */
function spatialPads(pad: GraphNode, graph: Graph): number[] | undefined {
  const [, padsName, valueName = ''] = pad.inputs;
  if (valueName !== '' || (pad.attributes.mode ?? 'constant') !== 'constant') return undefined;
  const data = graph.initializers.get(padsName)?.data();
  if (!data) return undefined;
  const pads = Array.from(data, Number);
  const rank = pads.length / 2;
  const [batchAndChannels, spatial] = [[0, 1, rank, rank + 1], pads.filter((_, i) => i % rank > 1)];
  if (batchAndChannels.some((i) => pads[i] !== 0) || spatial.some((extent) => extent < 0)) return undefined;
  return spatial;
}

const nonNegative = new Set(['Relu', 'Sigmoid', 'Softmax', 'Softplus', 'HardSigmoid']);

function withPads(node: GraphNode, pads: number[], source: GraphNode | undefined): GraphNode | undefined {
  const { attributes, operator } = node;
  if ('auto_pad' in attributes) return undefined;
  const own = (attributes.pads as readonly number[] | undefined) ?? pads.map(() => 0);
  const sum = pads.map((extent, i) => extent + own[i]);
  if (operator === 'Conv') return { ...node, attributes: { ...attributes, pads: sum } };
  const kernel = attributes.kernel_shape as readonly number[] | undefined;
  // A window must hold at least one real element.
  if (!kernel || sum.some((extent, i) => extent >= kernel[i % kernel.length])) return undefined;
  if (operator === 'MaxPool' && source && nonNegative.has(source.operator)) {
    return { ...node, attributes: { ...attributes, pads: sum } };
  }
  // Zeros that were in the window count; the pool's own border does not, so both cannot be told apart.
  if (operator === 'AveragePool' && own.every((extent) => extent === 0)) {
    return { ...node, attributes: { ...attributes, pads: sum, count_include_pad: 1 } };
  }
  return undefined;
}

import { type Extents, knownExtents } from '../../../src/onnx/extents.ts';
import { dropUnusedInitializers, type Graph, type GraphNode } from '../../../src/onnx/graph.ts';
import { NodeWriter } from '../../../src/onnx/node-writer.ts';
import {
  type Gains,
  type WinogradConvolution,
  winogradShape,
  writeWinograd,
} from '../../../src/rewrites/winograd.ts';
import type { Pass } from './pass.ts';

/** Measured in onnxruntime-web, see `bench/export/winograd.ts`: 1.2 to 2.2 times as fast from here on. */
const gainsInWasm: Gains = ({ channels, filters }) => Math.min(channels, filters) >= 64;

/**
 * Writes convolutions of images with 3 × 3 kernels by Winograd's filtering, over [H, W, N, C]. Where products are
 * slow, as in a browser's wasm, that is faster from few channels on. Of two such convolutions that follow one another
 * the transposes cancel (see cancel-transposes).
 */
export const winograd = (gains = gainsInWasm): Pass => ({
  name: 'winograd',

  apply(graph: Graph): Graph {
    const extents = knownExtents(graph);
    const writer = new NodeWriter(graph.initializers);
    for (const node of graph.nodes) {
      const convolution = plan(node, graph, extents);
      if (convolution && gains(convolution)) write(writer, node, convolution);
      else writer.nodes.push(node);
    }
    const { nodes, initializers } = writer;
    return dropUnusedInitializers({ ...graph, nodes, initializers });
  },
});

function plan(
  { name, operator, inputs, attributes }: GraphNode,
  graph: Graph,
  extents: ReadonlyMap<string, Extents>,
): WinogradConvolution | null {
  const kernel = graph.initializers.get(inputs[1]);
  const input = extents.get(inputs[0]);
  if (operator !== 'Conv' || kernel?.shape.length !== 4 || kernel.dtype !== 'float32' || !input) return null;
  const shape = winogradShape(kernel.shape, input.slice(2), attributes);
  return shape && { name, input: `${name}/winograd/rows`, kernel: kernel.name, ...shape };
}

function write(writer: NodeWriter, { name, inputs, outputs }: GraphNode, convolution: WinogradConvolution) {
  const { channels, filters, height, width } = convolution;
  const planes = writer.add('Transpose', `${name}/winograd/planes`, [inputs[0]], { perm: [2, 3, 0, 1] });
  writer.reshape(convolution.input, planes, [height * width, -1, channels]);
  const result = writeWinograd(writer, convolution);
  const sum = inputs[2] ? writer.add('Add', `${name}/winograd/sum`, [result, inputs[2]]) : result;
  const plane = writer.reshape(`${name}/winograd/plane`, sum, [height, width, -1, filters]);
  writer.nodes.push({
    ...{ name, operator: 'Transpose', inputs: [plane], outputs, attributes: { perm: [2, 3, 0, 1] } },
  });
}

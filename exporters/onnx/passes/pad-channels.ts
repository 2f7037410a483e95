import { sizeOf } from '../../../src/core/tensor.ts';
import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  type Initializer,
  useCounts,
} from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/** What the channels between two convolutions are filled up to a multiple of. */
const multiple = 16;

/**
 * Adds filters of zeros to a convolution whose result only goes into another one (a rectifier may lie between), where
 * they are no multiple of 4: the middle of R(2+1)D's convolutions has 45, 230 or 921. It changes no output. WebGPU
 * computes some of these counts wrongly without saying so, and onnxruntime's fast CPU convolutions take none of them.
 */
export const padChannels: Pass = {
  name: 'pad-channels',

  apply(graph: Graph): Graph {
    const uses = useCounts(graph);
    const initializers = new Map(graph.initializers);
    const inputs = new Map(graph.nodes.map((node) => [node, [...node.inputs]]));
    /** What a node takes as its weight from now on: one that others take too stays theirs. */
    const pad = (node: GraphNode, input: number, axis: number, extent: number) => {
      const weight = initializers.get(inputs.get(node)![input])!;
      const isShared = (uses.get(weight.name) ?? 1) > 1;
      const name = isShared ? `${node.name}/${weight.name}/${axis}` : weight.name;
      initializers.set(name, { ...withZeros(weight, axis, extent), name });
      inputs.get(node)![input] = name;
    };
    for (const first of graph.nodes) {
      const second = nextConvolution(first, graph, uses);
      if (!second) continue;
      const [, kernel, bias = ''] = first.inputs;
      const isKnown = [kernel, second.inputs[1], ...(bias ? [bias] : [])].every((name) =>
        initializers.has(name),
      );
      const filters = initializers.get(kernel)?.shape[0] ?? 0;
      if (!isKnown || filters % 4 === 0) continue;
      const padded = Math.ceil(filters / multiple) * multiple;
      pad(first, 1, 0, padded);
      if (bias) pad(first, 2, 0, padded);
      pad(second, 1, 1, padded);
    }
    const nodes = graph.nodes.map((node) => ({ ...node, inputs: inputs.get(node)! }));
    return dropUnusedInitializers({ ...graph, nodes, initializers });
  },
};

function nextConvolution(
  node: GraphNode,
  graph: Graph,
  uses: ReadonlyMap<string, number>,
): GraphNode | undefined {
  if (!isPlain(node)) return undefined;
  const userOf = ({ outputs: [output] }: GraphNode) =>
    uses.get(output) === 1 ? graph.nodes.find(({ inputs }) => inputs[0] === output) : undefined;
  const user = userOf(node);
  const next = user?.operator === 'Relu' ? userOf(user) : user;
  return next && isPlain(next) ? next : undefined;
}

function isPlain({ operator, attributes }: GraphNode): boolean {
  return operator === 'Conv' && (attributes.group ?? 1) === 1;
}

/** The weight with zeros after its last index along an axis. */
function withZeros(weight: Initializer, axis: number, extent: number): Initializer {
  const { shape } = weight;
  const inner = sizeOf(shape.slice(axis + 1));
  const [from, to] = [shape[axis] * inner, extent * inner];
  return {
    ...weight,
    shape: shape.with(axis, extent),
    data(scratch) {
      const given = weight.data(scratch) as Float32Array;
      const padded = new Float32Array((given.length / from) * to);
      for (let row = 0; row * from < given.length; row++) {
        padded.set(given.subarray(row * from, (row + 1) * from), row * to);
      }
      return padded;
    },
  };
}

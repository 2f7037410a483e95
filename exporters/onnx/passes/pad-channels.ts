import { sizeOf } from '../../../src/core/tensor.ts';
import { type Graph, type GraphNode, type Initializer, useCounts } from '../../../src/onnx/graph.ts';
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
    for (const first of graph.nodes) {
      const second = nextConvolution(first, graph, uses);
      if (!second) continue;
      const names = [first.inputs[1], first.inputs[2] ?? '', second.inputs[1]];
      const [kernel, bias, next] = names.map((name) => initializers.get(name));
      const isOwn = names.every((name) => name === '' || uses.get(name) === 1);
      const filters = kernel?.shape[0] ?? 0;
      if (!kernel || !next || (names[1] && !bias) || !isOwn || filters % 4 === 0) continue;
      const padded = Math.ceil(filters / multiple) * multiple;
      for (const weight of [kernel, ...(bias ? [bias] : [])]) {
        initializers.set(weight.name, withZeros(weight, 0, padded));
      }
      initializers.set(next.name, withZeros(next, 1, padded));
    }
    return { ...graph, initializers };
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
    data() {
      const given = weight.data() as Float32Array;
      const padded = new Float32Array((given.length / from) * to);
      for (let row = 0; row * from < given.length; row++) {
        padded.set(given.subarray(row * from, (row + 1) * from), row * to);
      }
      return padded;
    },
  };
}

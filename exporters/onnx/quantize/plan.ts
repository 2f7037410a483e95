import { type Graph, type GraphNode, useCounts } from '../../../src/onnx/graph.ts';

/** An operator that is to compute in 8 bits. */
export interface QuantizedNode {
  readonly node: GraphNode;
  /** Activations that it takes. */
  readonly inputs: readonly string[];
  /** The value that is stored in 8 bits: its own, or that of the rectifier after it, which then costs nothing. */
  readonly output: string;
}

/** Operators that move elements without changing them: their result has the scale of their input. */
export const movers: ReadonlySet<string> = new Set([
  'Reshape',
  'Transpose',
  'Flatten',
  'Slice',
  'MaxPool',
  'Squeeze',
]);

const rectifiers = new Set(['Relu', 'Clip']);

/**
 * What of a graph computes in 8 bits: convolutions of constant kernels, and what lies between them (residual sums,
 * averages over space). The dense layers of a head stay in float: they cost next to nothing.
 *
 * @param inFloat names of nodes to leave out
 */
export function planQuantization(graph: Graph, inFloat: ReadonlySet<string>): QuantizedNode[] {
  const uses = useCounts(graph);
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const plan: QuantizedNode[] = [];
  for (const node of graph.nodes) {
    const inputs = inFloat.has(node.name) ? null : activations(node, graph);
    if (!inputs || node.outputs.some((name) => kept.has(name))) continue;
    const [output] = node.outputs;
    const next = uses.get(output) === 1 && graph.nodes.find((user) => user.inputs[0] === output);
    const isRectified = next && rectifiers.has(next.operator) && !kept.has(next.outputs[0]);
    plan.push({ node, inputs, output: isRectified ? next.outputs[0] : output });
  }
  return plan;
}

function activations({ operator, inputs }: GraphNode, graph: Graph): readonly string[] | null {
  const isConstant = (name: string) => name === '' || graph.initializers.has(name);
  switch (operator) {
    case 'Conv':
      return inputs.slice(1).every(isConstant) ? [inputs[0]] : null;
    case 'Add':
      return inputs.some(isConstant) ? null : inputs;
    case 'GlobalAveragePool':
      return inputs;
    default:
      return null;
  }
}

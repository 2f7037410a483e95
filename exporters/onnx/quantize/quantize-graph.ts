import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  type Initializer,
} from '../../../src/onnx/graph.ts';
import { quantizeChannels } from '../precision/quantized-channels.ts';
import { kernelScales } from './kernel-scales.ts';
import { movers, type QuantizedNode } from './plan.ts';
import { type AffineScale, affineScale, type Range } from './range.ts';

/**
 * The graph in QDQ form: between QuantizeLinear and DequantizeLinear wherever values are stored in 8 bits. A runtime
 * turns an operator between them into one of integers. Activations are uint8 with a scale for each tensor, kernels
 * int8 with a scale for each filter, biases int32.
 *
 * @param plan which operators compute in 8 bits
 * @param ranges of all values that those take and give
 * @param corrections to be added to the biases of convolutions, by the convolution's name
 */
export function quantizeGraph(
  graph: Graph,
  plan: readonly QuantizedNode[],
  ranges: ReadonlyMap<string, Range>,
  corrections: ReadonlyMap<string, Float32Array> = new Map(),
): Graph {
  const scales = storedScales(graph, plan, ranges);
  const planned = new Set(plan.map(({ node }) => node));
  const initializers = new Map(graph.initializers);
  const add = (initializer: Omit<Initializer, 'learnt'>, learnt = false): string => {
    initializers.set(initializer.name, { learnt, ...initializer });
    return initializer.name;
  };
  const nodes: GraphNode[] = [];
  const quantize = (value: string) => {
    const scale = scales.get(value);
    if (scale) nodes.push(...quantizeNodes(value, scale, add));
  };
  for (const { name } of graph.inputs) quantize(name);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (scales.has(name) ? `${name}/dequantized` : name));
    if (planned.has(node) && node.operator === 'Conv') {
      const input = scales.get(node.inputs[0])!;
      const weights = quantizedWeights(node, graph, input, corrections.get(node.name), add);
      nodes.push(...weights.nodes, { ...node, inputs: [inputs[0], ...weights.inputs] });
    } else nodes.push({ ...node, inputs });
    for (const output of node.outputs) quantize(output);
  }
  return dropUnusedInitializers({ ...graph, nodes, initializers });
}

/** The scale of every value that is stored in 8 bits. */
function storedScales(
  graph: Graph,
  plan: readonly QuantizedNode[],
  ranges: ReadonlyMap<string, Range>,
): Map<string, AffineScale> {
  const stored = new Set(plan.flatMap(({ inputs, output }) => [...inputs, output]));
  const scales = new Map<string, AffineScale>();
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const visit = (name: string) => {
    if (stored.has(name) && !scales.has(name)) scales.set(name, affineScale(ranges.get(name)!));
  };
  for (const { name } of graph.inputs) visit(name);
  for (const { operator, inputs, outputs } of graph.nodes) {
    const passed = movers.has(operator) && outputs.length === 1 ? scales.get(inputs[0]) : undefined;
    if (passed && !kept.has(outputs[0])) scales.set(outputs[0], passed);
    else outputs.forEach(visit);
  }
  return scales;
}

type Add = (initializer: Omit<Initializer, 'learnt'>, learnt?: boolean) => string;

function quantizeNodes(value: string, { scale, zeroPoint }: AffineScale, add: Add): GraphNode[] {
  const parameters = [
    add({ name: `${value}/scale`, dtype: 'float32', shape: [], data: () => Float32Array.of(scale) }),
    add({ name: `${value}/zero`, dtype: 'uint8', shape: [], data: () => Uint8Array.of(zeroPoint) }),
  ];
  const quantized = `${value}/quantized`;
  return [
    step(quantized, 'QuantizeLinear', [value, ...parameters]),
    step(`${value}/dequantized`, 'DequantizeLinear', [quantized, ...parameters]),
  ];
}

/** A convolution's kernel and bias, stored as integers. */
function quantizedWeights(
  { name, inputs: [, kernelName, biasName] }: GraphNode,
  graph: Graph,
  { scale }: AffineScale,
  correction: Float32Array | undefined,
  add: Add,
): { nodes: GraphNode[]; inputs: string[] } {
  const kernel = graph.initializers.get(kernelName)!;
  const bias = biasName ? graph.initializers.get(biasName) : undefined;
  const [filters] = kernel.shape;
  const weights = () => kernel.data() as Float32Array;
  const scales = () => kernelScales(weights(), kernel.shape);
  const biasScales = () => scales().map((kernelScale) => kernelScale * scale);
  const ofFilters = (dtype: 'int8' | 'int32', suffix: string): string =>
    add({
      ...{ name: `${name}/${suffix}`, dtype, shape: [filters] },
      data: () => (dtype === 'int8' ? new Int8Array(filters) : new Int32Array(filters)),
    });
  const kernelInputs = [
    add(
      {
        ...{ name: `${kernelName}/${name}/int8`, dtype: 'int8', shape: kernel.shape },
        data: () => quantizeChannels(weights(), kernel.shape, 0, scales()),
      },
      true,
    ),
    add({ name: `${name}/kernel/scale`, dtype: 'float32', shape: [filters], data: scales }),
    ofFilters('int8', 'kernel/zero'),
  ];
  const kernelNode = step(`${name}/kernel`, 'DequantizeLinear', kernelInputs, { axis: 0 });
  if (!bias && !correction) return { nodes: [kernelNode], inputs: [kernelNode.name] };
  const biasInputs = [
    add(
      {
        ...{ name: `${name}/bias/int32`, dtype: 'int32', shape: [filters] },
        data: () => {
          const given = bias?.data() as Float32Array | undefined;
          return Int32Array.from(biasScales(), (unit, filter) =>
            Math.round(((given?.[filter] ?? 0) + (correction?.[filter] ?? 0)) / unit),
          );
        },
      },
      true,
    ),
    add({ name: `${name}/bias/scale`, dtype: 'float32', shape: [filters], data: biasScales }),
    ofFilters('int32', 'bias/zero'),
  ];
  const biasNode = step(`${name}/bias`, 'DequantizeLinear', biasInputs, { axis: 0 });
  return { nodes: [kernelNode, biasNode], inputs: [kernelNode.name, biasNode.name] };
}

function step(
  name: string,
  operator: string,
  inputs: readonly string[],
  attributes: GraphNode['attributes'] = {},
): GraphNode {
  return { name, operator, inputs, outputs: [name], attributes };
}

import type { Graph, GraphNode, Initializer } from '../../../src/onnx/graph.ts';
import { dequantizeChannels, quantizeChannels } from '../precision/quantized-channels.ts';
import { kernelScales } from './kernel-scales.ts';
import { type Feeds, type OpenSession, observe, type Probe } from './observe.ts';
import type { QuantizedNode } from './plan.ts';
import { affineScale, type Range } from './range.ts';

/** What 8 bits do to one convolution. */
export interface LayerError {
  /** To be added to the bias, so that each filter's mean over the inputs is what it was: one a filter. */
  readonly correction: Float32Array;
  /** The power of the error that is left, as a share of the power of the result's own variation. */
  readonly noise: number;
}

/**
 * The error of each planned convolution, alone: its input and its kernel rounded as they will be, beside the
 * convolution as it is, in the same run.
 *
 * The correction of biases: Nagel et al. 2019, "Data-free quantization through weight equalization and bias
 * correction", section 4.2, with measured means.
 *
 * @returns by the convolution's name
 */
export async function measureLayerErrors(
  graph: Graph,
  plan: readonly QuantizedNode[],
  ranges: ReadonlyMap<string, Range>,
  inputs: readonly Feeds[],
  open: OpenSession,
): Promise<Map<string, LayerError>> {
  const convolutions = plan.filter(({ node }) => node.operator === 'Conv').map(({ node }) => node);
  const rounded = new Set<string>();
  const probes = convolutions.map((node) => {
    const [input] = node.inputs;
    const isNew = !rounded.has(input);
    rounded.add(input);
    return errorProbe(node, graph.initializers.get(node.inputs[1])!, isNew ? ranges.get(input)! : null);
  });
  const probe: Probe = {
    nodes: probes.flatMap(({ nodes }) => nodes),
    initializers: probes.flatMap(({ initializers = [] }) => initializers),
    outputs: probes.flatMap(({ outputs }) => outputs),
  };
  const sums = new Map(
    convolutions.map(({ name }, i) => [name, probes[i].outputs.map((): Float64Array | null => null)]),
  );
  await observe(graph, probe, inputs, open, (outputs) => {
    convolutions.forEach(({ name, inputs: [, kernel] }, i) => {
      const [filters] = graph.initializers.get(kernel)!.shape;
      const sum = sums.get(name)!;
      probes[i].outputs.forEach((output, k) => {
        const values = (sum[k] ??= new Float64Array(filters));
        // A row a plane: clips may be batches of frames inside.
        const means = outputs[output];
        const count = (inputs.length * means.length) / filters;
        for (const [at, value] of means.entries()) values[at % filters] += value / count;
      });
    });
  });
  return new Map(
    [...sums].map(([name, [error, errorPower, mean, power]]) => [
      name,
      {
        correction: Float32Array.from(error!),
        noise: variation(errorPower!, error!) / (variation(power!, mean!) || 1),
      },
    ]),
  );
}

/** The sum over filters of mean squares without the squares of the means. */
function variation(squares: Float64Array, means: Float64Array): number {
  return squares.reduce((sum, square, c) => sum + Math.max(0, square - means[c] ** 2), 0);
}

/**
 * Per filter: the mean of the error, the mean of its square, and both of the result.
 *
 * @param range of the input; null where an earlier probe rounds it
 */
function errorProbe(node: GraphNode, kernel: Initializer, range: Range | null): Probe {
  const { name, inputs, outputs, attributes } = node;
  const [input] = inputs;
  const at = (part: string) => `${name}/probe/${part}`;
  const roundedInput = `${input}/probe/rounded`;
  const make = (part: string, operator: string, taken: string[]): GraphNode => ({
    ...{ name: at(part), operator, inputs: taken, outputs: [at(part)], attributes: {} },
  });
  // The same in every opset, as ReduceMean is not.
  const mean = (part: string, value: string) => make(part, 'GlobalAveragePool', [value]);
  const roundedKernel: Initializer = {
    ...kernel,
    name: at('kernel'),
    data() {
      const weights = kernel.data() as Float32Array;
      const scales = kernelScales(weights, kernel.shape);
      return dequantizeChannels(quantizeChannels(weights, kernel.shape, 0, scales), kernel.shape, 0, scales);
    },
  };
  const rounding = range ? rounder(input, roundedInput, range) : { nodes: [], initializers: [] };
  return {
    nodes: [
      ...rounding.nodes,
      {
        ...make('conv', 'Conv', [roundedInput, roundedKernel.name, ...inputs.slice(2)]),
        attributes,
      },
      make('error', 'Sub', [outputs[0], at('conv')]),
      make('error-square', 'Mul', [at('error'), at('error')]),
      make('square', 'Mul', [outputs[0], outputs[0]]),
      mean('mean-error', at('error')),
      mean('mean-error-square', at('error-square')),
      mean('mean', outputs[0]),
      mean('mean-square', at('square')),
    ],
    initializers: [...rounding.initializers, roundedKernel],
    outputs: ['mean-error', 'mean-error-square', 'mean', 'mean-square'].map(at),
  };
}

/** Rounds a value to what uint8 can hold of it. */
function rounder(value: string, rounded: string, range: Range) {
  const { scale, zeroPoint } = affineScale(range);
  const scalar = (name: string, data: Float32Array | Uint8Array): Initializer => ({
    ...{ name: `${rounded}/${name}`, dtype: data instanceof Float32Array ? 'float32' : 'uint8' },
    ...{ shape: [], learnt: false, data: () => data },
  });
  const initializers = [scalar('scale', Float32Array.of(scale)), scalar('zero', Uint8Array.of(zeroPoint))];
  const parameters = initializers.map(({ name }) => name);
  const stored = `${rounded}/stored`;
  const nodes: GraphNode[] = [
    {
      ...{ name: stored, operator: 'QuantizeLinear', inputs: [value, ...parameters] },
      ...{ outputs: [stored], attributes: {} },
    },
    {
      ...{ name: rounded, operator: 'DequantizeLinear', inputs: [stored, ...parameters] },
      ...{ outputs: [rounded], attributes: {} },
    },
  ];
  return { nodes, initializers };
}

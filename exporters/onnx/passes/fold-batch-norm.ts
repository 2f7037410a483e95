import type { Float } from '../../../src/onnx/converter.ts';
import {
  dropUnusedInitializers,
  type Graph,
  type GraphNode,
  type Initializer,
  producers,
  renameValues,
  replaceNodes,
  useCounts,
} from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/**
 * Folds batch normalisation into the convolution before it: kernel · γ/σ, bias β + (b − μ) · γ/σ. Of float32 weights
 * alone, as others are not stored as numbers to reckon with, and not where it takes the averages of the batch.
 */
export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',

  apply(graph: Graph): Graph {
    const made = producers(graph);
    const uses = useCounts(graph);
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    const initializers = new Map(graph.initializers);
    const renamed = new Map<string, string>();
    const replacements = new Map<GraphNode, GraphNode | null>();
    for (const norm of graph.nodes) {
      const conv = made.get(norm.inputs[0]);
      if (norm.operator !== 'BatchNormalization' || conv?.operator !== 'Conv') continue;
      if (norm.attributes.training_mode) continue;
      const kernel = graph.initializers.get(conv.inputs[1]);
      const bias = graph.initializers.get(conv.inputs[2] ?? '');
      const statistics = norm.inputs.slice(1).map((name) => graph.initializers.get(name));
      const isAlone = uses.get(conv.outputs[0]) === 1;
      const isKnown = [kernel, ...(conv.inputs[2] ? [bias] : []), ...statistics].every(
        (weight) => weight?.dtype === 'float32',
      );
      if (!isAlone || !isKnown || !kernel) continue;

      const epsilon = (norm.attributes.epsilon as Float | undefined)?.float ?? 1e-5;
      const folded = fold(kernel, bias, statistics as Initializer[], epsilon);
      // A kernel shared with another convolution stays as it is, and this one gets its own.
      const path = conv.name.slice(0, conv.name.lastIndexOf('/'));
      const kernelName = uses.get(kernel.name) === 1 ? kernel.name : freeName(`${path}.kernel`, initializers);
      initializers.set(kernelName, { ...folded.kernel, name: kernelName });
      const biasName = bias && uses.get(bias.name) === 1 ? bias.name : freeName(`${path}.bias`, initializers);
      initializers.set(biasName, { ...folded.bias, name: biasName });
      replacements.set(norm, null);
      const inputs = [conv.inputs[0], kernelName, biasName];
      if (outputs.has(norm.outputs[0])) {
        replacements.set(conv, { ...conv, inputs, outputs: norm.outputs });
      } else {
        replacements.set(conv, { ...conv, inputs });
        renamed.set(norm.outputs[0], conv.outputs[0]);
      }
    }
    if (replacements.size === 0) return graph;
    const folded = renameValues(replaceNodes(graph, replacements), (name) => renamed.get(name) ?? name);
    return dropUnusedInitializers({ ...folded, initializers });
  },
};

function fold(
  kernel: Initializer,
  bias: Initializer | undefined,
  statistics: readonly Initializer[],
  epsilon: number,
): { kernel: Omit<Initializer, 'name'>; bias: Omit<Initializer, 'name'> } {
  const [filters] = kernel.shape;
  const scales = () => {
    const [gamma, , , variance] = statistics.map(({ data }) => data() as Float32Array);
    return Float64Array.from(gamma, (scale, filter) => scale / Math.sqrt(variance[filter] + epsilon));
  };
  return {
    kernel: {
      ...kernel,
      fresh: true,
      data(scratch) {
        const weights = kernel.data(scratch) as Float32Array;
        return scaleFilters(kernel.fresh ? weights : weights.slice(), scales());
      },
    },
    bias: {
      dtype: 'float32',
      shape: [filters],
      learnt: true,
      data() {
        const [, beta, mean] = statistics.map(({ data }) => data() as Float32Array);
        const offset = bias?.data() as Float32Array | undefined;
        return Float32Array.from(
          scales(),
          (scale, filter) => beta[filter] + ((offset?.[filter] ?? 0) - mean[filter]) * scale,
        );
      },
    },
  };
}

/** Multiplies each filter of a kernel by its scale, in place. One plain loop: it runs over all weights of a model. */
function scaleFilters(kernel: Float32Array, scales: Float64Array): Float32Array {
  const size = Math.trunc(kernel.length / scales.length);
  for (let filter = 0, i = 0; filter < scales.length; filter++) {
    const scale = scales[filter];
    for (const end = i + size; i < end; i++) kernel[i] *= scale;
  }
  return kernel;
}

function freeName(base: string, taken: ReadonlyMap<string, unknown>): string {
  let name = base;
  for (let copy = 1; taken.has(name); copy++) name = `${base}_${copy}`;
  return name;
}

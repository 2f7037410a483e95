import { float16Max, toFloat16 } from '../../../src/core/float16.ts';
import { storageOf } from '../../../src/onnx/element-type.ts';
import type { Graph, Initializer } from '../../../src/onnx/graph.ts';
import type { Pass } from '../passes/pass.ts';
import { type StoredWeight, storeWeights } from './stored-weights.ts';

/**
 * Stores weights as float16 behind a Cast: half of the bytes. The runtime casts them once, at load, so that the graph
 * runs in float32 and as fast as before. Weights with values above 65504 stay as they are.
 */
export const float16Weights: Pass = {
  name: 'float16-weights',
  apply: (graph: Graph) => storeWeights(graph, asFloat16),
};

function asFloat16(weight: Initializer): StoredWeight | null {
  const values = weight.data() as Float32Array;
  if (values.some((value) => Math.abs(value) > float16Max)) return null;
  const name = `${weight.name}.float16`;
  return {
    initializers: [
      { ...weight, name, dtype: 'float16', data: () => toFloat16(weight.data() as Float32Array) },
    ],
    nodes: [
      {
        name: `${weight.name}/Cast`,
        operator: 'Cast',
        inputs: [name],
        outputs: [weight.name],
        attributes: { to: storageOf('float32').code },
      },
    ],
  };
}

import { storageOf } from '../../../src/onnx/element-type.ts';
import type { Graph, Initializer } from '../../../src/onnx/graph.ts';
import type { Pass } from '../passes/pass.ts';
import { channelAxes } from './channel-axis.ts';
import { channelScales, quantizeChannels } from './quantized-channels.ts';
import { type StoredWeight, storeWeights } from './stored-weights.ts';

/**
 * Stores weights as int8 with a scale for each output channel, behind Cast and Mul: a quarter of the bytes. The
 * runtime multiplies them once, at load, so that the graph runs in float32 and as fast as before. (Behind
 * DequantizeLinear, which onnxruntime does not fold, it would run slower than with float32 weights.)
 */
export const int8Weights: Pass = {
  name: 'int8-weights',

  apply(graph: Graph): Graph {
    const axes = channelAxes(graph);
    return storeWeights(graph, (weight) => {
      const axis = axes.get(weight.name);
      return axis === undefined ? null : asInt8(weight, axis);
    });
  },
};

function asInt8(weight: Initializer, axis: number): StoredWeight {
  const { name, shape } = weight;
  const scales = () => channelScales(weight.data() as Float32Array, shape, axis, 127);
  const stored: Initializer = {
    ...weight,
    name: `${name}.int8`,
    dtype: 'int8',
    data: () => quantizeChannels(weight.data() as Float32Array, shape, axis, scales()),
  };
  const scale: Initializer = {
    name: `${name}.scale`,
    dtype: 'float32',
    shape: shape.map((extent, i) => (i === axis ? extent : 1)),
    learnt: false,
    data: scales,
  };
  const cast = `${name}/Cast`;
  return {
    initializers: [stored, scale],
    nodes: [
      {
        name: cast,
        operator: 'Cast',
        inputs: [stored.name],
        outputs: [cast],
        attributes: { to: storageOf('float32').code },
      },
      {
        name: `${name}/Mul`,
        operator: 'Mul',
        inputs: [cast, scale.name],
        outputs: [name],
        attributes: {},
      },
    ],
  };
}

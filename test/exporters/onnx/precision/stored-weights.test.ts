import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import type { OnnxModel } from '../../../../exporters/onnx/onnx-model.ts';
import type { Precision } from '../../../../src/bundle/manifest.ts';
import type { Initializer } from '../../../../src/onnx/graph.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';
import { webRuntime } from '../../../../src/runtime/web.ts';
import { difference, predict, randomTensor, run, seedWeights, tf } from '../parity.ts';

const L = tf.layers;
const shape = [2, 16, 16, 3];

/** One of every kind of weight: kernels of convolutions, depthwise and transposed too, matrices, recurrent ones. */
function model() {
  const x = tf.input({ shape: shape.slice(1), name: 'x' });
  let y = L.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', name: 'conv' }).apply(x);
  y = L.depthwiseConv2d({ kernelSize: 3, name: 'depthwise' }).apply(y);
  y = L.conv2d({ filters: 48, kernelSize: 3, strides: 2, name: 'strided' }).apply(y);
  y = L.reshape({ targetShape: [5, 5 * 48], name: 'rows' }).apply(y);
  y = L.dense({ units: 10, activation: 'sigmoid', name: 'head' }).apply(L.flatten({ name: 'flat' }).apply(y));
  const made = tf.model({ inputs: x, outputs: y as never, name: 'weights' });
  seedWeights(made, 'precision');
  return made;
}

const made = model();
const input = randomTensor(shape, 'precision');
const exported = (precision: Exclude<Precision, 'int8'>) => exportOnnx(made, { precision });
const weightsOf = ({ graph }: OnnxModel, dtype: Initializer['dtype']) =>
  [...graph.initializers.values()].filter((weight) => weight.dtype === dtype && weight.learnt);

describe.each([
  ['fp16', 'float16', 0.5, 2e-3],
  ['int8-weights', 'int8', 0.25, 2e-2],
] as const)('%s', (precision, dtype, share, tolerance) => {
  const onnx = exported(precision);

  it('stores every matrix and kernel, in that share of the bytes', () => {
    expect(weightsOf(onnx, dtype)).toHaveLength(4);
    expect(onnx.byteLength / exported('fp32').byteLength).toBeLessThan(share * 1.15);
  });

  it.each([nodeRuntime, webRuntime()])('computes what tfjs does, rounded, in $name', async (runtime) => {
    const [expected] = predict(made, [input]);
    const [actual] = await run(runtime, onnx.bytes(), [input]);
    const far = difference(actual, expected);
    expect(far).toBeLessThan(tolerance);
    expect(far).toBeGreaterThan(1e-6);
  });
});

describe('fp16', () => {
  it('leaves weights that float16 cannot hold', () => {
    const x = tf.input({ shape: [2], name: 'x' });
    const dense = L.dense({ units: 2, useBias: false, name: 'dense' });
    const large = tf.model({ inputs: x, outputs: dense.apply(x) as never });
    dense.setWeights([tf.tensor2d([1e5, 0, 0, 1], [2, 2])]);
    expect(weightsOf(exportOnnx(large, { precision: 'fp16' }), 'float16')).toEqual([]);
  });
});

describe('int8-weights', () => {
  it('scales each output channel by its largest weight', () => {
    const stored = weightsOf(exported('int8-weights'), 'int8').find(({ name }) => name.startsWith('conv.'))!;
    const rows = stored.shape.slice(1).reduce((a, b) => a * b);
    const values = stored.data() as Int8Array;
    for (let filter = 0; filter < stored.shape[0]; filter++) {
      const row = values.subarray(filter * rows, (filter + 1) * rows);
      expect(Math.max(...row.map(Math.abs))).toBe(127);
    }
  });
});

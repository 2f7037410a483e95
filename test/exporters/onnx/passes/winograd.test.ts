import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import { cancelTransposes } from '../../../../exporters/onnx/passes/cancel-transposes.ts';
import { passes } from '../../../../exporters/onnx/passes/index.ts';
import { winograd } from '../../../../exporters/onnx/passes/winograd.ts';
import type { Graph } from '../../../../src/onnx/graph.ts';
import { webRuntime } from '../../../../src/runtime/web.ts';
import { difference, randomTensor, run, seedWeights, tf } from '../parity.ts';
import { residualModel } from '../residual-model.ts';

const always = winograd(() => true);
const L = tf.layers;
const count = ({ nodes }: Graph, operator: string) =>
  nodes.filter((node) => node.operator === operator).length;

describe('winograd', () => {
  it('leaves no transposes between two of them, rectifiers and sums included', () => {
    const transposes = (extra: typeof passes) => {
      const { graph } = exportOnnx(residualModel(0).model, { passes: [...passes, ...extra] });
      return graph.nodes.filter(({ name, operator }) => operator === 'Transpose' && !/kernel/.test(name))
        .length;
    };
    // Before, one in and one out; now one in, and one out to each of the ends.
    expect([transposes([]), transposes([always]), transposes([always, cancelTransposes])]).toEqual([3, 7, 4]);
  });

  it.each([
    ['strides', L.conv2d({ filters: 64, kernelSize: 3, padding: 'same', strides: 2 })],
    ['dilations', L.conv2d({ filters: 64, kernelSize: 3, padding: 'same', dilationRate: 2 })],
    ['no padding', L.conv2d({ filters: 64, kernelSize: 3 })],
    ['other kernels', L.conv2d({ filters: 64, kernelSize: 5, padding: 'same' })],
    ['groups', L.depthwiseConv2d({ kernelSize: 3, padding: 'same' })],
    ['few filters', L.conv2d({ filters: 63, kernelSize: 3, padding: 'same' })],
  ])('leaves convolutions with %s as they are', (_, layer) => {
    const model = tf.sequential({ layers: [L.inputLayer({ inputShape: [9, 8, 64] }), layer] });
    const { graph } = exportOnnx(model, { passes });
    expect(winograd().apply(graph).nodes).toEqual(graph.nodes);
  });

  it('leaves images that are too large to hold patches of', () => {
    const conv = L.conv2d({ filters: 64, kernelSize: 3, padding: 'same' });
    const counts = [320, 512].map((side) => {
      const model = tf.sequential({ layers: [L.inputLayer({ inputShape: [side, side, 64] }), conv] });
      return count(winograd().apply(exportOnnx(model, { passes }).graph), 'Conv');
    });
    expect(counts).toEqual([0, 1]);
  });

  it('leaves images of a size that is not known', () => {
    const conv = L.conv2d({ filters: 64, kernelSize: 3, padding: 'same' });
    const model = tf.sequential({ layers: [L.inputLayer({ inputShape: [null, 8, 64] }), conv] });
    const { graph } = exportOnnx(model, { passes });
    expect(winograd().apply(graph).nodes).toEqual(graph.nodes);
  });
});

describe('target wasm', () => {
  const conv = () => L.conv2d({ filters: 64, kernelSize: 3, padding: 'same' });
  const model = tf.sequential({ layers: [L.inputLayer({ inputShape: [8, 8, 64] }), conv(), conv()] });
  seedWeights(model, 'wasm');
  const input = randomTensor([2, 8, 8, 64], 'wasm');

  it.each([
    ['fp32', 1],
    ['fp16', 1 / 2],
    ['int8-weights', 1 / 4],
  ] as const)(
    'stores the kernels themselves, in %s too, and gives what they give',
    async (precision, share) => {
      const [wasm, portable] = (['wasm', 'portable'] as const).map((target) =>
        exportOnnx(model, { target, precision }),
      );
      expect([wasm, portable].map(({ graph }) => count(graph, 'Conv'))).toEqual([0, 2]);
      expect(wasm.byteLength / (2 * 64 * 64 * 9 * 4)).toBeLessThan(share + 0.06);
      const [actual] = await run(webRuntime(), wasm.bytes(), [input]);
      const [expected] = await run(webRuntime(), portable.bytes(), [input]);
      expect(difference(actual, expected)).toBeLessThan(2e-5);
    },
  );
});

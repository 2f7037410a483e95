import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import { cancelTransposes } from '../../../../exporters/onnx/passes/cancel-transposes.ts';
import { passes } from '../../../../exporters/onnx/passes/index.ts';
import { winograd } from '../../../../exporters/onnx/passes/winograd.ts';
import { Rng } from '../../../../src/core/rng.ts';
import type { Graph } from '../../../../src/onnx/graph.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';
import { webRuntime } from '../../../../src/runtime/web.ts';
import { goldenGraphs } from '../../golden.ts';
import { difference, predict, randomTensor, run, seedWeights, tf } from '../parity.ts';

const golden = goldenGraphs('winograd-graphs.json');
const always = winograd(() => true);
const L = tf.layers;
type Symbolic = ReturnType<typeof tf.input>;
const count = ({ nodes }: Graph, operator: string) =>
  nodes.filter((node) => node.operator === operator).length;

/** Two convolutions, a residual sum around the second, and one that is none of these; sizes even, odd and one. */
function random(seed: number) {
  const rng = new Rng(`winograd/${seed}`);
  const [batch, height, width, channels, filters] = [3, 13, 13, 5, 7].map((limit) => 1 + rng.integer(limit));
  const convolve = (options: object, x: Symbolic) =>
    L.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: rng.integer(2) === 0, ...options }).apply(x);
  const x = tf.input({ shape: [height, width, channels], name: 'frames' });
  const first = convolve({ activation: 'relu', name: 'first' }, x) as Symbolic;
  const second = convolve({ name: 'second' }, first) as Symbolic;
  const sum = L.add({ name: 'sum' }).apply([first, second]) as Symbolic;
  const rectified = L.reLU({ name: 'rectified' }).apply(sum) as Symbolic;
  const end = convolve({ strides: 2, name: 'end' }, rectified) as Symbolic;
  const model = tf.model({ inputs: x, outputs: [end, sum], name: 'residual' });
  seedWeights(model, `winograd/${seed}`);
  return { model, input: randomTensor([batch, height, width, channels], `winograd/${seed}`) };
}

describe('winograd', () => {
  it.each(Array.from({ length: 16 }, (_, seed) => seed))('gives what tfjs gives: seed %i', async (seed) => {
    const { model, input } = random(seed);
    const expected = predict(model, [input]);
    const onnx = exportOnnx(model, { passes: [...passes, always, cancelTransposes] });
    expect(count(onnx.graph, 'Conv')).toBe(1);
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const actual = await run(runtime, onnx.bytes(), [input]);
      actual.forEach((output, i) => {
        expect(difference(output, expected[i]), runtime.name).toBeLessThan(2e-5);
      });
    }
    await golden(String(seed), onnx.bytes(), [input], expected);
    model.dispose();
  });

  it('leaves no transposes between two of them, rectifiers and sums included', () => {
    const transposes = (extra: typeof passes) => {
      const { graph } = exportOnnx(random(0).model, { passes: [...passes, ...extra] });
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

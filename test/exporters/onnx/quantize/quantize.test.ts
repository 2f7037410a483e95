import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import { calibrate, calibrations } from '../../../../exporters/onnx/quantize/calibrate.ts';
import { kernelScales } from '../../../../exporters/onnx/quantize/kernel-scales.ts';
import { measureLayerErrors } from '../../../../exporters/onnx/quantize/layer-error.ts';
import { planQuantization } from '../../../../exporters/onnx/quantize/plan.ts';
import { quantize } from '../../../../exporters/onnx/quantize/quantize.ts';
import { quantizeGraph } from '../../../../exporters/onnx/quantize/quantize-graph.ts';
import { Rng } from '../../../../src/core/rng.ts';
import type { Tensor } from '../../../../src/core/tensor.ts';
import type { Graph } from '../../../../src/onnx/graph.ts';
import { serializeModel } from '../../../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';
import { webRuntime } from '../../../../src/runtime/web.ts';
import { leftBehind } from '../../../left-behind.ts';
import { randomTensor, run, seedWeights, tf } from '../parity.ts';

const L = tf.layers;
type Symbolic = ReturnType<typeof tf.input>;
const runtime = nodeRuntime;

/** A stem, a residual block, pooling and a head: what backbones are made of. */
function network() {
  const x = tf.input({ shape: [16, 16, 3], name: 'x' });
  const conv = (value: Symbolic, name: string, options = {}) => {
    const made = L.conv2d({ name, filters: 16, kernelSize: 3, padding: 'same', useBias: false, ...options });
    return L.batchNormalization({ name: `${name}.norm` }).apply(made.apply(value)) as Symbolic;
  };
  const relu = (value: Symbolic, name: string) => L.reLU({ name }).apply(value) as Symbolic;
  const stem = relu(conv(x, 'stem'), 'stem.relu');
  const pooled = L.maxPooling2d({ poolSize: 2, name: 'pool' }).apply(stem) as Symbolic;
  const y = conv(relu(conv(pooled, 'a'), 'a.relu'), 'b');
  const sum = relu(
    L.add({ name: 'sum' }).apply([y, conv(pooled, 'c', { kernelSize: 1 })]) as Symbolic,
    'out',
  );
  const features = L.globalAveragePooling2d({ name: 'features' }).apply(sum);
  const outputs = L.dense({ units: 6, activation: 'sigmoid', name: 'head' }).apply(features) as Symbolic;
  const model = tf.model({ inputs: x, outputs, name: 'network' });
  seedWeights(model, 'quantize');
  return model;
}

const { model, graph } = exportOnnx(network());
const bytesOf = (changed: Graph) => serializeModel({ ...model, graph: changed }).whole();
const open = (opened: Graph) => runtime.open(bytesOf(opened), { provider: 'cpu' });
const samples = Array.from({ length: 12 }, (_, i) => ({ x: randomTensor([1, 16, 16, 3], `sample ${i}`) }));
const test = randomTensor([8, 16, 16, 3], 'test');
const convolutions = graph.nodes.filter(({ operator }) => operator === 'Conv').map(({ name }) => name);

function relativeError(actual: Tensor, expected: Tensor): number {
  const power = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value ** 2, 0);
  const errors = [...expected.data].map((value, i) => actual.data[i] - value);
  return Math.sqrt(power(errors) / power(expected.data));
}

let expected: Tensor;
beforeAll(async () => {
  [expected] = await run(runtime, bytesOf(graph), [test]);
});

const outputOf = async (made: Graph, where: Parameters<typeof run>[0] = runtime) =>
  (await run(where, bytesOf(made), [test]))[0];

describe('quantize', () => {
  it.each(calibrations)(
    'keeps the outputs with ranges by %s, in both runtimes alike',
    async (calibration) => {
      const made = await quantize(model, { runtime, inputs: samples, calibration, tolerance: 1 });
      expect(made.layers).toBe(4);
      const [node, web] = [await outputOf(made.model.graph), await outputOf(made.model.graph, webRuntime())];
      expect(relativeError(node, expected)).toBeLessThan(calibration === 'min-max' ? 0.02 : 0.05);
      expect(relativeError(node, expected)).toBeGreaterThan(1e-5);
      expect(relativeError(web, node)).toBeLessThan(2e-3);
    },
  );

  it('puts every convolution, sum, pooling and average between 8-bit values', async () => {
    const made = await quantize(model, { runtime, inputs: samples, tolerance: 1 });
    const producer = new Map(
      made.model.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])),
    );
    for (const { operator, inputs, outputs } of made.model.graph.nodes) {
      if (!['Conv', 'MaxPool', 'GlobalAveragePool'].includes(operator)) continue;
      for (const name of inputs) expect(producer.get(name)?.operator).toBe('DequantizeLinear');
      const users = made.model.graph.nodes.filter((node) => node.inputs.includes(outputs[0]));
      expect(users).toHaveLength(1);
      const [next] = users[0].operator === 'Relu' ? users[0].outputs : [outputs[0]];
      expect(made.model.graph.nodes.find((node) => node.inputs[0] === next)?.operator).toBe('QuantizeLinear');
    }
    const stored = [...made.model.graph.initializers.values()].filter(({ dtype }) => dtype === 'int8');
    expect(stored.filter(({ shape }) => shape.length === 4)).toHaveLength(4);
    expect(bytesOf(made.model.graph).length).toBeLessThan(bytesOf(graph).length);
  });

  it('gives the worst layers back to float, at most a quarter, while the error is above the tolerance', async () => {
    const exact = await quantize(model, { runtime, inputs: samples, tolerance: 0 });
    const lax = await quantize(model, { runtime, inputs: samples, tolerance: 1 });
    expect(lax.inFloat).toEqual([]);
    expect(exact.inFloat.length).toBeLessThanOrEqual(1);
    expect(exact.error).toBeLessThanOrEqual(lax.error);
    expect(exact.layers + exact.inFloat.length).toBe(4);
    expect(relativeError(await outputOf(exact.model.graph), expected)).toBeLessThan(0.02);
  });
});

describe('measureLayerErrors', () => {
  it('finds corrections that bring the outputs nearer', async () => {
    const plan = planQuantization(graph, new Set());
    const values = [...new Set(plan.flatMap(({ inputs, output }) => [...inputs, output]))];
    const ranges = await calibrate(graph, values, samples, { open, method: 'min-max' });
    const errors = await measureLayerErrors(graph, plan, ranges, samples, open);
    expect([...errors.keys()].sort()).toEqual([...convolutions].sort());
    for (const { noise } of errors.values()) {
      expect(noise).toBeGreaterThan(1e-7);
      expect(noise).toBeLessThan(1e-2);
    }
    const corrections = new Map([...errors].map(([name, { correction }]) => [name, correction]));
    const wrong = new Map([...corrections].map(([name, values]) => [name, values.map((value) => -value)]));
    const [right, none, worse] = await Promise.all(
      [corrections, new Map(), wrong].map(async (given) =>
        relativeError(await outputOf(quantizeGraph(graph, plan, ranges, given)), expected),
      ),
    );
    expect(right).toBeLessThan(none);
    expect(none).toBeLessThan(worse);
  });
});

describe('kernelScales', () => {
  it('leaves no two neighbours whose products with uint8 values overflow 16 bits', () => {
    const rng = new Rng('kernels');
    const shape = [5, 7, 3, 2];
    const size = 7 * 3 * 2;
    const weights = Float32Array.from({ length: 5 * size }, () => rng.normal());
    weights.fill(0, 4 * size);
    const scales = kernelScales(weights, shape);
    expect(scales[4]).toBe(1);
    for (let filter = 0; filter < 4; filter++) {
      const row = [...weights.subarray(filter * size, (filter + 1) * size)].map((weight) =>
        Math.round(weight / scales[filter]),
      );
      const channelsLast = row.map((_, i) => row[(i % 7) * 6 + Math.floor(i / 7)]);
      const largest = [row, channelsLast].map((order) =>
        Math.max(...order.slice(1).map((weight, i) => Math.abs(weight + order[i]) * 255)),
      );
      expect(Math.max(...largest)).toBeLessThanOrEqual(2 ** 15);
      expect(Math.max(...row.map(Math.abs))).toBeGreaterThan(64);
    }
  });
});

it('quantisation leaves no session behind, whichever stage fails', async () => {
  const inputs = samples.slice(0, 2);
  const failAt = (failing: string) => (stage: string) => {
    if (stage.startsWith(failing)) throw new Error('enough');
  };
  const left = await leftBehind(async () => {
    await quantize(model, { runtime, inputs });
    for (const stage of ['ranges', 'errors', 'error with']) {
      await expect(quantize(model, { runtime, inputs, onStage: failAt(stage) })).rejects.toThrow('enough');
    }
    const other = [inputs[0], { image: inputs[1].x }];
    await expect(quantize(model, { runtime, inputs: other as never })).rejects.toThrow('x');
    const thrown = calibrate(graph, ['nowhere'], inputs, { open, method: 'min-max' });
    await expect(thrown).rejects.toThrow('nowhere');
  });
  expect(left).toEqual({});
});

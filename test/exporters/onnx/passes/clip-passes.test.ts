import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import { cancelTransposes } from '../../../../exporters/onnx/passes/cancel-transposes.ts';
import { channelsLastClips } from '../../../../exporters/onnx/passes/channels-last-clips.ts';
import { passes } from '../../../../exporters/onnx/passes/index.ts';
import { padChannels } from '../../../../exporters/onnx/passes/pad-channels.ts';
import type { Pass } from '../../../../exporters/onnx/passes/pass.ts';
import { BatchNorm } from '../../../../models/layers/batch-norm.ts';
import { FactorizedConv3D } from '../../../../models/layers/factorized-conv3d.ts';
import { GlobalAveragePooling3D } from '../../../../models/layers/global-average-pooling3d.ts';
import type { Graph, GraphNode } from '../../../../src/onnx/graph.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';
import { webRuntime } from '../../../../src/runtime/web.ts';
import { difference, predict, randomTensor, run, seedWeights, tf } from '../parity.ts';

const shape = [2, 5, 10, 9, 3];
const operators = ({ nodes }: Graph) => nodes.map(({ operator }) => operator);
const count = (graph: Graph, name: string) => operators(graph).filter((operator) => operator === name).length;

type Triple = [number, number, number];
type Symbolic = ReturnType<typeof tf.input>;
const convolve = (x: Symbolic, filters: number, kernelSize: Triple, strides: Triple = [1, 1, 1]) => {
  const padding = kernelSize.map((extent) => (extent - 1) / 2) as Triple;
  const y = new FactorizedConv3D({ filters, kernelSize, strides, padding }).apply(x);
  return new BatchNorm({}).apply(y) as Symbolic;
};
const relu = (x: Symbolic) => tf.layers.reLU().apply(x) as Symbolic;

/** A stem with 5 middle channels and a residual block with strides in time and space, as in R(2+1)D. */
function clips() {
  const x = tf.input({ shape: shape.slice(1), name: 'clip' });
  const stem = relu(convolve(relu(convolve(x, 5, [1, 3, 3], [1, 2, 2])), 8, [3, 1, 1]));
  let y = relu(convolve(stem, 18, [1, 3, 3], [1, 2, 2]));
  y = convolve(y, 16, [3, 1, 1], [2, 1, 1]);
  const shortcut = convolve(stem, 16, [1, 1, 1], [2, 2, 2]);
  const sum = relu(tf.layers.add().apply([y, shortcut]) as Symbolic);
  const pooled = new GlobalAveragePooling3D({}).apply(sum);
  const model = tf.model({ inputs: x, outputs: [pooled as Symbolic, sum], name: 'clips' });
  seedWeights(model, 'clips');
  return model;
}

const model = clips();
const input = randomTensor(shape, 'clips');
const expected = predict(model, [input]);
const frames = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] } as const;

async function expectEqual(extra: readonly Pass[], runtime = nodeRuntime as Parameters<typeof run>[0]) {
  const onnx = exportOnnx(model, { passes: [...passes, ...extra] });
  const actual = await run(runtime, onnx.bytes(), [input]);
  actual.forEach((output, i) => {
    expect(difference(output, expected[i])).toBeLessThan(2e-5);
  });
  return onnx.graph;
}

describe('padChannels', () => {
  it('rounds what lies between two convolutions up to 16, in kernels and biases, and nothing else', async () => {
    const before = exportOnnx(model, { passes }).graph;
    const after = await expectEqual([padChannels]);
    const kernels = (graph: Graph) =>
      [...graph.initializers.values()].flatMap(({ shape }) =>
        shape.length === 5 ? [shape.slice(0, 2)] : [],
      );
    expect(kernels(before)).toEqual([
      [5, 3],
      [8, 5],
      [16, 8],
      [18, 8],
      [16, 18],
    ]);
    expect(kernels(after)).toEqual([
      [16, 3],
      [8, 16],
      [16, 8],
      [32, 8],
      [16, 32],
    ]);
    expect(operators(after)).toEqual(operators(before));
  });

  it('fills up weights that others use as well, and leaves theirs as they are', async () => {
    const x = tf.input({ shape: [3, 6, 6, 18], name: 'clip' });
    const [wide, narrow] = [18, 18].map((filters) =>
      tf.layers.conv3d({
        filters,
        kernelSize: [1, 3, 3],
        padding: 'same',
        kernelInitializer: 'glorotNormal',
      }),
    );
    const pair = (y: Symbolic) => narrow.apply(relu(wide.apply(y) as Symbolic)) as Symbolic;
    const model = tf.model({ inputs: x, outputs: [pair(pair(x)), wide.apply(x) as Symbolic] });
    const input = randomTensor([1, 3, 6, 6, 18], 'tied');
    const graph = exportOnnx(model, { passes: [...passes, padChannels] });
    const middles = graph.graph.nodes
      .filter(({ operator }) => operator === 'Conv')
      .map(({ inputs: [, kernel, bias] }) =>
        [kernel, bias].map((name) => graph.graph.initializers.get(name)?.shape[0]),
      );
    expect(middles).toEqual([
      [32, 32],
      [32, 32],
      [32, 32],
      [18, 18],
      [18, 18],
    ]);
    const actual = await run(nodeRuntime, graph.bytes(), [input]);
    predict(model, [input]).forEach((output, i) => {
      expect(difference(actual[i], output)).toBeLessThan(2e-5);
    });
  });
});

describe('channelsLastClips', () => {
  it.each([nodeRuntime, webRuntime()])('gives planes that compute the same in $name', async (runtime) => {
    const graph = await expectEqual([channelsLastClips], runtime);
    for (const { operator, inputs } of graph.nodes) {
      if (operator === 'Conv') expect(graph.initializers.get(inputs[1])?.shape).toHaveLength(4);
    }
  });

  it('keeps a rectifier next to its convolution', async () => {
    const graph = await expectEqual([channelsLastClips]);
    const followers = graph.nodes.filter((_, i) => graph.nodes[i - 1]?.operator === 'Conv');
    expect(followers.filter(({ operator }) => operator === 'Relu')).toHaveLength(3);
  });

  it('leaves kernels that span time and space, and images', () => {
    const x = tf.input({ shape: shape.slice(1), name: 'clip' });
    const full = tf.layers.conv3d({ filters: 2, kernelSize: 3 }).apply(x);
    const graph = exportOnnx(tf.model({ inputs: x, outputs: full as Symbolic }), { passes }).graph;
    expect(channelsLastClips.apply(graph).nodes).toEqual(graph.nodes);
  });
});

describe('cancelTransposes', () => {
  it('leaves two transposes a convolution, which runtimes take into it, and those of the ports', async () => {
    const before = await expectEqual([channelsLastClips]);
    const after = await expectEqual([channelsLastClips, cancelTransposes]);
    const convolutions = count(before, 'Conv');
    expect(count(before, 'Transpose')).toBe(4 * convolutions + 2);
    // The clip comes in and the sum goes out with the channels last; only the pooling wants them first.
    expect(count(after, 'Transpose')).toBe(2 * convolutions + 1);
  });

  it('moves constants of one value a channel to the axis where the channels now are', async () => {
    const node = (name: string, operator: string, inputs: string[], perm?: number[]): GraphNode => ({
      ...{ name, operator, inputs, outputs: [name] },
      attributes: perm ? { perm } : {},
    });
    const factors = { name: 'factors', dtype: 'float32', shape: [1, 3, 1, 1, 1], learnt: true } as const;
    const graph: Graph = {
      name: 'scaled',
      nodes: [
        node('first', 'Transpose', ['x'], [0, 4, 1, 2, 3]),
        node('scaled', 'Mul', ['first', 'factors']),
        node('y', 'Transpose', ['scaled'], [0, 2, 3, 4, 1]),
      ],
      initializers: new Map([['factors', { ...factors, data: () => Float32Array.of(2, 3, 4) }]]),
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: [{ name: 'y', dtype: 'float32', shape }],
    };
    const after = cancelTransposes.apply(graph);
    // An identity gives the output its name.
    expect(operators(after)).toEqual(['Mul', 'Identity']);
    const [scale] = after.nodes[0].inputs.flatMap((name) => after.initializers.get(name) ?? []);
    expect([scale.shape, scale.data()]).toEqual([[1, 1, 1, 1, 3], Float32Array.of(2, 3, 4)]);
  });

  it('leaves a transpose that would cancel with none where it is', () => {
    const x = tf.input({ shape: [8, 8, 3], name: 'frame' });
    const y = tf.layers.conv2d({ filters: 4, kernelSize: 3 }).apply(x) as Symbolic;
    const image = tf.model({ inputs: x, outputs: tf.layers.globalAveragePooling2d({}).apply(y) as Symbolic });
    const { graph } = exportOnnx(image, { frames, passes });
    expect(operators(graph)[0]).toBe('Transpose');
    expect(cancelTransposes.apply(graph).nodes).toEqual(graph.nodes);
  });
});

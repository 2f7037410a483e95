import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import { dropIdentities } from '../../../../exporters/onnx/passes/drop-identities.ts';
import { foldBatchNorm } from '../../../../exporters/onnx/passes/fold-batch-norm.ts';
import { fusePadding } from '../../../../exporters/onnx/passes/fuse-padding.ts';
import { guardPaddedMaximum } from '../../../../exporters/onnx/passes/guard-padded-maximum.ts';
import type { Pass } from '../../../../exporters/onnx/passes/pass.ts';
import type { Graph } from '../../../../src/onnx/graph.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';
import { layerCases } from '../layer-cases.ts';
import { difference, predict, randomTensor, run, seedWeights, tf } from '../parity.ts';

const L = tf.layers;
const shape = [2, 9, 8, 3];

function model(build: (x: SymbolicTensor) => SymbolicTensor | SymbolicTensor[]): LayersModel {
  const x = tf.input({ shape: shape.slice(1), name: 'x' });
  const made = tf.model({ inputs: x, outputs: build(x), name: 'case' });
  seedWeights(made, 'passes');
  return made;
}

const apply = (layer: ReturnType<typeof L.conv2d>, x: unknown) =>
  layer.apply(x as SymbolicTensor) as SymbolicTensor;
const conv = (x: unknown, name = 'conv', options = {}) =>
  apply(L.conv2d({ name, filters: 4, kernelSize: 3, ...options }), x);
const norm = (x: unknown, name = 'bn') => apply(L.batchNormalization({ name }) as never, x);
const pad = (x: unknown, name = 'pad') => apply(L.zeroPadding2d({ name, padding: 1 }) as never, x);
const relu = (x: unknown, name = 'relu') => apply(L.reLU({ name }) as never, x);
const maxPool = (x: unknown, options = {}) =>
  apply(L.maxPooling2d({ name: 'pool', poolSize: 3, strides: 2, ...options }) as never, x);

function operators(graph: Graph): string[] {
  return graph.nodes.map(({ operator }) => operator);
}

/** The graph before and after one pass, both run against tfjs. */
async function through(pass: Pass, made: LayersModel): Promise<{ before: Graph; after: Graph }> {
  const input = randomTensor(shape, 'passes');
  const expected = predict(made, [input]);
  const [before, after] = [
    exportOnnx(made, { passes: [dropIdentities] }),
    exportOnnx(made, { passes: [dropIdentities, pass] }),
  ];
  for (const { bytes } of pass === guardPaddedMaximum ? [after] : [before, after]) {
    const actual = await run(nodeRuntime, bytes(), [input]);
    actual.forEach((output, i) => {
      expect(difference(output, expected[i])).toBeLessThan(2e-5);
    });
  }
  return { before: before.graph, after: after.graph };
}

describe('dropIdentities', () => {
  it('removes identities between nodes and before outputs, whose names it keeps', () => {
    const made = model((x) => apply(L.dropout({ name: 'drop', rate: 0.5 }) as never, conv(x)));
    const raw = exportOnnx(made, { passes: [] }).graph;
    const graph = dropIdentities.apply(raw);
    expect(operators(raw).filter((name) => name === 'Identity')).toHaveLength(2);
    expect(operators(graph)).not.toContain('Identity');
    expect(graph.nodes.at(-1)?.outputs).toEqual([graph.outputs[0].name]);
  });

  it('keeps the one that makes a second output of a value, and one that makes an output of an input', () => {
    const made = model((x) => [
      x,
      conv(x, 'a'),
      apply(L.activation({ name: 'b', activation: 'linear' }) as never, x),
    ]);
    const graph = exportOnnx(made).graph;
    expect(operators(graph).filter((name) => name === 'Identity')).toHaveLength(2);
  });
});

describe('fusePadding', () => {
  it('moves the padding into a convolution, beside its own', async () => {
    const { before, after } = await through(
      fusePadding,
      model((x) => conv(pad(x), 'conv', { padding: 'same', strides: 1 })),
    );
    expect(operators(before)).toContain('Pad');
    expect(operators(after)).not.toContain('Pad');
    expect(after.nodes.find(({ operator }) => operator === 'Conv')?.attributes.pads).toEqual([2, 2, 2, 2]);
    expect([...after.initializers.keys()].filter((name) => name.startsWith('constant'))).toEqual([]);
  });

  it('moves it into a maximum only where nothing negative can be', async () => {
    const fused = exportOnnx(
      model((x) => maxPool(pad(relu(conv(x))))),
      { passes: [dropIdentities, fusePadding] },
    );
    expect(operators(fused.graph)).not.toContain('Pad');
    const kept = exportOnnx(
      model((x) => maxPool(pad(x))),
      { passes: [dropIdentities, fusePadding] },
    );
    expect(operators(kept.graph)).toContain('Pad');
  });

  it('makes an average count the zeros', async () => {
    const pool = L.averagePooling2d({ name: 'pool', poolSize: 3, strides: 2 });
    const { after } = await through(
      fusePadding,
      model((x) => apply(pool as never, pad(x))),
    );
    expect(operators(after)).not.toContain('Pad');
    expect(after.nodes.find(({ operator }) => operator === 'AveragePool')?.attributes).toMatchObject({
      pads: [1, 1, 1, 1],
      count_include_pad: 1,
    });
  });

  it('leaves a padding that two layers use, or that is wider than the pooling window', async () => {
    const shared = model((x) => {
      const padded = pad(x);
      return [conv(padded, 'a'), conv(padded, 'b')];
    });
    expect(operators((await through(fusePadding, shared)).after)).toContain('Pad');
    const wide = model((x) =>
      maxPool(apply(L.zeroPadding2d({ name: 'pad', padding: 3 }) as never, relu(conv(x)))),
    );
    expect(operators(exportOnnx(wide, { passes: [dropIdentities, fusePadding] }).graph)).toContain('Pad');
  });
});

describe('foldBatchNorm', () => {
  it('folds into a convolution with and without bias, whose names it keeps', async () => {
    const { before, after } = await through(
      foldBatchNorm,
      model((x) => norm(conv(norm(conv(x, 'a'), 'bn0'), 'b', { useBias: false }), 'bn1')),
    );
    expect(operators(before).filter((name) => name === 'BatchNormalization')).toHaveLength(2);
    expect(operators(after)).toEqual(['Transpose', 'Conv', 'Conv', 'Transpose']);
    expect([...after.initializers.keys()].sort()).toEqual(['a.bias', 'a.kernel', 'b.bias', 'b.kernel']);
  });

  it('gives two uses of one convolution kernels of their own', async () => {
    const shared = L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 });
    const { after } = await through(
      foldBatchNorm,
      model((x) => [norm(apply(shared, x), 'bn0'), norm(apply(shared, relu(x)), 'bn1')]),
    );
    expect(operators(after)).not.toContain('BatchNormalization');
    expect([...after.initializers.keys()].filter((name) => name.includes('kernel'))).toHaveLength(2);
  });

  it('leaves a norm whose convolution is used elsewhere too, or that follows something else', async () => {
    const { after } = await through(
      foldBatchNorm,
      model((x) => {
        const y = conv(x);
        return [norm(y, 'bn0'), relu(y), norm(x, 'bn1')];
      }),
    );
    expect(operators(after).filter((name) => name === 'BatchNormalization')).toHaveLength(2);
  });
});

describe('guardPaddedMaximum', () => {
  it('keeps onnxruntime from taking zeros for −∞', async () => {
    const made = model((x) => maxPool(pad(x)));
    const { before, after } = await through(guardPaddedMaximum, made);
    expect(operators(after)).toEqual(['Transpose', 'Pad', 'Max', 'MaxPool', 'Transpose']);
    expect(operators(before)).toEqual(['Transpose', 'Pad', 'MaxPool', 'Transpose']);
  });
});

describe('without passes', () => {
  // The reference evaluator has passed the graphs with all passes; these are what they start from.
  const cases = layerCases.filter(
    ({ name }) => /BatchNorm|ZeroPad|Dropout|shared|nested/.test(name) && !/ZeroPadding2D, Max/.test(name),
  );
  it.each(cases)(
    '$name gives the same outputs',
    async ({ build, inputs: shapes, name, reference = build }) => {
      const [made, answers] = [build(), reference()];
      seedWeights(made, name);
      seedWeights(answers, name);
      const inputs = shapes.map((each, i) => randomTensor(each, `${name}/${i}`));
      const expected = predict(answers, inputs);
      const actual = await run(nodeRuntime, exportOnnx(made, { passes: [] }).bytes(), inputs);
      actual.forEach((output, i) => {
        expect(difference(output, expected[i])).toBeLessThan(2e-5);
      });
    },
  );
});

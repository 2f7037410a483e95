import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareModels } from '../../../exporters/inspect/difference.ts';
import { drawModel } from '../../../exporters/inspect/drawing.ts';
import { summarizeModel } from '../../../exporters/inspect/summary.ts';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { resnet } from '../../../models/backbones/resnet.ts';
import type { Model } from '../../../src/onnx/model.ts';
import { parseModel } from '../../../src/onnx/parse.ts';
import { tf } from '../onnx/parity.ts';

function exported(model: LayersModel): Model {
  const bytes = exportOnnx(model, { version: '1' }).bytes();
  model.dispose();
  return parseModel(bytes, 'model.onnx');
}

function classifier(depth: '18' | 'tiny', size: number, labels: number): Model {
  const x = tf.input({ shape: [size, size, 3], name: 'x' });
  const outputs = tf.layers.dense({ units: labels, name: 'fc' }).apply(resnet(x, { depth, seed: 1 }));
  return exported(tf.model({ inputs: x, outputs: outputs as SymbolicTensor, name: 'net' }));
}

describe('summarizeModel', () => {
  it("counts as many multiply-adds in ResNet-18 as PyTorch's own tool", () => {
    const summary = summarizeModel(classifier('18', 224, 1000));
    // torchvision's `ResNet18_Weights.DEFAULT.meta['_ops']`, in billions.
    expect(((summary.flops ?? 0) / 2e9).toFixed(3)).toBe('1.814');
    expect(summary.unknownShapes).toEqual([]);
  });

  it('counts nothing that is computed from constants when the graph is loaded', () => {
    const x = tf.input({ shape: [8, 6, 64], name: 'x' });
    const conv = tf.layers.conv2d({ filters: 64, kernelSize: 3, padding: 'same' }).apply(x);
    const model = tf.model({ inputs: x, outputs: conv as SymbolicTensor });
    const { graph, ...file } = exportOnnx(model, { target: 'wasm' }).model;
    expect(graph.nodes.map(({ name }) => name).filter((name) => /kernels$/.test(name))).toHaveLength(1);
    // Twelve tiles: transforms of 16 × 16 and 4 × 16, and sixteen products of 64 × 64.
    const each = 16 * 16 * 64 + 4 * 16 * 64 + 16 * 64 * 64;
    expect(summarizeModel({ ...file, graph }).flops).toBe(2 * 12 * each);
  });

  describe('of a small model', () => {
    let model: Model;
    beforeAll(() => {
      model = classifier('tiny', 64, 5);
    });

    it('adds up: blocks to the whole, parameters to those of tfjs', () => {
      const summary = summarizeModel(model);
      const sum = (of: 'parameters' | 'bytes' | 'flops' | 'nodes') =>
        summary.blocks.reduce((total, block) => total + (block[of] ?? 0) * block.repeats, 0);
      expect(sum('parameters')).toBe(summary.parameters);
      expect(sum('bytes')).toBe(summary.bytes);
      expect(sum('flops')).toBe(summary.flops);
      expect(sum('nodes')).toBe(model.graph.nodes.length);
      expect(summary).toMatchObject({
        opsets: { 'ai.onnx': 17 },
        irVersion: 8,
        producer: { name: 'actionnx' },
      });
      expect(summary.blocks.map(({ name }) => name)).toContain('layer2.0');
      expect(summary.blocks.at(-1)).toMatchObject({ name: 'fc', shape: [1, 5], flops: 2 * 128 * 5 });
      expect(summarizeModel(model, { depth: 1 }).blocks.map(({ name }) => name)).toContain('layer2');
    });

    it('is drawn as XML with a card a block and nothing unescaped', () => {
      const named = { ...model, graph: { ...model.graph, name: '<&">\u0001' } };
      const summary = summarizeModel(named);
      const svg = drawModel(summary);
      expect(svg.match(/<g transform="translate\(\d+ \d+\)"><rect width="336"/g)).toHaveLength(
        summary.blocks.length,
      );
      expect(svg).toContain('&#60;&#38;&#34;&#62;');
      expect(svg).not.toContain('\u0001');
      expect(svg.match(/<path/g)?.length).toBeGreaterThan(summary.blocks.length);
    });

    it('is drawn with the legend apart, and names cut where the shape begins', () => {
      const summary = summarizeModel(model);
      const name = 'max_pooling2d_MaxPooling2D1';
      const block = { ...summary.blocks[0], name, repeats: 2, shape: [1, 112, 112, 32] };
      const svg = drawModel({ ...summary, blocks: [block] });
      const [shown] = /max_pool[^<]*…(?=<tspan)/.exec(svg) ?? [''];
      expect(shown.length).toBeGreaterThan(12);
      // Letters of 8 pixels after the margin, then the repeats; the shape's are of 7.
      expect(16 + 8 * (shown.length + 3)).toBeLessThan(336 - 14 - 7 * '1×112×112×32'.length);
      expect(svg).toContain(`<title>${name}: `);
      const places = [...svg.matchAll(/translate\((\d+) 92\).*?>([a-z ]+)<\/text>/g)];
      expect(places).toHaveLength(5);
      places.slice(1).forEach(([, x], i) => {
        expect(Number(x) - Number(places[i][1])).toBeGreaterThan(16 + 7 * places[i][2].length);
      });
    });

    it('is like itself, and unlike what has a node, a weight or an attribute changed', () => {
      const { parameters, bytes } = summarizeModel(model);
      expect(compareModels(model, model)).toEqual({
        parameters: [parameters, parameters],
        bytes: [bytes, bytes],
        changes: [],
        operators: {},
      });
      const { graph } = model;
      const [name, kernel] = [...graph.initializers].find(([key]) => key.startsWith('fc.'))!;
      const changedData = Float32Array.from(kernel.data() as Float32Array);
      changedData[0] += 0.5;
      const changed: Model = {
        ...model,
        metadata: new Map([['note', 'x']]),
        graph: {
          ...graph,
          nodes: graph.nodes.filter(({ operator }) => operator !== 'MaxPool'),
          initializers: new Map(graph.initializers).set(name, { ...kernel, data: () => changedData }),
        },
      };
      const { changes, operators } = compareModels(model, changed);
      expect(operators).toEqual({ MaxPool: [1, 0] });
      expect(changes.map(({ kind }) => kind)).toEqual(['node', 'initializer', 'metadata']);
      expect(changes[1]).toMatchObject({ name, after: 'elements that differ by up to 0.500' });
    });
  });
});

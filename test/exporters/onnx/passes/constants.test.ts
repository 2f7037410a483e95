import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../../exporters/onnx/export.ts';
import { constantFolding } from '../../../../exporters/onnx/passes/constant-folding.ts';
import { passes } from '../../../../exporters/onnx/passes/index.ts';
import { shareInitializers } from '../../../../exporters/onnx/passes/share-initializers.ts';
import type { Graph } from '../../../../src/onnx/graph.ts';
import { modelOf } from '../../../../src/onnx/model.ts';
import { serializeModel } from '../../../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';
import { difference, predict, randomTensor, run, seedWeights, tf } from '../parity.ts';

const shape = [2, 6, 6, 3];
const input = randomTensor(shape, 'constants');

/** Two convolutions that were copied from one, after one that was not. */
function copied() {
  const x = tf.input({ shape: shape.slice(1), name: 'x' });
  const layer = (name: string, filters: number) => tf.layers.conv2d({ name, filters, kernelSize: 1 });
  const [first, one, other] = [layer('first', 4), layer('one', 4), layer('other', 4)];
  const outputs = other.apply(one.apply(first.apply(x))) as never;
  const model = tf.model({ inputs: x, outputs, name: 'copied' });
  seedWeights(model, 'copied');
  other.setWeights(one.getWeights());
  return model;
}

const bytesOf = (graph: Graph) => serializeModel(modelOf(graph, { name: 'test', version: '' })).whole();

describe('shareInitializers', () => {
  it('keeps equal tensors once, and computes the same', async () => {
    const model = copied();
    const without = exportOnnx(model, { passes: passes.filter((pass) => pass !== shareInitializers) });
    const shared = shareInitializers.apply(without.graph);
    expect([...without.graph.initializers.keys()].filter((name) => !shared.initializers.has(name))).toEqual([
      'other.kernel',
      'other.bias',
    ]);
    expect(bytesOf(shared).length).toBeLessThan(without.byteLength);
    const [actual] = await run(nodeRuntime, bytesOf(shared), [input]);
    expect(difference(actual, predict(model, [input])[0])).toBeLessThan(2e-5);
  });

  it('tells tensors apart that differ in their last value, or in their shape alone', () => {
    const tensor = (name: string, values: number[], shape = [values.length]) => {
      const data = Float32Array.from(values);
      return [name, { name, dtype: 'float32', shape, learnt: true, data: () => data }] as const;
    };
    const initializers = new Map([
      tensor('a', [1, 2, 3, 4]),
      tensor('b', [1, 2, 3, 5]),
      tensor('c', [1, 2, 3, 4], [2, 2]),
    ]);
    const graph: Graph = { name: 'g', nodes: [], initializers, inputs: [], outputs: [] };
    expect(shareInitializers.apply(graph)).toBe(graph);
  });
});

describe('constantFolding', () => {
  it('turns weights that are stored in fewer bits back into plain ones', async () => {
    const model = copied();
    for (const precision of ['fp16', 'int8-weights'] as const) {
      const stored = exportOnnx(model, { precision }).graph;
      const folded = constantFolding.apply(stored);
      expect(stored.nodes.map(({ operator }) => operator)).toContain('Cast');
      expect(folded.nodes.map(({ operator }) => operator)).toEqual([
        'Transpose',
        'Conv',
        'Conv',
        'Conv',
        'Transpose',
      ]);
      const [actual] = await run(nodeRuntime, bytesOf(folded), [input]);
      const [expected] = await run(nodeRuntime, bytesOf(stored), [input]);
      expect(difference(actual, expected)).toBeLessThan(1e-6);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { knownExtents } from '../../src/onnx/extents.ts';
import { modelOf } from '../../src/onnx/model.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { randomModel } from '../exporters/random-run.ts';

describe('knownExtents', () => {
  it.each([
    ['pcd-resnet-tiny', 'cpu'],
    ['pcd-r2plus1d-tiny', 'cpu'],
    ['pcd-r2plus1d-tiny', 'portable'],
  ] as const)('agrees with what onnxruntime computes: %s for %s', async (preset, target) => {
    const model = randomModel(preset);
    const { graph } = exportOnnx(model, { frames: imagenetNormalization, target });
    const extents = knownExtents(graph);
    const values = graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => extents.has(name)));
    expect(values.length).toBeGreaterThan(15);
    const convolutions = graph.nodes.filter(({ operator }) => operator === 'Conv');
    for (const { name, inputs, outputs } of convolutions) {
      const known = [inputs[0], outputs[0]].map((value) => extents.get(value)?.slice(1).includes(null));
      expect([name, ...known]).toEqual([name, false, false]);
    }
    const outputs = values.map((name) => ({ name, dtype: 'float32', shape: null }) as const);
    // What is made of the bytes before they are a float clip or image may be bytes, or rows of all frames together.
    const floats = outputs.filter(({ name }) => !/^frames\/(Transpose|Reshape|Cast|Mul|Add)$/.test(name));
    const bytes = serializeModel(
      modelOf({ ...graph, outputs: floats }, { name: 'test', version: '' }),
    ).whole();
    const session = await nodeRuntime.open(bytes, { provider: 'cpu' });
    const shape = [2, ...(model.inputs[0].shape.slice(1) as number[])];
    const data = new Uint8Array(shape.reduce((a, b) => a * b));
    const computed = await session.run({ frames: { dtype: 'uint8', shape, data } });
    for (const { name } of floats) {
      const { shape } = computed[name];
      expect([name, extents.get(name)?.map((extent, axis) => extent ?? shape[axis])]).toEqual([name, shape]);
    }
  });
});

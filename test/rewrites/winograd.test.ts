import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { cancelTransposes } from '../../exporters/onnx/passes/cancel-transposes.ts';
import { passes } from '../../exporters/onnx/passes/index.ts';
import { winograd } from '../../exporters/onnx/passes/winograd.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { goldenGraphs } from '../exporters/golden.ts';
import { difference, predict, run } from '../exporters/onnx/parity.ts';
import { residualModel } from '../exporters/onnx/residual-model.ts';

const golden = goldenGraphs('winograd-graphs.json');

describe('writeWinograd', () => {
  it.each(Array.from({ length: 16 }, (_, seed) => seed))('gives what tfjs gives: seed %i', async (seed) => {
    const { model, input } = residualModel(seed);
    const expected = predict(model, [input]);
    const onnx = exportOnnx(model, { passes: [...passes, winograd(() => true), cancelTransposes] });
    expect(onnx.graph.nodes.filter(({ operator }) => operator === 'Conv')).toHaveLength(1);
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const actual = await run(runtime, onnx.bytes(), [input]);
      actual.forEach((output, i) => {
        expect(difference(output, expected[i]), runtime.name).toBeLessThan(2e-5);
      });
    }
    await golden(String(seed), onnx.bytes(), [input], expected);
    model.dispose();
  });
});

import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { caseInputs } from './case.ts';
import { difference, predict, run, seedWeights } from './parity.ts';
import { familyCount, randomCase } from './random-case.ts';

/** Other configurations: ACTIONNX_SEED=1000 ACTIONNX_ROUNDS=40 npx vitest run test/exporters/onnx/random-layers.test.ts */
const first = Number(process.env.ACTIONNX_SEED ?? 0);
const rounds = Number(process.env.ACTIONNX_ROUNDS ?? 4);
const seeds = Array.from({ length: rounds * familyCount }, (_, i) => first + i);

describe('layers of random shapes, strides, paddings, dilations, data formats and options', () => {
  it.each(seeds.map((seed) => ({ seed, ...randomCase(seed) })))('$name', async (layerCase) => {
    const model = layerCase.build();
    seedWeights(model, layerCase.name);
    const inputs = caseInputs(layerCase);
    const expected = predict(model, inputs);
    const bytes = exportOnnx(model).bytes();
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const actual = await run(runtime, bytes, inputs);
      actual.forEach((output, i) => {
        expect(difference(output, expected[i]), runtime.name).toBeLessThan(2e-5);
      });
    }
    model.dispose();
  });
});

import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { stockConverters } from '../../../exporters/onnx/ops/index.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { goldenGraphs } from '../golden.ts';
import { caseInputs } from './case.ts';
import { difference, predict, run, seedWeights } from './parity.ts';
import { randomCase, randomClasses, usualRounds } from './random-case.ts';

/** Other configurations: ACTIONNX_SEED=1000 ACTIONNX_ROUNDS=40 npx vitest run test/exporters/onnx/random-layers.test.ts */
const first = Number(process.env.ACTIONNX_SEED ?? 0);
const rounds = Number(process.env.ACTIONNX_ROUNDS ?? usualRounds);
const seeds = Array.from({ length: rounds }, (_, i) => first + i);
const golden = goldenGraphs('random-graphs.json');

describe.each(randomClasses)('%s of random shapes and options, data formats among them', (className) => {
  it.each(seeds.map((seed) => ({ seed, ...randomCase(className, seed) })))('$name', async (layerCase) => {
    const { name, seed, build, reference = build } = layerCase;
    const model = build();
    seedWeights(model, name);
    const inputs = caseInputs(layerCase);
    const answers = reference();
    seedWeights(answers, name);
    const expected = predict(answers, inputs);
    const graph = exportOnnx(model).bytes();
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const actual = await run(runtime, graph, inputs);
      const types = (values: readonly Tensor[]) => values.map(({ data }) => data.constructor.name);
      expect(types(actual)).toEqual(types(expected));
      actual.forEach((output, i) => {
        expect(difference(output, expected[i]), runtime.name).toBeLessThan(2e-5);
      });
    }
    if (seed < usualRounds) await golden(`${className} ${seed}`, graph, inputs, expected);
    model.dispose();
    answers.dispose();
  });
});

it('has random cases for every converter', () => {
  expect(randomClasses).toEqual(expect.arrayContaining(stockConverters.map(({ className }) => className)));
});

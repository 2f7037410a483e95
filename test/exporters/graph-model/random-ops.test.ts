import { describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphConverters } from '../../../exporters/graph-model/ops/index.ts';
import { listOperators } from '../../../exporters/graph-model/ops/list.ts';
import { graphModelOf } from '../../../models/graph-model-file.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { leave } from '../golden.ts';
import { difference, run } from '../onnx/parity.ts';
import { executed, golden } from './parity.ts';
import { defaultRounds, randomOp, randomOperators, runnable } from './random-ops/index.ts';

/** Other graphs: ACTIONNX_SEED=1000 ACTIONNX_ROUNDS=30 npx vitest run test/exporters/graph-model/random-ops.test.ts */
const first = Number(process.env.ACTIONNX_SEED ?? 0);
const rounds = Number(process.env.ACTIONNX_ROUNDS ?? defaultRounds);
const seeds = Array.from({ length: rounds }, (_, i) => first + i);
const targets = ['cpu', 'portable'] as const;

describe.each(randomOperators)('%s on random values with random options', (operator) => {
  it.each(seeds)('%i gives what tfjs gives', async (seed) => {
    const { graph, outputs } = randomOp(operator, seed);
    const file = graph.file(outputs);
    const model = parseGraphModel(file.json, file.shards, file.path);
    const inputs = graph.inputs.map(({ tensor }) => tensor);
    const expected = await executed(await graphModelOf(runnable(file)), model, inputs);
    const bytes = exportGraphOnnx(model, { target: targets[seed % 2] }).bytes();
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const actual = await run(runtime, bytes, inputs);
      const wrong = outputs.filter((_, i) => !(difference(actual[i], expected[i]) < 2e-5));
      expect(wrong, runtime.name).toEqual([]);
    }
    const name = `random ${operator} ${seed}`;
    if (seed < defaultRounds) await golden(name, bytes, inputs, expected);
    else leave(name, bytes, inputs, expected);
  });
});

it('draws every operator that has a converter, but those of lists, which make sense only together', () => {
  const lists = listOperators.map(({ operator }) => operator);
  const drawn = graphConverters.map(({ operator }) => operator).filter((name) => !lists.includes(name));
  expect(randomOperators).toEqual(drawn.sort());
});

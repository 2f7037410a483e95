import { expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphModelOf } from '../../../models/graph-model-file.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { leave } from '../golden.ts';
import { difference, run } from '../onnx/parity.ts';
import { executed, golden } from './parity.ts';
import { defaultRounds, randomChain } from './random-chain.ts';

/** Other chains: ACTIONNX_SEED=1000 ACTIONNX_ROUNDS=200 npx vitest run test/exporters/graph-model/random-chains.test.ts */
const first = Number(process.env.ACTIONNX_SEED ?? 0);
const rounds = Number(process.env.ACTIONNX_ROUNDS ?? defaultRounds);
const seeds = Array.from({ length: rounds }, (_, i) => first + i);

it.each(seeds)('chain %i of random operators, shapes and options gives what tfjs gives', async (seed) => {
  const { graph, outputs } = randomChain(seed);
  const file = graph.file(outputs);
  const model = parseGraphModel(file.json, file.shards, file.path);
  const inputs = graph.inputs.map(({ tensor }) => tensor);
  const expected = await executed(await graphModelOf(file), model, inputs);
  const bytes = exportGraphOnnx(model).bytes();
  for (const runtime of [nodeRuntime, webRuntime()]) {
    const actual = await run(runtime, bytes, inputs);
    const wrong = outputs.filter((_, i) => !(difference(actual[i], expected[i]) < 2e-5));
    expect(wrong, `${runtime.name}: the first of ${outputs.join(', ')}`).toEqual([]);
  }
  const name = `chain ${seed}`;
  if (seed < defaultRounds) await golden(name, bytes, inputs, expected);
  else leave(name, bytes, inputs, expected);
});

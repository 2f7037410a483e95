import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { stockConverters } from '../../../exporters/onnx/ops/index.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { encodeSafetensors } from '../../../src/core/safetensors.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { caseInputs } from './case.ts';
import { layerCases } from './layer-cases.ts';
import { difference, predict, run, seedWeights } from './parity.ts';

/**
 * The graphs that ONNX's own checker and reference evaluator have passed: test/golden/onnx-graphs.py, which reads
 * what this test leaves in the folder ACTIONNX_GRAPHS.
 */
const golden: Record<string, string> = JSON.parse(
  readFileSync(new URL('../../golden/onnx-graphs.json', import.meta.url), 'utf8'),
);
const dump = process.env.ACTIONNX_GRAPHS;

describe.each(layerCases)('$name', (layerCase) => {
  const { name, build, reference = build } = layerCase;
  const model = build();
  seedWeights(model, name);
  const inputs = caseInputs(layerCase);
  const answers = reference();
  seedWeights(answers, name);
  const expected = predict(answers, inputs);
  const graph = exportOnnx(model).bytes();

  it.each([nodeRuntime, webRuntime()])('gives tfjs outputs in $name', async (runtime) => {
    const actual = await run(runtime, graph, inputs);
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    actual.forEach((output, i) => {
      expect(difference(output, expected[i])).toBeLessThan(2e-5);
    });
  });

  it('is the graph that the ONNX checker has passed', async () => {
    if (dump) {
      mkdirSync(dump, { recursive: true });
      const file = join(dump, encodeURIComponent(name));
      writeFileSync(`${file}.onnx`, graph);
      const values = [
        ...inputs.map((value, i) => [`input ${i}`, value]),
        ...expected.map((value, i) => [`output ${i}`, value]),
      ];
      writeFileSync(`${file}.safetensors`, encodeSafetensors(Object.fromEntries(values)));
    }
    expect(await sha256(graph)).toBe(golden[name]);
  });
});

it('has a case for every converter', () => {
  const covered = new Set(
    layerCases.flatMap(({ build }) => build().layers.map((layer) => layer.getClassName())),
  );
  const missing = stockConverters.map(({ className }) => className).filter((name) => !covered.has(name));
  expect(missing).toEqual([]);
});

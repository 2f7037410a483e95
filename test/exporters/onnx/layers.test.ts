import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { stockConverters } from '../../../exporters/onnx/ops/index.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { goldenGraphs } from '../golden.ts';
import { caseInputs } from './case.ts';
import { layerCases } from './layer-cases.ts';
import { difference, predict, run, seedWeights } from './parity.ts';

const golden = goldenGraphs('onnx-graphs.json');

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
    const types = (values: readonly Tensor[]) => values.map(({ data }) => data.constructor.name);
    expect(types(actual)).toEqual(types(expected));
    actual.forEach((output, i) => {
      expect(difference(output, expected[i])).toBeLessThan(2e-5);
    });
  });

  it('is the graph that the ONNX checker has passed', async () => {
    await golden(name, graph, inputs, expected);
  });
});

it('has a case for every converter', () => {
  const covered = new Set(
    layerCases.flatMap(({ build }) => build().layers.map((layer) => layer.getClassName())),
  );
  const missing = stockConverters.map(({ className }) => className).filter((name) => !covered.has(name));
  expect(missing).toEqual([]);
});

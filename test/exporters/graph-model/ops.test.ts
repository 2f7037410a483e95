import { beforeAll, describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphConverters } from '../../../exporters/graph-model/ops/index.ts';
import { graphModelOf } from '../../../models/graph-model-file.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { difference, run } from '../onnx/parity.ts';
import { controlFlowCases, controlFlowGraph } from './control-flow-cases.ts';
import { aliases, caseGraph, opCases } from './op-cases.ts';
import { executed, golden } from './parity.ts';

describe.each(opCases)('$name', (opCase) => {
  const { graph, outputs } = caseGraph(opCase);
  const file = graph.file(outputs);
  const model = parseGraphModel(file.json, file.shards, file.path);
  const onnx = exportGraphOnnx(model, { target: 'cpu' }).bytes();
  const inputs = graph.inputs.map(({ tensor }) => tensor);
  let expected: Tensor[];
  beforeAll(async () => {
    expected = await executed(await graphModelOf(file), model, inputs);
  });

  it.each([nodeRuntime, webRuntime()])('gives tfjs outputs in $name', async (runtime) => {
    const actual = await run(runtime, onnx, inputs);
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    const wrong = actual.flatMap((output, i) => {
      const distance = difference(output, expected[i]);
      return distance < 2e-5 ? [] : [`${outputs[i]}: ${distance}`];
    });
    expect(wrong).toEqual([]);
  });

  it('is the graph that the ONNX checker has passed', async () => {
    await golden(`operator ${opCase.name}`, onnx, inputs, expected);
  });
});

it('has a case for every converter', () => {
  const covered = new Set(
    [...opCases.map(caseGraph), ...controlFlowCases.map(controlFlowGraph)].flatMap(({ graph, outputs }) => {
      const { node } = graph.file(outputs).json.modelTopology as { node: { op: string }[] };
      return node.map(({ op }) => op);
    }),
  );
  const names = graphConverters.map(({ operator }) => operator);
  expect(names.filter((name) => !covered.has(name)).sort()).toEqual(Object.keys(aliases).sort());
});

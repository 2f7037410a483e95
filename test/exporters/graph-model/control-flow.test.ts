import { beforeAll, describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { type GraphModel, parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { graphModelOf, type RunnableGraphModel } from '../../../models/graph-model-file.ts';
import { subgraphs } from '../../../src/onnx/graph.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { goldenGraphs } from '../golden.ts';
import { difference, run } from '../onnx/parity.ts';
import { controlFlowCases, controlFlowGraph } from './control-flow-cases.ts';
import { executed } from './parity.ts';

const golden = goldenGraphs('control-flow-graphs.json');

describe.each(controlFlowCases)('$name', (one) => {
  const { name, runs, operators } = one;
  let model: GraphModel;
  let runnable: RunnableGraphModel;
  let graph: Uint8Array;
  let written: string[];

  beforeAll(async () => {
    const { graph: def, outputs } = controlFlowGraph(one);
    const file = def.file(outputs);
    model = parseGraphModel(file.json, file.shards, file.path);
    runnable = await graphModelOf(file);
    const onnx = exportGraphOnnx(model);
    graph = onnx.bytes();
    const all = [...onnx.graph.nodes];
    for (const node of all) all.push(...subgraphs(node).flatMap(({ nodes }) => nodes));
    written = all.map(({ operator }) => operator);
  });

  it.each([nodeRuntime, webRuntime()])('gives tfjs outputs in $name', async (runtime) => {
    for (const inputs of runs) {
      const expected = await executed(runnable, model, inputs);
      const actual = await run(runtime, graph, [...inputs]);
      expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
      actual.forEach((output, i) => {
        expect(difference(output, expected[i])).toBeLessThan(2e-5);
      });
    }
  });

  it('has loops and branches only where they are not known beforehand', () => {
    const found = ['If', 'Loop'].filter((operator) => written.includes(operator));
    expect(found).toEqual(operators);
  });

  it('is the graph that the ONNX checker has passed', async () => {
    const inputs = runs.at(-1)!;
    await golden(name, graph, inputs, await executed(runnable, model, inputs));
  });
});

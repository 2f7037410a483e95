import { describe, expect, it } from 'vitest';
import { exportGraphOnnx } from '../../../exporters/graph-model/export.ts';
import { parseGraphModel } from '../../../exporters/graph-model/graph-model.ts';
import { summarizeModel } from '../../../exporters/inspect/summary.ts';
import { largestDifferences } from '../../../jobs/precision.ts';
import { graphModelOf } from '../../../models/graph-model-file.ts';
import { type Tensor, tensor } from '../../../src/core/tensor.ts';
import { parseModel } from '../../../src/onnx/parse.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { difference, randomTensor, run } from '../onnx/parity.ts';
import {
  type ControlFlowCase,
  cond,
  constant,
  controlFlowCases,
  controlFlowGraph,
  frame,
  increased,
  isPositive,
  less,
} from './control-flow-cases.ts';
import type { GraphDef } from './graph-def.ts';
import { executed } from './parity.ts';

const integer = (value: number): Tensor => ({ dtype: 'int32', shape: [], data: Int32Array.of(value) });

/** All positive, or all negative. */
function signed(sign: number): Tensor {
  const values = randomTensor([2, 64], 'signed').data as Float32Array;
  return tensor(
    values.map((value) => sign * Math.abs(value)),
    [2, 64],
  );
}

/** By 64 × 64 weights in [−½, ½), to numbers of the same size. */
const mixed = (g: GraphDef, x: string) =>
  g.op('MatMul', [g.op('Mul', [x, g.float(0.25)]), g.random([64, 64])], {
    ...{ transpose_a: false, transpose_b: false },
  });

const weights: ControlFlowCase = {
  name: 'weights in a loop and in branches',
  runs: [1, -1].flatMap((sign) => [0, 3].map((count) => [signed(sign), integer(count)])),
  operators: ['If', 'Loop'],
  build: (g, x, count) => {
    const limit = constant(g, count);
    const [, looped] = frame(
      g,
      [g.ints(0), x],
      (_, i) => less(g, i, limit),
      (_, i, y) => [increased(g, i), g.op('Tanh', [mixed(g, y)])],
    );
    return cond(
      g,
      isPositive(g, x),
      [looped],
      (_, y) => [g.op('Sigmoid', [mixed(g, y)])],
      (_, y) => [g.op('Tanh', [mixed(g, y)])],
    );
  },
};

/** As the runtime reads it. */
const exported = (one: ControlFlowCase, precision?: keyof typeof largestDifferences) => {
  const { graph, outputs } = controlFlowGraph(one);
  const file = graph.file(outputs);
  const model = parseGraphModel(file.json, file.shards, file.path);
  return { file, model, bytes: exportGraphOnnx(model, { precision }).bytes() };
};

const names = ['a loop over convolutions', 'a list that grows', 'a loop in a branch, and a branch in a loop'];

describe.each([weights, ...controlFlowCases.filter(({ name }) => names.includes(name))])('$name', (one) => {
  it.each(['fp16', 'int8-weights'] as const)('keeps its answers in %s', async (precision) => {
    const { file, model, bytes } = exported(one, precision);
    const runnable = await graphModelOf(file);
    for (const runtime of [nodeRuntime, webRuntime()]) {
      for (const inputs of one.runs) {
        const expected = await executed(runnable, model, inputs);
        const actual = await run(runtime, bytes, [...inputs]);
        actual.forEach((output, i) => {
          expect(difference(output, expected[i])).toBeLessThan(largestDifferences[precision]);
        });
      }
    }
  });
});

it('the weights of loops and branches are stored in fewer bits too', () => {
  const [whole, half, quarter] = [undefined, 'fp16', 'int8-weights'].map((precision) => {
    const { bytes } = exported(weights, precision as keyof typeof largestDifferences);
    return summarizeModel(parseModel(bytes, 'model.onnx'));
  });
  const count = 3 * 64 * 64;
  expect(whole.weights.float32).toBeGreaterThanOrEqual(4 * count);
  expect(half.weights.float16).toBe(2 * count);
  expect(quarter.weights.int8).toBe(count);
  for (const { weights: left } of [half, quarter]) expect(left.float32).toBeLessThan(0.1 * count);
});

it('what is inside loops and branches is counted as parameters and weights', () => {
  const { bytes } = exported(weights);
  const { parameters, operators } = summarizeModel(parseModel(bytes, 'model.onnx'));
  expect(parameters).toBeGreaterThanOrEqual(3 * 64 * 64);
  expect(operators).toMatchObject({ If: 1, Loop: 1 });
});

describe('is refused', () => {
  const values = randomTensor([2, 3], 'refused');
  const attempt = (build: (g: GraphDef, x: string, count: string) => readonly string[]) => {
    const one = { name: 'refused', runs: [[values, integer(3)]], operators: [], build };
    return () => exported(one as ControlFlowCase);
  };

  it('a result of one branch that is used outside of it', () => {
    const build = (g: GraphDef, x: string) => {
      const side = g.op('Switch', [x, isPositive(g, x)]);
      return [g.op('AddV2', [x, g.op('Exp', [`${side}:1`])])];
    };
    expect(attempt(build)).toThrow(
      /results of one branch must not be used outside of it in model\.json; received "\w+", which there is only where "\w+:0" is true; join the branches in the model/,
    );
  });

  it('a list as an output', () => {
    const build = (g: GraphDef, x: string) => [
      g.op('TensorListFromTensor', [x, g.ints([3])], {
        ...{ element_dtype: { type: 'DT_FLOAT' }, shape_type: { type: 'DT_INT32' } },
      }),
    ];
    expect(attempt(build)).toThrow(
      'outputs of model.json must be tensors; received a list in "output0"; stack it in the model',
    );
  });

  it('a rank that changes from round to round', () => {
    const build = (g: GraphDef, x: string, count: string) => {
      const limit = constant(g, count);
      return frame(
        g,
        [g.ints(0), x],
        (_, i) => less(g, i, limit),
        (_, i, y) => [increased(g, i), g.op('ExpandDims', [y, g.ints(0)])],
      );
    };
    expect(attempt(build)).toThrow(
      /cannot be exported to ONNX; received a value that is float32 of rank 2 here and float32 of rank 3 there; change the model/,
    );
  });

  it('a rank that is one in this branch and another in that', () => {
    const build = (g: GraphDef, x: string) =>
      cond(
        g,
        isPositive(g, x),
        [x],
        (_, y) => [y],
        (_, y) => [g.op('Sum', [y, g.ints([0])])],
      );
    expect(attempt(build)).toThrow(
      /received a value that is float32 of rank 2 here and float32 of rank 1 there/,
    );
  });
});

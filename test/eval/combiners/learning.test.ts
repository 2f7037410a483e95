import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { combiners } from '../../../eval/combiners/index.ts';
import { plattCalibration } from '../../../eval/combiners/platt.ts';
import { standardization, standardized } from '../../../eval/combiners/standardization.ts';
import { machineValues, svmModel } from '../../../eval/combiners/svm.ts';
import { largestDifference } from '../../../src/core/largest-difference.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { answersInOnnx } from './combined-graph.ts';
import { answersOf, columnsOf, fittingSamples, golden, membersOf } from './golden.ts';

const svmState = z.object({ standardization, model: svmModel });
const runtimes = [nodeRuntime, webRuntime()];

function fitted(kind: string, options: object, isDegenerate: boolean, task: 'labels' | 'classes') {
  const combiner = combiners.make(combiners.schema.parse({ kind, options }));
  return combiner.fit(membersOf(isDegenerate), fittingSamples(isDegenerate, task));
}

describe.each(['labels', 'classes'] as const)('%s are told apart', (task) => {
  it.each(golden.cases)('as scikit-learn does: $kind $options, degenerate: $degenerate', async (expected) => {
    const { kind, options, degenerate } = expected;
    const combination = fitted(kind, options, degenerate, task);
    const held = answersOf(columnsOf('held', degenerate));
    const actual = combination.apply(held);
    expect(largestDifference(actual, expected[task].flat())).toBeLessThan(1e-5);
    expect(combination.notices).toEqual([]);
    const kept = combiners
      .make(combiners.schema.parse({ kind, options }))
      .read(membersOf(degenerate), JSON.parse(JSON.stringify(combination.state)));
    expect(kept.apply(held)).toEqual(actual);
    for (const runtime of runtimes) {
      const inGraph = await answersInOnnx(runtime, kept, held, golden.held.columns.length);
      expect(largestDifference(inGraph, actual), runtime.name).toBeLessThan(1e-6);
    }
  });
});

describe('support vector machines', () => {
  it.each(golden.svm)('say what SVC says: $options, degenerate: $degenerate', async (expected) => {
    const { options, degenerate, decisions } = expected;
    const combination = fitted('svm', options, degenerate, 'labels');
    const { standardization: scaling, model } = svmState.parse(combination.state);
    const rows = columnsOf('held', degenerate);
    const data = Float64Array.from(rows.flat());
    const columns = standardized({ rows: rows.length, width: rows[0].length, data }, scaling);
    expect(largestDifference(machineValues(columns, model), decisions.flat())).toBeLessThan(1e-3);
  });

  it.each(['labels', 'classes'] as const)('give %s probabilities, in graphs as well', async (task) => {
    for (const kernel of ['rbf', 'linear'] as const) {
      const combination = fitted('svm', { kernel }, false, task);
      const held = answersOf(golden.held.columns);
      const actual = combination.apply(held);
      const truth =
        task === 'labels'
          ? golden.held.labels.flat()
          : golden.held.classes.flatMap((own) => [0, 1, 2, 3].map((k) => (k === own ? 1 : 0)));
      const squares = truth.map((value, i) => (value - actual[i]) ** 2);
      const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
      // Which samples calibrate is drawn by lot there, too: the quality is the same, the digits are not.
      expect(Math.abs(mean - golden.squares[kernel][task])).toBeLessThan(0.01);
      if (task === 'classes') {
        expect(actual.slice(0, 4).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
      }
      for (const runtime of runtimes) {
        const inGraph = await answersInOnnx(runtime, combination, held, golden.held.columns.length);
        expect(largestDifference(inGraph, actual), `${runtime.name} ${kernel}`).toBeLessThan(1e-6);
      }
    }
  });

  it('draw the same folds for the same seed', () => {
    const combiner = combiners.make(combiners.schema.parse('svm'));
    const [first, again, other] = [1, 1, 2].map((seed) =>
      combiner.fit(membersOf(false), { ...fittingSamples(false, 'labels'), seed }),
    );
    expect(again.state).toEqual(first.state);
    expect(other.state).not.toEqual(first.state);
  });

  it("calibrate as scikit-learn's sigmoid calibration", () => {
    const { values, truth, slope, offset } = golden.platt;
    const actual = plattCalibration(values, truth);
    expect(actual.slope).toBeCloseTo(slope, 4);
    expect(actual.offset).toBeCloseTo(offset, 4);
  });
});

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../../models/tf.ts';
import { WeightAverage } from '../../../../models/train/averages/average.ts';
import { averages } from '../../../../models/train/averages/index.ts';
import { selectBackend } from '../../../../models/train/backend.ts';

// PyTorch's AveragedModel: test/golden/optimizers.py.
const golden = JSON.parse(readFileSync(new URL('../../../golden/optimizers.json', import.meta.url), 'utf8'));

beforeAll(async () => {
  await selectBackend('wasm');
});

describe.each(golden.averages as { value: unknown; walk: number[][][]; averages: number[][][] }[])(
  'an average by $value',
  ({ value, walk, averages: wanted }) => {
    const averageOf = () => new WeightAverage(averages.make(averages.schema.parse(value)));

    test.each([9, 2, 3, 4])("is torch's after every step, also where it goes on after step %i", (cut) => {
      const before = tf.memory().numTensors;
      const weights = new Map([
        ['w', tf.variable(tf.zeros([3]))],
        ['b', tf.variable(tf.zeros([2]))],
      ]);
      let average = averageOf();
      for (const [i, values] of walk.entries()) {
        tf.tidy(() => {
          weights.get('w')!.assign(tf.tensor(values[0]));
          weights.get('b')!.assign(tf.tensor(values[1]));
        });
        average.update(weights);
        if (!average.begun) {
          expect(average.values()).toEqual({});
          continue;
        }
        const { w, b } = average.values();
        for (const [j, mean] of [...w.data, ...b.data].entries())
          expect(mean, `step ${i}, ${j}`).toBeCloseTo(wanted[i].flat()[j], 5);
        if (i !== cut) continue;
        const resumed = averageOf();
        resumed.restore(average.values(), average.counts);
        average.dispose();
        average = resumed;
      }
      expect(average.begun).toBe(true);
      average.dispose();
      for (const weight of weights.values()) weight.dispose();
      // The tensors that the variables were made of are the test's own.
      expect(tf.memory().numTensors).toBe(before + 2);
    });
  },
);

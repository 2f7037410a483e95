import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { TrainingBars } from '../../cli/training-bars.ts';
import type { StepProgress } from '../../models/train/fit.ts';

function linesOf(steps: readonly StepProgress[]): string[] {
  const stream = new PassThrough({ encoding: 'utf8' });
  const bars = new TrainingBars('net', stream as unknown as NodeJS.WriteStream);
  for (const step of steps) bars.show(step);
  bars.stop();
  return String(stream.read()).trimEnd().split('\n');
}

const first: StepProgress = {
  ...{ phase: 'training', stage: { number: 1, count: 3 }, epoch: 1, epochs: 4, step: 1, steps: 2 },
  ...{ loss: 0.25, learningRate: 0.1, samplesPerSecond: 12.34, secondsLeft: 65 },
};

it('has a line an epoch and one a validation, with the stage where there are several', () => {
  const second: StepProgress = { ...first, stage: { number: 2, count: 3 }, epoch: 3, step: 2 };
  expect(linesOf([first, { ...first, phase: 'validation', loss: null }, second])).toEqual([
    expect.stringMatching(
      /^net stage 1\/3 epoch 1\/4 1\/2 .*loss 0.25 {2}rate 0.1 {2}samples\/s 12.34 {2}run 1 min 05 s left$/,
    ),
    expect.stringMatching(
      /^net stage 1\/3 validation 1\/4 1\/2 .*left {2}samples\/s 12.34 {2}run 1 min 05 s left$/,
    ),
    expect.stringMatching(
      /^net stage 2\/3 epoch 3\/4 2\/2 {2,}loss 0.25 {2}rate 0.1 {2}samples\/s 12.34 {2}run 1 min 05 s left$/,
    ),
  ]);
});

it('says nothing of stages where there is one', () => {
  const [line] = linesOf([{ ...first, stage: { number: 1, count: 1 } }]);
  expect(line).toMatch(/^net epoch 1\/4 1\/2 /);
});

import { describe, expect, it } from 'vitest';
import { Course } from '../../../models/train/course.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { curriculum, type Stage, stage, wholeEpochs } from '../../../models/train/stage.ts';

const thirds = [
  { frames: 4, speed: 2, until: 1 / 3 },
  { frames: 8, speed: 2, until: 2 / 3 },
];
const clip = { frames: 16, speed: 1 };
const framesOf = ({ frames }: Readonly<Record<string, unknown>>) => Number(frames);
const samples = { training: 10, validation: 6 };
const whole = stage({
  ...{ name: 'training', epochs: 30, batch: 4, rate: 0.1 },
  ...{ loss: logLoss(), optimizer: sgd() },
});

/** The clips of all epochs, as "frames × speed". */
function clipsOf(epochs: number, { clips = thirds, input = clip } = {}): string[] {
  const course = new Course(
    wholeEpochs(curriculum(whole, clips), epochs),
    { config: input, framesOf },
    samples,
  );
  expect(course.epochs).toBe(epochs);
  return Array.from({ length: epochs }, (_, i) => {
    const { frames, speed } = course.at(i + 1).config;
    return `${frames} × ${speed}`;
  });
}

describe('a curriculum', () => {
  it('gives every stage its share of the epochs, and the rest to whole clips', () => {
    expect(clipsOf(3)).toEqual(['4 × 2', '8 × 2', '16 × 1']);
    expect(clipsOf(6)).toEqual(['4 × 2', '4 × 2', '8 × 2', '8 × 2', '16 × 1', '16 × 1']);
  });

  it('ends a stage at the nearest epoch', () => {
    // A third of 4 is 1.33, two thirds 2.67.
    expect(clipsOf(4)).toEqual(['4 × 2', '8 × 2', '8 × 2', '16 × 1']);
    // A third of 1 is none at all, two thirds the whole.
    expect(clipsOf(1)).toEqual(['8 × 2']);
  });

  it('may go to the very end', () => {
    expect(clipsOf(2, { clips: [{ frames: 4, speed: 2, until: 1 }] })).toEqual(['4 × 2', '4 × 2']);
  });

  it('never makes clips longer than the system takes, whose own step they then have', () => {
    expect(clipsOf(3, { input: { frames: 4, speed: 1 } })).toEqual(['4 × 2', '4 × 1', '4 × 1']);
    expect(clipsOf(3, { input: { frames: 1, speed: 1 } })).toEqual(['1 × 1', '1 × 1', '1 × 1']);
  });

  it('is one course for the schedule and the optimiser', () => {
    const recipe = wholeEpochs(curriculum(whole, thirds), 4);
    expect(recipe.map(({ name, epochs, continues }) => [name, epochs, continues])).toEqual([
      ['4 frames', 1, false],
      ['8 frames', 2, true],
      ['whole clips', 1, true],
    ]);
    // Of one epoch, only the middle third is left, and there is nothing that it could go on from.
    expect(wholeEpochs(curriculum(whole, thirds), 1)).toMatchObject([{ name: '8 frames', continues: false }]);
    const course = new Course(recipe, { config: clip, framesOf }, samples);
    expect([1, 2, 3, 4].map((epoch) => course.at(epoch).position(2))).toEqual(
      [2, 5, 8, 11].map((step) => ({ step, steps: 12, stepsPerEpoch: 3, pending: 0 })),
    );
  });
});

describe('a course', () => {
  const stages: Stage[] = [
    { ...whole, name: 'head', epochs: 2, batch: 5 },
    { ...whole, name: 'all', epochs: 1, accumulate: 2 },
    { ...whole, name: 'more', epochs: 3, accumulate: 2, continues: true },
  ];
  const course = new Course(stages, { config: clip, framesOf }, samples);

  it('knows the stage of each epoch, and where it begins and ends', () => {
    const places = [1, 2, 3, 4, 5, 6].map((epoch) => {
      const { stage, number, begins, ends, batches } = course.at(epoch);
      return [number, stage.name, begins, ends, batches];
    });
    expect(places).toEqual([
      [1, 'head', true, false, 2],
      [1, 'head', false, true, 2],
      [2, 'all', true, true, 3],
      [3, 'more', true, false, 3],
      [3, 'more', false, false, 3],
      [3, 'more', false, true, 3],
    ]);
  });

  it('counts the steps of a stage anew, but for one that goes on, and of several batches as one', () => {
    expect(course.at(2).position(1)).toEqual({ step: 3, steps: 4, stepsPerEpoch: 2, pending: 0 });
    // Three batches make a step of two and one of what is left.
    expect([0, 1, 2].map((batch) => course.at(4).position(batch))).toEqual([
      { step: 2, steps: 8, stepsPerEpoch: 2, pending: 0 },
      { step: 2, steps: 8, stepsPerEpoch: 2, pending: 1 },
      { step: 3, steps: 8, stepsPerEpoch: 2, pending: 0 },
    ]);
  });

  it('knows the work that is left', () => {
    // Training is 3, validation 1 a sample and frame.
    const epoch = 16 * (3 * 10 + 6);
    expect(course.workLeft(1, 0)).toBe(6 * epoch);
    expect(course.workLeft(2, 1)).toBe(5 * epoch - 5 * 3 * 16);
    expect(course.workLeft(7, 0)).toBe(0);
  });
});

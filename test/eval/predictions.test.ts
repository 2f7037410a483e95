import { describe, expect, it } from 'vitest';
import { joinPredictions } from '../../eval/predictions.ts';

const stored = new Map([
  ['a', Float32Array.of(0.25, 0.5)],
  ['b', Float32Array.of(0.75, 1)],
  ['c', Float32Array.of(0, 0.125)],
]);

describe('joinPredictions', () => {
  it('has the rows of the samples that are asked for, in their order', () => {
    expect(joinPredictions(['c', 'a'], stored, 2)).toEqual({
      ids: ['c', 'a'],
      probabilities: Float32Array.of(0, 0.125, 0.25, 0.5),
    });
    expect(joinPredictions([], stored, 2).probabilities).toHaveLength(0);
  });

  it.each([
    ['a d', 'none for d;'],
    ['d e f g h', 'none for d, e, f, g, h;'],
    ['a d e f g h i b j', 'none for d, e, f, g, h and 2 more;'],
  ])('names what is not there: %s', (ids, received) => {
    expect(() => joinPredictions(ids.split(' '), stored, 2)).toThrow(
      `every sample needs a prediction; received ${received} score the split again with the same cache`,
    );
  });
});

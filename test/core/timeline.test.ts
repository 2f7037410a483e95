import { describe, expect, it } from 'vitest';
import { timelineOf } from '../../src/core/timeline.ts';

describe('timelineOf', () => {
  it('counts from the first frame, whatever its stamp', () => {
    expect(timelineOf([-20, 0, 20], 100, 0).times).toEqual([0, 0.2, 0.4]);
  });

  it.each([
    ['as long as the one before it', [0, 4, 8], 0, 12],
    ['as the shorter of the two before it', [0, 4, 14], 0, 18],
    ['as those before it, whatever the container says', [0, 4, 14], 1, 18],
    ['an only frame as the container says', [7], 5, 5],
    ['an only frame of which nothing is said not at all', [7], 0, 0],
  ])('shows the last frame %s', (_, stamps, onlyLength, ticks) => {
    const { duration, fps } = timelineOf(stamps, 10, onlyLength);
    expect(duration).toBeCloseTo(ticks / 10, 12);
    if (ticks === 0) expect(fps).toBeNull();
    else expect(fps).toBeCloseTo((stamps.length * 10) / ticks, 5);
  });
});

import { describe, expect, it } from 'vitest';
import { timelineOf } from '../../src/core/timeline.ts';

describe('timelineOf', () => {
  it('has two times for the same within half a tick of a container that rounds', () => {
    // Milliseconds, and finer; coarser ticks are whole frames.
    expect(timelineOf([0, 33], 1000, 0).tolerance).toBeCloseTo(0.0005 + 1e-7, 12);
    expect(timelineOf([0, 3003], 90_000, 0).tolerance).toBeCloseTo(0.5 / 90_000 + 1e-7, 12);
    expect(timelineOf([0, 1], 999, 0).tolerance).toBeCloseTo(1e-7, 12);
    expect(timelineOf([0, 1], 30, 0).tolerance).toBeCloseTo(1e-7, 12);
  });

  it('has frames a second of the whole, to a millionth', () => {
    expect(timelineOf([0, 1001, 2002], 30_000, 0).fps).toBe(29.97003);
    expect(timelineOf([5, 5 + 10, 5 + 20, 5 + 90], 100, 0).fps).toBe(4);
    expect(timelineOf([0, 40], 1000, 0)).toMatchObject({ times: [0, 0.04], duration: 0.08, fps: 25 });
  });

  it('counts from the first frame, whatever its stamp', () => {
    expect(timelineOf([-20, 0, 20], 100, 0).times).toEqual([0, 0.2, 0.4]);
  });

  it.each([
    ['as long as the one before it', [0, 4, 8], 0, 12],
    ['as the shorter of the two before it', [0, 4, 14], 0, 18],
    ['as those before it, whatever the container says', [0, 4, 14], 1, 18],
    ['as those two and not as one further back', [0, 1, 5, 11], 0, 15],
    ['an only frame as the container says', [7], 5, 5],
    ['an only frame of which nothing is said not at all', [7], 0, 0],
  ])('shows the last frame %s', (_, stamps, onlyLength, ticks) => {
    const { duration, fps } = timelineOf(stamps, 10, onlyLength);
    expect(duration).toBeCloseTo(ticks / 10, 12);
    if (ticks === 0) expect(fps).toBeNull();
    else expect(fps).toBeCloseTo((stamps.length * 10) / ticks, 5);
  });
});

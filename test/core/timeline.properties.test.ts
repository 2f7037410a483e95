import { expect, it } from 'vitest';
import { timelineOf } from '../../src/core/timeline.ts';
import { fc, runs } from '../properties.ts';

/** Time stamps that rise, in ticks of usual sizes. */
const stamps = fc
  .tuple(
    fc.integer({ min: -1e6, max: 1e6 }),
    fc.oneof(fc.constant([]), fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 20 })),
  )
  .map(([first, lengths]) => {
    const all = [first];
    for (const length of lengths) all.push(all[all.length - 1] + length);
    return all;
  });
const ticks = fc.constantFrom(24, 25, 30, 600, 1000, 15360, 90000, 1e6);
const onlyLength = fc.oneof(fc.constant(0), fc.nat(5000));

it('times begin at 0, rise as the stamps do, and end before the video does', () => {
  fc.assert(
    fc.property(stamps, ticks, onlyLength, (stamps, ticks, onlyLength) => {
      const { times, duration, fps } = timelineOf(stamps, ticks, onlyLength);
      expect(times[0]).toBe(0);
      for (let i = 1; i < times.length; i++) {
        expect(times[i] - times[i - 1]).toBeCloseTo((stamps[i] - stamps[i - 1]) / ticks, 9);
      }
      const end = duration - times[times.length - 1];
      const shown = stamps.slice(1).map((stamp, i) => stamp - stamps[i]);
      const length = shown.length === 0 ? onlyLength : Math.min(...shown.slice(-2));
      expect(end).toBeCloseTo(length / ticks, 9);
      if (duration === 0) expect(fps).toBeNull();
      else expect(Math.abs(fps! * duration - times.length)).toBeLessThan(1e-6 * (1 + duration));
    }),
    runs(300),
  );
});

it('neither where stamps begin nor how fine their ticks are changes the times', () => {
  fc.assert(
    fc.property(
      stamps,
      ticks,
      onlyLength,
      fc.integer(),
      fc.integer({ min: 2, max: 50 }),
      (stamps, ticks, onlyLength, shift, finer) => {
        const timeline = timelineOf(stamps, ticks, onlyLength);
        expect(
          timelineOf(
            stamps.map((stamp) => stamp + shift),
            ticks,
            onlyLength,
          ),
        ).toEqual(timeline);
        const fine = timelineOf(
          stamps.map((stamp) => stamp * finer),
          ticks * finer,
          onlyLength * finer,
        );
        expect(fine.times).toEqual(timeline.times.map((time) => expect.closeTo(time, 9)));
        expect(fine.duration).toBeCloseTo(timeline.duration, 9);
        expect(fine.fps ?? 0).toBeCloseTo(timeline.fps ?? 0, 4);
      },
    ),
  );
});

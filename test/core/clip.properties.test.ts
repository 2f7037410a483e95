import { expect, it } from 'vitest';
import { clipFrames } from '../../src/core/clip.ts';
import { fc, runs } from '../properties.ts';

const window = fc.record({ count: fc.integer({ min: 1, max: 20 }), speed: fc.integer({ min: 1, max: 9 }) });

/** A window around a key frame of a short or a long video. */
const clip = fc
  .tuple(window, fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 100_000 })))
  .chain(([{ count, speed }, frameCount]) =>
    fc.record({
      ...{ count: fc.constant(count), speed: fc.constant(speed), frameCount: fc.constant(frameCount) },
      target: fc.integer({ min: 1, max: frameCount }),
    }),
  );

it('a clip has its number of frames, in order and inside the video, a step apart but at the ends', () => {
  fc.assert(
    fc.property(clip, ({ target, count, speed, frameCount }) => {
      const frames = clipFrames({ target, count, speed, frameCount });
      expect(frames).toHaveLength(count);
      const isRight = frames.map((frame, i) => {
        const isInside = Number.isInteger(frame) && frame >= 1 && frame <= frameCount;
        const step = i > 0 ? frame - frames[i - 1] : speed;
        const isAtEnd = frame === frameCount || frames[i - 1] === 1;
        return isInside && (step === speed || (isAtEnd && step >= 0 && step < speed));
      });
      expect(isRight).not.toContain(false);
    }),
    runs(300),
  );
});

it('a clip that fits into the video is the one nearest to its place around the key frame', () => {
  fc.assert(
    fc.property(clip, ({ target, count, speed, frameCount }) => {
      const length = (count - 1) * speed + 1;
      fc.pre(length <= frameCount);
      const [start] = clipFrames({ target, count, speed, frameCount });
      const wanted = target - Math.floor((count - 1) / 2) * speed;
      const last = frameCount - length + 1;
      expect(start).toBe(wanted < 1 ? 1 : wanted > last ? last : wanted);
    }),
    runs(300),
  );
});

it('a clip of neighbours holds its key frame, and all of a video that is shorter', () => {
  fc.assert(
    fc.property(clip, ({ target, count, frameCount }) => {
      const frames = new Set(clipFrames({ target, count, speed: 1, frameCount }));
      expect(frames).toContain(target);
      expect(frames.size).toBe(Math.min(count, frameCount));
    }),
    runs(300),
  );
});

it('a clip of an odd number of frames, of the video played backwards, is the clip backwards', () => {
  fc.assert(
    fc.property(clip, ({ target, count, speed, frameCount }) => {
      const odd = count | 1;
      const backwards = (frame: number) => frameCount + 1 - frame;
      const mirrored = clipFrames({ target: backwards(target), count: odd, speed, frameCount });
      expect(mirrored.map(backwards).reverse()).toEqual(
        clipFrames({ target, count: odd, speed, frameCount }),
      );
    }),
    runs(300),
  );
});

import { usageError } from '../core/errors.ts';
import type { Timeline } from '../core/timeline.ts';

/**
 * The 1-based numbers of a video's key frames, `rate` a second: the frames that are shown in the middle of every
 * 1/rate seconds, in order, without repeats. A frame is shown from its own time until the next one's, however long
 * that is. A video shorter than half of such a stretch gives the frame in its own middle.
 *
 * @param video when its frames are shown (at least one), and the key frames wanted a second (> 0; where frames follow
 *   one another more slowly, every frame is one)
 * @throws UserError (exit 2) when the rate is not a positive number
 * @example keyFrames({ ...timeline, rate: 1 }); // [16, 46, 76] for 90 frames at 30 a second
 */
export function keyFrames(video: Timeline & { readonly rate: number }): number[] {
  const { times, duration, tolerance, rate } = video;
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw usageError('the rate of key frames must be a positive number a second', { received: String(rate) });
  }
  const numbers: number[] = [];
  for (const [i, time] of times.entries()) {
    const start = time - tolerance;
    // The end of the last frame is reckoned from rounded stamps, so it is less sure than they are.
    const end = i + 1 < times.length ? times[i + 1] - tolerance : duration - 4 * tolerance;
    const stretch = Math.max(0, Math.ceil(start * rate - 0.5));
    if ((stretch + 0.5) / rate < end) numbers.push(i + 1);
  }
  if (numbers.length > 0) return numbers;
  // Where the middle is a frame's very start, the one before it is as good, and was always taken.
  const after = times.findIndex((time) => time >= duration / 2 - tolerance);
  return [after < 0 ? times.length : Math.max(after, 1)];
}

import { usageError } from '../core/errors.ts';

/**
 * The 1-based numbers of a video's key frames, `rate` a second: the middle frame of every 1/rate seconds, in
 * order, without repeats. A video shorter than half of such a stretch gives its own middle frame.
 *
 * @param video frames it has (≥ 1), its frames a second (> 0), key frames wanted a second (> 0; above `fps`
 *   every frame is one)
 * @throws UserError (exit 2) when the rate is not a positive number
 * @example keyFrames({ frameCount: 90, fps: 30, rate: 1 }); // [16, 46, 76]
 */
export function keyFrames(video: { frameCount: number; fps: number; rate: number }): number[] {
  const { frameCount, fps, rate } = video;
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw usageError('the rate of key frames must be a positive number a second', { received: String(rate) });
  }
  const step = Math.max(fps / rate, 1);
  const numbers: number[] = [];
  for (let i = 0; ; i++) {
    const number = Math.floor((i + 0.5) * step) + 1;
    if (number > frameCount) break;
    numbers.push(number);
  }
  return numbers.length > 0 ? numbers : [Math.ceil(frameCount / 2)];
}

import { UserError } from './errors.ts';

/**
 * The 1-based frame numbers of a clip of `count` frames, `speed` apart, around `target`: the reference loader's
 * window rule. The window (arange(n) − ⌊(n−1)/2⌋)·speed + target is shifted as a whole inside [1, frameCount];
 * where the video is shorter than the window, the end frame is repeated.
 *
 * @param plan.before frames before the target; default: the middle's, ⌊(n−1)/2⌋
 * @throws UserError when `target` is outside the video
 * @example clipFrames({ target: 10, count: 4, speed: 2, frameCount: 40 }); // [8, 10, 12, 14]
 */
export function clipFrames(plan: {
  target: number;
  count: number;
  speed: number;
  frameCount: number;
  before?: number;
}): number[] {
  const { target, count, speed, frameCount, before = Math.floor((count - 1) / 2) } = plan;
  requireInVideo(target, frameCount);
  const window = Array.from({ length: count }, (_, i) => (i - before) * speed + target);
  const below = Math.max(0, 1 - window[0]);
  const above = Math.max(0, window[count - 1] - frameCount);
  return window.map((frame) => Math.min(Math.max(frame + below - above, 1), frameCount));
}

/** @throws UserError when a key frame, 1-based, is outside its video */
export function requireInVideo(target: number, frameCount: number): void {
  if (target >= 1 && target <= frameCount) return;
  throw new UserError(`a clip's key frame must lie in 1–${frameCount}`, { received: String(target) });
}

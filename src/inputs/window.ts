import { clipFrames, requireInVideo } from '../core/clip.ts';
import { noFrame, type Place } from './input.ts';

/** Frames around a key frame. */
export interface WindowPlan {
  readonly frames: number;
  /** The step between them. */
  readonly speed: number;
  /** Where the key frame lies: in their middle (of an even number, before it), or last of all. */
  readonly at?: 'centre' | 'end';
  /** What becomes of frames beyond the video: the whole window moves inside, or they are black. */
  readonly edge?: 'shift' | 'zero';
}

/**
 * The 1-based numbers of a window's frames; those that it lacks are `noFrame`, or, where the window moves inside a video
 * that is shorter than it, the end frame again.
 *
 * @throws UserError when the key frame is outside the video
 * @example window({ key: 3, frameCount: 9 }, { frames: 4, speed: 1, at: 'end', edge: 'zero' }); // [0, 1, 2, 3]
 */
export function window({ key, frameCount }: Place, plan: WindowPlan): number[] {
  const { frames: count, speed, at = 'centre', edge = 'shift' } = plan;
  const before = at === 'end' ? count - 1 : Math.floor((count - 1) / 2);
  if (edge === 'shift') return clipFrames({ target: key, before, count, speed, frameCount });
  requireInVideo(key, frameCount);
  return Array.from({ length: count }, (_, i) => {
    const number = key + (i - before) * speed;
    return number >= 1 && number <= frameCount ? number : noFrame;
  });
}

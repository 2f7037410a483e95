import { UserError } from './errors.ts';

/** What a system looks at around a key frame. */
export interface FramePlan {
  /** In all: 1 for a frame system. */
  readonly frames: number;
  /** The step between them. */
  readonly speed: number;
  /** Where it looks at several windows: each one's frames, one window after the other. */
  readonly windows?: readonly FrameWindow[];
}

/** Frames of one size around a key frame. */
export interface FrameWindow extends FrameSize {
  readonly frames: number;
  readonly speed: number;
}

export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

/**
 * The size that each frame of a sample has to be resized to. Frames of a window that is smaller than the input lie in
 * its top left corner; what is beside them is not looked at.
 */
export function frameSizes({ frames, height, width, windows }: FramePlan & FrameSize): FrameSize[] {
  const all = windows ?? [{ frames, height, width }];
  return all.flatMap((window) => Array.from({ length: window.frames }, () => window));
}

/**
 * The 1-based frame numbers that a system takes for a key frame: those of `clipFrames`, window by window.
 *
 * @throws UserError when `target` is outside the video
 * @example plannedFrames({ frames: 1, speed: 1 }, 10, 40); // [10]
 */
export function plannedFrames(plan: FramePlan, target: number, frameCount: number): number[] {
  return (plan.windows ?? [plan]).flatMap(({ frames, speed }) =>
    clipFrames({ target, count: frames, speed, frameCount }),
  );
}

/**
 * The 1-based frame numbers of a clip of `count` frames, `speed` apart, around `target`: the reference loader's
 * window rule. The window (arange(n) − ⌊(n−1)/2⌋)·speed + target is shifted as a whole inside [1, frameCount];
 * where the video is shorter than the window, the end frame is repeated.
 *
 * @throws UserError when `target` is outside the video
 * @example clipFrames({ target: 10, count: 4, speed: 2, frameCount: 40 }); // [8, 10, 12, 14]
 */
export function clipFrames(plan: {
  target: number;
  count: number;
  speed: number;
  frameCount: number;
}): number[] {
  const { target, count, speed, frameCount } = plan;
  if (!(target >= 1 && target <= frameCount)) {
    throw new UserError(`a clip's key frame must lie in 1–${frameCount}`, { received: String(target) });
  }
  const window = Array.from({ length: count }, (_, i) => (i - Math.floor((count - 1) / 2)) * speed + target);
  const below = Math.max(0, 1 - window[0]);
  const above = Math.max(0, window[count - 1] - frameCount);
  return window.map((frame) => Math.min(Math.max(frame + below - above, 1), frameCount));
}

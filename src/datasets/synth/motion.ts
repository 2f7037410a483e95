import type { A2dAction } from '../../core/labels.ts';
import type { Rng } from '../../core/rng.ts';

/** Where a figure is at one frame. */
export interface Moment {
  /** Middle of the figure in the frame, pixels from the left, before the camera pans. */
  readonly x: number;
  /** Height of its lowest point above its ground line, pixels. */
  readonly lift: number;
  readonly facing: 1 | -1;
  /** How far its movement has gone, in cycles. */
  readonly phase: number;
}

export interface Stage {
  readonly width: number;
  readonly height: number;
  /** Frames in the video. */
  readonly frames: number;
  /** Pixels per figure unit. */
  readonly unit: number;
  /** How close to either edge the figure's middle may come, pixels. */
  readonly margin: number;
  /** How far the figure may rise above its ground line, pixels. */
  readonly ceiling: number;
}

/** Frame widths a figure moves in 16 frames, drawn uniformly between the two. */
const speeds: Record<A2dAction, readonly [number, number]> = {
  climbing: [0, 0],
  crawling: [0.04, 0.08],
  eating: [0, 0],
  flying: [0.2, 0.35],
  jumping: [0, 0.04],
  rolling: [0.1, 0.18],
  running: [0.33, 0.45],
  walking: [0.1, 0.13],
  none: [0, 0],
};

/** Figure units a figure moves in one cycle of its legs or one turn of its body. */
const strides: Partial<Record<A2dAction, number>> = { crawling: 0.5, rolling: 2.4 };

/** A back-and-forth between 0 and `range`: where it is after `distance`, and the direction it goes. */
function bounce(distance: number, range: number): { at: number; direction: 1 | -1 } {
  const cycle = ((distance % (2 * range)) + 2 * range) % (2 * range);
  return cycle < range ? { at: cycle, direction: 1 } : { at: 2 * range - cycle, direction: -1 };
}

/**
 * Plans how a figure moves through a video.
 *
 * A figure crosses the frame to and fro. Its start is uniform over the whole way there and back, so that at every
 * frame, whatever its speed, its place is uniform, its direction even and its stride anywhere: one frame of a
 * figure that walks, runs or stands tells nothing about which of the three it is.
 */
export function planMotion(action: A2dAction, rng: Rng, stage: Stage): (frame: number) => Moment {
  const { width, unit, margin, frames } = stage;
  const range = Math.max(1, width - 2 * margin);
  const start = rng.uniform(0, 2 * range);
  const speed = (rng.uniform(...speeds[action]) * width) / 16;
  const firstPhase = rng.uniform();
  const rhythm = rng.uniform(0.85, 1.15);
  const sway = rng.uniform(0.002, 0.004) * width;
  const height = rng.uniform(0.5, 1);
  const stride = (strides[action] ?? 1) * unit;

  return (frame) => {
    const { at, direction } = bounce(start + speed * frame, range);
    const moment = { x: margin + at, lift: 0, facing: direction, phase: firstPhase };
    const beat = (period: number) => firstPhase + (rhythm * frame) / period;
    switch (action) {
      case 'climbing': {
        const reach = Math.min(0.22 * stage.height, stage.ceiling * 0.5);
        return { ...moment, lift: stage.ceiling * 0.5 * height + (reach * frame) / frames, phase: beat(12) };
      }
      case 'eating':
        return { ...moment, phase: beat(14) };
      case 'flying': {
        const drift = 0.06 * stage.ceiling * Math.sin((2 * Math.PI * frame) / 30 + firstPhase * 7);
        return { ...moment, lift: stage.ceiling * (0.62 + 0.3 * height) + drift, phase: beat(8) };
      }
      case 'jumping': {
        const arc = Math.abs(Math.sin(Math.PI * beat(12)));
        return {
          ...moment,
          lift: Math.min(unit * (0.16 + 0.45 * height * arc), stage.ceiling),
          phase: beat(24),
        };
      }
      case 'none':
        return { ...moment, x: moment.x + sway * Math.sin(frame / 5 + firstPhase * 7) };
      default:
        return { ...moment, phase: firstPhase + (speed * frame) / stride };
    }
  };
}

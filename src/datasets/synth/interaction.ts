import type { Rng } from '../../core/rng.ts';
import type { RgbImage } from '../../image/image.ts';
import type { TvHiClass } from '../tv-hi.ts';
import { Canvas } from './canvas.ts';
import { adult } from './figures/adult.ts';
import { jointsOf } from './figures/biped.ts';
import { type Bend, type Joints, tau } from './figures/figure.ts';
import { paintFigure, times, type VideoSize } from './scene.ts';
import { paintScenery } from './scenery.ts';

export type Interaction = TvHiClass | 'negative';

/** What two people do once they have met. */
interface Meeting {
  /** How far apart their middles come, figure units. */
  readonly distance: number;
  /** The joints of either of them, so many frames after they met, at the pace of the video. */
  joints(beat: number): Joints;
}

const standing: Joints = {
  lean: 0.02,
  nod: 0,
  nearArm: [0.05, 0.2],
  farArm: [-0.05, 0.1],
  nearLeg: [0.06, -0.04],
  farLeg: [-0.06, -0.1],
};

const meetings: Readonly<Record<TvHiClass, Meeting>> = {
  // Hands up and down between them.
  handShake: {
    distance: 0.68,
    joints: (beat) => ({
      ...standing,
      nearArm: [0.95 + 0.12 * Math.sin(tau * beat), 1.45 + 0.45 * Math.sin(tau * beat)],
    }),
  },
  // An arm thrown high against the other's.
  highFive: {
    distance: 0.62,
    joints: (beat) => {
      const swing = 0.5 * (1 - Math.cos(tau * Math.min(1, beat / 2)));
      return { ...standing, nearArm: [2.8 - 0.6 * swing, 2.9 - 0.55 * swing] };
    },
  },
  // Both arms around the other, swaying.
  hug: {
    distance: 0.24,
    joints: (beat) => {
      const sway = 0.07 * Math.sin((tau * beat) / 2);
      return { ...standing, lean: 0.08 + sway, nearArm: [1.25, 1.75], farArm: [1.45, 1.6] };
    },
  },
  // Heads come together, and the arms hang.
  kiss: {
    distance: 0.42,
    joints: (beat) => {
      const bow = 0.5 * (1 - Math.cos(tau * Math.min(0.5, beat / 4)));
      return { ...standing, lean: 0.05 + 0.22 * bow, nod: 0.12 * bow, nearArm: [0.3, 0.5] };
    },
  },
};

/** Frame widths that two people who do not meet go past each other with. */
const passing = 0.3;

/**
 * Plans a video of two people who walk towards each other and shake hands, clap, embrace or kiss – or pass each other,
 * as in the videos without an interaction. Frames may be drawn in any order.
 */
export function planInteraction(
  interaction: Interaction,
  { width, height, frames }: VideoSize,
  rng: Rng,
): { draw(frame: number): RgbImage } {
  const light = rng.pick(times);
  const scenery = paintScenery(rng, width, height, 0, light);
  const people = [adult(rng), adult(rng)];
  const unit = height * rng.uniform(0.5, 0.6);
  const ground = scenery.horizon + (height - scenery.horizon) * rng.uniform(0.55, 0.85);
  const middle = width * rng.uniform(0.42, 0.58);
  const start = width * rng.uniform(0.26, 0.34);
  // They have met by the middle frame, which stands for the video.
  const met = frames * rng.uniform(0.3, 0.42);
  const phases = [rng.uniform(), rng.uniform()];
  const pace = rng.uniform(5, 7);
  const meeting = interaction === 'negative' ? null : meetings[interaction];
  const canvas = new Canvas(width, height, light);

  const offset = (frame: number): number => {
    if (!meeting) return start - ((start + passing * width) * (frame - 1)) / Math.max(1, frames - 1);
    const end = (meeting.distance * unit) / 2;
    const gone = Math.min(1, (frame - 1) / Math.max(1, met - 1));
    return start + (end - start) * gone;
  };
  return {
    draw(frame) {
      scenery.paint(canvas, 0, frame);
      const away = offset(frame);
      const settled = meeting ? Math.max(0, Math.min(1, (frame - met) / 3 + 1)) : 0;
      people.forEach((person, i) => {
        const facing = i === 0 ? 1 : -1;
        const walked = (start - away) / unit;
        const walking = jointsOf('walking', phases[i] + walked);
        const joints = meeting
          ? blend(walking, meeting.joints(Math.max(0, frame - met) / pace), settled)
          : walking;
        paintFigure(canvas, person({ action: 'none', phase: 0, joints }), {
          number: i + 1,
          x: middle - facing * away,
          ground: ground + (i === 0 ? 0 : 0.01 * height),
          lift: 0,
          facing,
          unit,
          reach: 0.35,
          around: [],
        });
      });
      return { width, height, data: new Uint8Array(canvas.rgb) };
    },
  };
}

/** Joints a share `t` of the way from some to others. */
function blend(from: Joints, to: Joints, t: number): Joints {
  const between = (a: number, b: number) => a + (b - a) * t;
  const bend = (a: Bend, b: Bend): Bend => [between(a[0], b[0]), between(a[1], b[1])];
  return {
    lean: between(from.lean, to.lean),
    nod: between(from.nod, to.nod),
    nearArm: bend(from.nearArm, to.nearArm),
    farArm: bend(from.farArm, to.farArm),
    nearLeg: bend(from.nearLeg, to.nearLeg),
    farLeg: bend(from.farLeg, to.farLeg),
  };
}

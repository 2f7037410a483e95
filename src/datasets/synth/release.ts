import type { Rng } from '../../core/rng.ts';
import { drawLabelSets } from './label-sets.ts';
import type { VideoSize } from './scene.ts';

/** What a video shows, and which side of the official split it is on. */
export interface VideoPlan {
  readonly id: string;
  /** The code that each of its figures acts. */
  readonly codes: readonly number[];
  /** 0 train, 1 test, as in `videoset.csv`. */
  readonly usage: 0 | 1;
}

/** The videos of a release, and the lines (`<video>/<frame>`) of its three lists. */
export interface ReleasePlan {
  readonly videos: readonly VideoPlan[];
  readonly splits: { readonly train: string[]; readonly val: string[]; readonly test: string[] };
}

/** Videos are called `synth-00001` and so on, in the order of `videoset.csv`. */
export const videoIdPrefix = 'synth-';

/** Share of the videos that the official split tests on (746 of 3782). */
const testShare = 0.2;
/** Share of their frames that the challenge validates on (1309 of 2353). */
const validationShare = 0.556;

/**
 * The annotated frames of a video, 1-based: three, spread over it, with whole 16-frame clips around them where the
 * video is long enough.
 */
export function keyFrames(frames: number): number[] {
  const first = Math.min(8, Math.ceil(frames / 3));
  const last = Math.max(frames - 8, Math.floor((2 * frames) / 3));
  return [first, Math.round((first + last) / 2), last];
}

/**
 * Plans a release. Both sides of the split are drawn from A2D's frequencies by themselves; validation and test share
 * the test videos and are split by frame, as in the challenge.
 */
export function planRelease(videos: number, frames: number, rng: Rng): ReleasePlan {
  const tests = Math.max(1, Math.round(testShare * videos));
  const cast = [
    ...drawLabelSets(videos - tests, rng).map((codes) => ({ codes, usage: 0 as const })),
    ...drawLabelSets(tests, rng).map((codes) => ({ codes, usage: 1 as const })),
  ];
  const planned = rng
    .shuffle(cast)
    .map((video, i) => ({ ...video, id: `${videoIdPrefix}${String(i + 1).padStart(5, '0')}` }));
  const samples = (usage: 0 | 1) =>
    planned
      .filter((video) => video.usage === usage)
      .flatMap(({ id }) => keyFrames(frames).map((frame) => `${id}/${String(frame).padStart(5, '0')}`));
  const rest = rng.shuffle(samples(1));
  const validation = Math.round(validationShare * rest.length);
  return {
    videos: planned,
    splits: {
      train: samples(0),
      val: rest.slice(0, validation).sort(),
      test: rest.slice(validation).sort(),
    },
  };
}

/** A row of `videoset.csv`: video, label, start, end, height, width, frames, annotated frames, usage. */
export function videoSetRow({ id, codes, usage }: VideoPlan, size: VideoSize, fps: number): string {
  const { width, height, frames } = size;
  return [
    id,
    codes[0],
    clock(0),
    clock(frames / fps),
    height,
    width,
    frames,
    keyFrames(frames).length,
    usage,
  ].join(',');
}

/** Seconds as h:mm:ss.ss. */
function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(2).padStart(5, '0');
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

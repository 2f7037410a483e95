import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { a2dLabels } from '../../core/labels.ts';
import { Rng } from '../../core/rng.ts';
import type { RgbImage } from '../../image/image.ts';
import { writeFolderAtomic } from '../../node/atomic-file.ts';
import { encodePng } from '../../node/image-file.ts';
import { writeAnnotation } from '../../node/mat-file.ts';
import { findFfmpeg, writeVideo } from '../../node/video-file.ts';
import { keyFrames, planRelease, type VideoPlan, videoSetRow } from './release.ts';
import { planScene, type VideoSize } from './scene.ts';

export interface SynthOptions {
  /** At least 5. */
  readonly videos: number;
  /** Frames a video, at least 8. */
  readonly frames: number;
  /** Height of a frame in pixels, even, at least 32; the width is four thirds of it. */
  readonly height: number;
  /** The same options and seed give the same PNG, .mat, csv and list files, byte for byte. */
  readonly seed: number;
  readonly onProgress?: (doneVideos: number, videos: number) => void;
}

/** What a synthetic release holds. */
export interface SynthSummary {
  /** The folder that holds `Release`. */
  readonly folder: string;
  readonly videos: number;
  /** Frames of all videos. */
  readonly frames: number;
  readonly annotatedFrames: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** Whether mp4 clips were written: where ffmpeg is missing there are only PNG frames. */
  readonly clips: boolean;
  /** Annotated frames of each split. */
  readonly splits: Record<'train' | 'val' | 'test', number>;
  /** Annotated frames that show each label, in class-index order. */
  readonly labels: readonly { readonly label: string; readonly frames: number }[];
}

const fps = 24;

/** Videos worked on at once: while one waits for the encoders, another is drawn. */
const inFlight = 3;

function check({ videos, frames, height, seed }: SynthOptions): void {
  const whole = (name: string, value: number, least: number, most: number) => {
    if (Number.isInteger(value) && value >= least && value <= most) return;
    throw usageError(`${name} must be a whole number in ${least}–${most}`, { received: String(value) });
  };
  whole('videos', videos, 5, 99_999);
  whole('frames', frames, 8, 99_999);
  whole('height', height, 32, 1080);
  whole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  if (height % 2) throw usageError('height must be even, as the clips need it', { received: String(height) });
}

async function checkEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw usageError(`${folder} cannot hold a release`, { received: error.message });
  });
  if (entries.length === 0) return;
  throw usageError('a synthetic release needs an empty or new folder', {
    received: `${folder}, which holds ${entries.length === 1 ? entries[0] : `${entries.length} entries`}`,
    remedy: 'name another folder, or empty this one',
  });
}

/** Runs `work` on every item, `inFlight` at a time; the first failure stops the rest. */
async function forEach<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        await work(items[index], index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: inFlight }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** Draws a video and writes its frames, its clip and its annotations. @returns the labels seen in each key frame */
async function writeScene(
  release: string,
  plan: VideoPlan,
  size: VideoSize,
  seed: number,
  clips: boolean,
): Promise<Set<number>[]> {
  const scene = planScene(plan.codes, size, new Rng(`${seed}/${plan.id}`));
  const framesFolder = join(release, 'pngs320H', plan.id);
  const annotations = join(release, 'Annotations', 'mat', plan.id);
  await Promise.all([mkdir(framesFolder, { recursive: true }), mkdir(annotations, { recursive: true })]);
  const images: RgbImage[] = [];
  for (let frame = 1; frame <= size.frames; frame++) images.push(scene.draw(frame));
  const tasks = images.map(async (image, i) =>
    writeFile(join(framesFolder, `${String(i + 1).padStart(5, '0')}.png`), await encodePng(image)),
  );
  if (clips) tasks.push(writeVideo(join(release, 'clips320H', `${plan.id}.mp4`), images, { fps }));
  const seen = keyFrames(size.frames).map((frame) => {
    const annotation = scene.annotate(frame);
    tasks.push(writeAnnotation(join(annotations, `${String(frame).padStart(5, '0')}.mat`), annotation));
    return new Set(annotation.objects.map(({ code }) => code));
  });
  const results = await Promise.allSettled(tasks);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return seen;
}

/**
 * Writes a synthetic A2D release to `<folder>/Release`: `videoset.csv`, `clips320H/<video>.mp4` (where ffmpeg is
 * there), `pngs320H/<video>/%05d.png`, `Annotations/mat/<video>/<frame>.mat` and `list/{train,val,test}.txt`, with
 * A2D's label sets in A2D's proportions. The release is complete or absent.
 *
 * @throws UserError when an option is out of range or the folder is not empty (exit 2), or the disk is full
 * @example await synthesize('data', { videos: 400, frames: 24, height: 96, seed: 1 });
 */
export async function synthesize(folder: string, options: SynthOptions): Promise<SynthSummary> {
  check(options);
  await checkEmpty(folder);
  const { videos, frames, height, seed, onProgress } = options;
  const size: VideoSize = { width: 2 * Math.round((height * 2) / 3), height, frames };
  const plan = planRelease(videos, frames, new Rng(`${seed}/release`));
  const clips = (await findFfmpeg()) !== null;
  const counts = new Map<number, number>(a2dLabels.codes.map((code) => [code, 0]));

  await writeFolderAtomic(join(folder, 'Release'), async (release) => {
    const write = async (path: string, lines: readonly string[]) => {
      const file = join(release, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${lines.join('\n')}\n`);
    };
    await write(
      'videoset.csv',
      plan.videos.map((video) => videoSetRow(video, size, fps)),
    );
    for (const [split, samples] of Object.entries(plan.splits)) await write(`list/${split}.txt`, samples);
    if (clips) await mkdir(join(release, 'clips320H'));
    let done = 0;
    onProgress?.(0, videos);
    await forEach(plan.videos, async (video) => {
      const seen = await writeScene(release, video, size, seed, clips);
      for (const codes of seen) for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
      onProgress?.(++done, videos);
    });
  });

  const { train, val, test } = plan.splits;
  return {
    folder,
    videos,
    frames: videos * frames,
    annotatedFrames: train.length + val.length + test.length,
    width: size.width,
    height,
    seed,
    clips,
    splits: { train: train.length, val: val.length, test: test.length },
    labels: a2dLabels.codes.map((code, i) => ({ label: a2dLabels.names[i], frames: counts.get(code) ?? 0 })),
  };
}

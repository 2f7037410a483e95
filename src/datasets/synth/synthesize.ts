import { mkdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { a2dLabels } from '../../core/labels.ts';
import { Tasks } from '../../core/parallel.ts';
import { Rng } from '../../core/rng.ts';
import type { RgbImage } from '../../image/image.ts';
import { recoverFolder, writeFolderAtomic } from '../../node/atomic-folder.ts';
import { findFfmpeg } from '../../node/ffmpeg.ts';
import { encodePng } from '../../node/image-file.ts';
import { encodeAnnotation } from '../../node/mat-file.ts';
import { type FolderKind, ownEntries } from '../../node/owned-folder.ts';
import { writeVideo } from '../../node/video-writer.ts';
import { syntheticMark } from '../dataset-kind.ts';
import { keyFrames, planRelease, type VideoPlan, videoIdPrefix, videoSetRow } from './release.ts';
import { planScene, type VideoSize } from './scene.ts';
import { inFlight, requireEmpty } from './synth-folder.ts';

export interface ReleaseOptions {
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
export interface ReleaseSummary {
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

function check({ videos, frames, height, seed }: ReleaseOptions): void {
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

/** A release that we made. */
const releaseFolder: FolderKind = {
  what: 'a synthetic release',
  mark: syntheticMark,
  entries: ({ videos, frames, height, seed }) =>
    [videos, frames, height, seed].every(Number.isInteger)
      ? ['videoset.csv', 'list', 'pngs320H', 'clips320H', 'Annotations']
      : null,
};

/**
 * Takes a synthetic release away again, out of the folder that `synthesize` was given; nothing where there is none.
 *
 * @throws UserError (exit 2) where the release is not one that `synthesize` made
 */
export async function removeRelease(folder: string): Promise<void> {
  const release = join(folder, 'Release');
  const [mark, ...parts] = await ownEntries(release, releaseFolder);
  if (mark === undefined) return;
  // The mark goes last: until then it says whose the rest is.
  for (const path of [...parts, mark]) await rm(join(release, path), { recursive: true });
  await rmdir(release).catch(() => {});
}

/** What every release has, parents first. */
const folders = ['list', 'pngs320H', 'Annotations', 'Annotations/mat'];

const fiveDigits = (number: number) => String(number).padStart(5, '0');

/**
 * Draws a video and starts to write its frames and annotations; yields the frames.
 *
 * @param onLabels is told the codes seen in each key frame
 */
async function* writeScene(
  release: string,
  { id, codes }: VideoPlan,
  size: VideoSize,
  seed: number,
  tasks: Tasks,
  onLabels: (codes: Set<number>) => void,
): AsyncGenerator<RgbImage> {
  const scene = planScene(codes, size, new Rng(`${seed}/${id}`));
  const frames = join(release, 'pngs320H', id);
  const annotations = join(release, 'Annotations', 'mat', id);
  await Promise.all([mkdir(frames), mkdir(annotations)]);
  const annotated = new Set(keyFrames(size.frames));
  for (let frame = 1; frame <= size.frames; frame++) {
    const image = scene.draw(frame);
    // Light compression: writing must not take longer than drawing.
    await tasks.start(async () =>
      writeFile(join(frames, `${fiveDigits(frame)}.png`), await encodePng(image, 1)),
    );
    if (annotated.has(frame)) {
      const annotation = scene.annotation();
      onLabels(new Set(annotation.objects.map(({ code }) => code)));
      const file = join(annotations, `${fiveDigits(frame)}.mat`);
      await tasks.start(async () => writeFile(file, await encodeAnnotation(annotation)));
    }
    yield image;
  }
}

/**
 * Writes a synthetic A2D release to `<folder>/Release`: `videoset.csv`, `clips320H/<video>.mp4` (where ffmpeg is
 * there), `pngs320H/<video>/%05d.png`, `Annotations/mat/<video>/<frame>.mat` and `list/{train,val,test}.txt`, with
 * A2D's label sets in A2D's proportions. `synthetic.json` says that it is not the real one. The release is complete or absent.
 *
 * @throws UserError when an option is out of range or the folder is not empty (exit 2), or the disk is full
 * @example await synthesize('data', { videos: 400, frames: 24, height: 96, seed: 1 });
 */
export async function synthesize(folder: string, options: ReleaseOptions): Promise<ReleaseSummary> {
  check(options);
  await recoverFolder(join(folder, 'Release'));
  await requireEmpty(folder);
  const { videos, frames, height, seed, onProgress } = options;
  const size: VideoSize = { width: 2 * Math.round((height * 2) / 3), height, frames };
  const plan = planRelease(videos, frames, new Rng(`${seed}/release`));
  const clips = (await findFfmpeg()) !== null;
  const counts = new Map<number, number>(a2dLabels.codes.map((code) => [code, 0]));

  await writeFolderAtomic(join(folder, 'Release'), async (release) => {
    const write = async (path: string, lines: readonly string[]) => {
      await writeFile(join(release, path), `${lines.join('\n')}\n`);
    };
    // One by one: a recursive mkdir would make the release's own folder anew after an interruption removed it.
    for (const path of folders) await mkdir(join(release, path));
    await write(
      'videoset.csv',
      plan.videos.map((video) => videoSetRow(video, size, fps)),
    );
    for (const [split, samples] of Object.entries(plan.splits)) await write(`list/${split}.txt`, samples);
    await write(syntheticMark, [JSON.stringify({ videos, frames, height, seed })]);
    const tasks = new Tasks(inFlight);
    async function* drawAll(): AsyncGenerator<RgbImage> {
      try {
        for (const [done, video] of plan.videos.entries()) {
          onProgress?.(done, videos);
          yield* writeScene(release, video, size, seed, tasks, (codes) => {
            for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
          });
        }
      } finally {
        await tasks.finish();
      }
    }
    if (clips) {
      await mkdir(join(release, 'clips320H'));
      const series = join(release, 'clips320H', `${videoIdPrefix}%05d.mp4`);
      await writeVideo(series, drawAll(), { fps, framesPerFile: frames });
    } else for await (const _ of drawAll());
    onProgress?.(videos, videos);
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

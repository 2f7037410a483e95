import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { a2dLabels } from '../../core/labels.ts';
import type { BrokenSamples } from '../broken-samples.ts';
import { syntheticMark } from '../dataset-kind.ts';
import { readLines } from '../text-lines.ts';

/** Where the parts of an A2D release lie. */
export interface A2dFolders {
  /** The folder with `Annotations/`. */
  readonly release: string;
  /** `Annotations/mat`: a folder a video, a MATLAB file a frame. */
  readonly annotations: string;
  /** `pngs320H`: a folder a video, its frames as `00001.png`, … */
  readonly frames: string;
  /** `clips320H`: the videos. */
  readonly clips: string;
  /** The challenge's `list`, or null in the official layout. */
  readonly lists: string | null;
  /** Whether `data synth` made it. */
  readonly synthetic: boolean;
}

/** A frame that a split names. */
export interface KeyFrame {
  readonly video: string;
  /** 1-based. */
  readonly frame: number;
}

const challengeSplits = ['train', 'val', 'test'];

export function sampleId({ video, frame }: KeyFrame): string {
  return `${video}/${frameName(frame)}`;
}

/** Frame numbers as the release writes them in file names: `00030`. */
export function frameName(frame: number): string {
  return String(frame).padStart(5, '0');
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/**
 * Finds the parts of a release under its root: the folder that has `Release/`, or that folder itself. The
 * challenge's `list/` and `pngs320H/` may lie in either.
 *
 * @throws UserError when there are no annotations
 */
export async function findA2d(root: string): Promise<A2dFolders> {
  const places = [join(root, 'Release'), root];
  const first = async (name: string) => {
    for (const place of places) if (await isFolder(join(place, name))) return join(place, name);
    return null;
  };
  const annotations = await first(join('Annotations', 'mat'));
  if (!annotations) {
    throw new UserError('an A2D release has Release/Annotations/mat', {
      received: (await isFolder(root)) ? `${root}, which has none` : `${root}, which is no folder`,
      remedy: 'name the folder that holds Release/, or make a synthetic one with `actionnx data synth`',
    });
  }
  const release = join(annotations, '..', '..');
  return {
    release,
    annotations,
    frames: (await first('pngs320H')) ?? join(release, 'pngs320H'),
    clips: (await first('clips320H')) ?? join(release, 'clips320H'),
    lists: await first('list'),
    synthetic: existsSync(join(release, syntheticMark)),
  };
}

/** The splits of a release: those the challenge's lists name, or the official `train` and `test`. */
export async function splitNames({ lists }: A2dFolders): Promise<string[]> {
  if (!lists) return ['train', 'test'];
  const files = new Set(await readdir(lists));
  const names = challengeSplits.filter((name) => files.has(`${name}.txt`));
  if (names.length === 0) {
    throw new UserError(`${lists} needs train.txt, val.txt or test.txt`, { received: 'none of them' });
  }
  return names;
}

/**
 * The key frames of a split: the lines of `list/<split>.txt`, or all annotated frames of the videos that
 * `videoset.csv` puts there.
 *
 * @throws UserError naming the file and line that is malformed, unless broken ones are skipped
 */
export function readSplit(folders: A2dFolders, split: string, broken: BrokenSamples): Promise<KeyFrame[]> {
  return folders.lists
    ? readList(join(folders.lists, `${split}.txt`), broken)
    : readVideoset(folders, split, broken);
}

async function readList(path: string, broken: BrokenSamples): Promise<KeyFrame[]> {
  const keyFrames: KeyFrame[] = [];
  const seen = new Set<string>();
  for (const { text, where } of await readLines(path)) {
    const [, video, digits] = /^([^/]+)\/(\d+)$/.exec(text) ?? [];
    const keyFrame = { video, frame: Number(digits) };
    if (!video) {
      broken.report(
        text,
        new UserError(`${where} needs <video>/<frame>`, { received: JSON.stringify(text) }),
      );
    } else if (seen.has(sampleId(keyFrame))) {
      broken.report(`${text} again`, new UserError(`${where} repeats a frame`, { received: text }));
    } else {
      seen.add(sampleId(keyFrame));
      keyFrames.push(keyFrame);
    }
  }
  return keyFrames;
}

/** videoset.csv: video, label, start, end, height, width, frames, annotated frames, usage (0 train, else test). */
async function readVideoset(folders: A2dFolders, split: string, broken: BrokenSamples): Promise<KeyFrame[]> {
  const path = join(folders.release, 'videoset.csv');
  const videos: string[] = [];
  const lines = new Map<string, string>();
  for (const { text, where } of await readLines(path)) {
    const fields = text.split(',').map((field) => field.trim());
    const [video, label, , , ...numbers] = fields;
    const usage = Number(fields[8]);
    const wellFormed = fields.length === 9 && video !== '' && numbers.every((field) => /^\d+$/.test(field));
    if (!wellFormed) {
      broken.report(
        where,
        new UserError(`${where} needs 9 fields (video, label, start, end, and five whole numbers)`, {
          received: JSON.stringify(text),
        }),
      );
    } else if (!a2dLabels.codes.includes(Number(label))) {
      broken.report(
        video,
        new UserError(`${where} needs one of A2D's 43 label codes`, { received: JSON.stringify(label) }),
      );
    } else if (lines.has(video)) {
      // Whatever the rows say of it: its frames would count twice, or train what they test.
      const received = `${video}, as ${lines.get(video)?.replace(`${path} `, '')} does`;
      broken.report(`${video} again`, new UserError(`${where} repeats a video`, { received }));
    } else {
      lines.set(video, where);
      if ((usage === 0) === (split === 'train')) videos.push(video);
    }
  }
  const keyFrames = await Promise.all(videos.map((video) => annotatedFrames(folders, video, broken)));
  return keyFrames.flat();
}

async function annotatedFrames(
  { annotations }: A2dFolders,
  video: string,
  broken: BrokenSamples,
): Promise<KeyFrame[]> {
  const folder = join(annotations, video);
  const files = await readdir(folder).catch(() => []);
  const named = files.filter((file) => /^\d+\.mat$/.test(file)).sort();
  const frames: number[] = [];
  for (const file of named) {
    const frame = Number.parseInt(file, 10);
    if (!frames.includes(frame)) frames.push(frame);
    else broken.report(`${video}/${file}`, new UserError(`${folder} repeats a frame`, { received: file }));
  }
  if (frames.length === 0) {
    broken.report(video, new UserError(`${folder} needs annotations (<frame>.mat)`, { received: 'none' }));
  }
  return frames.sort((a, b) => a - b).map((frame) => ({ video, frame }));
}

import { usageError } from '../core/errors.ts';
import type { LabelMap } from '../core/label-map.ts';
import { type LabelSpace, unionTruth } from '../core/labels.ts';
import type { RgbImage } from '../image/image.ts';

/** One labelled picture, key frame or video. */
export interface Sample {
  /** Unique in the data set: `<video>/<frame>` for a key frame. */
  readonly id: string;
  /** The video that it is of, or the picture, by its name in the data set. */
  readonly video: string;
  /** 1-based number of the key frame in its video, 1 for a picture; null where the labels are of the whole video. */
  readonly frame: number | null;
  /** Frames in the video; 1 for a picture. */
  readonly frameCount: number;
  /** Samples that must not be told apart by a split share it, as those of one video do. Default: the video. */
  readonly group?: string;
}

/** What a sample must not be told apart from by a split: its group, or else its video. */
export function groupOf({ group, video }: Pick<Sample, 'group' | 'video'>): string {
  return group ?? video;
}

/** The frame that stands for a sample, 1-based: its key frame, or the middle one of a whole video. */
export function keyFrameOf({ frame, frameCount }: Pick<Sample, 'frame' | 'frameCount'>): number {
  return frame ?? Math.floor(frameCount / 2) + 1;
}

/** A sample left out by `--skip-broken`, and why. */
export interface BrokenSample {
  readonly id: string;
  readonly reason: string;
}

/** A labelled set of pictures, key frames or videos. Frames are decoded at their own size; resizing is the model's business. */
export interface Dataset {
  readonly name: string;
  readonly root: string;
  /** What can be asked of a sample: the question that it is known for first. */
  readonly spaces: readonly [LabelSpace, ...LabelSpace[]];
  readonly splits: readonly string[];
  /** The samples of a split, in the list's order. @throws UserError (exit 2) for an unknown split */
  samples(split: string): Promise<Sample[]>;
  /** Multi-hot truth in the first space, samples × labels, row-major, 0 or 1. For others see `truthIn`. */
  truth(samples: readonly Sample[]): Promise<Uint8Array>;
  /** Decoded frames by 1-based number, in the order asked for (numbers may repeat). */
  frames(video: string, numbers: readonly number[]): Promise<RgbImage[]>;
  /** Every frame of a video in its order, decoded in one pass, where a video is one file. */
  everyFrame?(video: string): AsyncGenerator<RgbImage>;
  /** The key frame's annotation, where the data set has pixels labelled, from which the truth follows. */
  labelMap?(sample: Sample): Promise<LabelMap>;
  /** Samples found broken so far; empty unless the data set was opened with `skipBroken`. */
  readonly broken: readonly BrokenSample[];
}

/** A space by its name. @throws UserError (exit 2) where the data set has none of that name */
export function spaceOf({ name: dataset, spaces }: Dataset, name: string): LabelSpace {
  const found = spaces.find((space) => space.name === name);
  if (found) return found;
  throw usageError(`${dataset} has no labels of that name`, {
    received: name,
    remedy: `known: ${spaces.map((space) => space.name).join(', ')}`,
  });
}

/** Multi-hot truth in a space of the data set's, samples × labels, row-major, 0 or 1. @throws UserError as `spaceOf` */
export async function truthIn(
  dataset: Dataset,
  samples: readonly Sample[],
  name: string,
): Promise<Uint8Array> {
  const space = spaceOf(dataset, name);
  const [main] = dataset.spaces;
  const truth = await dataset.truth(samples);
  if (space === main) return truth;
  return unionTruth(truth, main.names.length, space);
}

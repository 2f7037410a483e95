import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../core/errors.ts';
import { forEachParallel } from '../../core/parallel.ts';
import { extractFrames } from '../../node/video-frames.ts';
import { BrokenSamples } from '../broken-samples.ts';
import type { BrokenSample } from '../dataset.ts';
import { findA2d, isFolder } from './a2d-splits.ts';

export interface ExtractSummary {
  /** Where the frames are. */
  readonly folder: string;
  readonly videos: number;
  /** Videos whose frames were there already. */
  readonly present: number;
  readonly extracted: number;
  /** Frames written now. */
  readonly frames: number;
  /** Videos that could not be decoded; empty unless `skipBroken`. */
  readonly broken: readonly BrokenSample[];
}

/**
 * Makes an A2D release's `pngs320H` from its `clips320H`: every frame of every clip as `<video>/00001.png`, …
 * A video's folder appears once it is complete, so an interrupted run goes on where it stopped.
 *
 * @param root the folder that holds `Release/`, or that folder itself
 * @throws UserError naming the first clip that is broken (unless skipped), when there are no clips, when ffmpeg is
 *   missing or when the disk is full
 */
export async function extractA2d(
  root: string,
  options: {
    /** ffmpeg processes at once. Default: one a core. */
    readonly jobs?: number;
    readonly skipBroken?: boolean;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): Promise<ExtractSummary> {
  const { clips, frames: folder } = await findA2d(root);
  const files = await readdir(clips).catch(() => []);
  const videos = files.flatMap((file) => /^(.+)\.mp4$/.exec(file)?.[1] ?? []).sort();
  if (videos.length === 0) throw new UserError('extracting needs clips320H/<video>.mp4', { received: clips });

  const broken = new BrokenSamples(options.skipBroken ?? false);
  let done = 0;
  let present = 0;
  let extracted = 0;
  let frames = 0;
  await forEachParallel(videos, options.jobs ?? availableParallelism(), async (video) => {
    const target = join(folder, video);
    if (await isFolder(target)) {
      present++;
    } else {
      try {
        const count = await extractFrames(join(clips, `${video}.mp4`), target);
        frames += count;
        extracted++;
      } catch (error) {
        // Another process may have been faster.
        if (await isFolder(target)) present++;
        else broken.report(video, error);
      }
    }
    options.onProgress?.(++done, videos.length);
  });
  return { folder, videos: videos.length, present, extracted, frames, broken: broken.list };
}

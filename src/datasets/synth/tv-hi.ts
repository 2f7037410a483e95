import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { Tasks } from '../../core/parallel.ts';
import { Rng } from '../../core/rng.ts';
import { requireFfmpeg } from '../../node/ffmpeg.ts';
import { writeVideo } from '../../node/video-writer.ts';
import { isTestVideo, tvHiClasses, tvHiFolder, tvHiName, tvHiVideos } from '../tv-hi.ts';
import { type Interaction, planInteraction } from './interaction.ts';
import { inFlight, settleSize, writeSynthetic } from './synth-folder.ts';
import type { SynthKind, SynthOptions, SynthSummary } from './synth-kind.ts';

const defaults = { videos: tvHiVideos * tvHiClasses.length, frames: 24, height: 96 };

/** TV Human Interactions in small: two figures whose motion is the class. */
export const syntheticTvHi: SynthKind = {
  name: 'tv-hi',
  title: 'short videos of four interactions, in the layout of TV Human Interactions',
  defaults,
  make: synthesizeTvHi,
};

/**
 * Writes a synthetic TV Human Interactions: `tv_human_interactions_videos/<class>_<number>.avi`, as many of each of the
 * four classes, to within one, and half as many again without an interaction. A class's videos are numbered so that its
 * halves, by the authors' sets, are equal to within one.
 *
 * @param options `videos` counts those with an interaction, 8–200; `frames` is the mean, from which single ones differ
 *   by up to a quarter
 * @throws UserError where ffmpeg is missing, or as `SynthKind` says
 */
export async function synthesizeTvHi(folder: string, options: SynthOptions): Promise<SynthSummary> {
  const size = settleSize(options, defaults, { videos: 8, frames: 8 });
  const { videos, frames, width, height } = size;
  const { seed, onProgress } = options;
  if (videos > defaults.videos) {
    throw usageError('TV Human Interactions has at most 200 videos', { received: String(videos) });
  }
  await requireFfmpeg();
  const plan = planVideos(videos);
  const made = { dataset: 'tv-hi', videos, frames, height, seed };
  await writeSynthetic(folder, made, [tvHiFolder], async (root) => {
    const tasks = new Tasks(inFlight);
    try {
      for (const [done, { label, number }] of plan.entries()) {
        const name = tvHiName(label, number);
        const rng = new Rng(`${seed}/tv-hi/${name}`);
        const length = Math.round(frames * rng.uniform(0.75, 1.25));
        const { draw } = planInteraction(label, { width, height, frames: length }, rng);
        const images = Array.from({ length }, (_, frame) => draw(frame + 1));
        await tasks.start(() => writeVideo(join(root, tvHiFolder, `${name}.avi`), images, { fps: 25 }));
        onProgress?.(done + 1, plan.length);
      }
    } finally {
      await tasks.finish();
    }
  });
  const test = plan.filter(({ label, number }) => label !== 'negative' && isTestVideo(label, number)).length;
  return {
    folder,
    dataset: 'tv-hi',
    videos: plan.length,
    width,
    height,
    seed,
    splits: { 'set 1 (test)': test, 'set 2 (train, val)': videos - test },
    labels: tvHiClasses.map((label) => ({
      label,
      samples: plan.filter((video) => video.label === label).length,
    })),
  };
}

function planVideos(videos: number): { label: Interaction; number: number }[] {
  const numbers = Array.from({ length: tvHiVideos }, (_, i) => i + 1);
  const interactions = tvHiClasses.flatMap((label, i) => {
    const count = Math.floor((videos + tvHiClasses.length - 1 - i) / tvHiClasses.length);
    const tests = numbers.filter((number) => isTestVideo(label, number)).slice(0, Math.floor(count / 2));
    const others = numbers.filter((number) => !isTestVideo(label, number)).slice(0, Math.ceil(count / 2));
    return [...tests, ...others].sort((a, b) => a - b).map((number) => ({ label, number }));
  });
  const negatives = Array.from({ length: Math.floor(videos / 2) }, (_, i) => ({
    label: 'negative' as const,
    number: i + 1,
  }));
  return [...interactions, ...negatives];
}

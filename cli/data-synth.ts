import type { CommandModule } from 'yargs';
import { type SynthSummary, synthesize } from '../src/data/synth/synthesize.ts';
import { progressBar } from './progress.ts';
import { requireSeed } from './seed.ts';
import { table } from './table.ts';

interface SynthArguments {
  dir: string;
  videos: number;
  frames: number;
  height: number;
  seed: number;
  json: boolean;
}

export const command = {
  command: 'synth <dir>',
  describe: 'make a synthetic release with the layout, labels and label frequencies of A2D',
  builder: (cli) =>
    cli
      .positional('dir', {
        type: 'string',
        demandOption: true,
        describe: 'a new or empty folder; the release goes to <dir>/Release',
      })
      .option('videos', { type: 'number', default: 400, describe: 'how many videos' })
      .option('frames', { type: 'number', default: 24, describe: 'frames a video' })
      .option('height', {
        type: 'number',
        default: 96,
        describe: 'height of a frame in pixels; the width is 4/3 of it',
      })
      .option('seed', {
        type: 'number',
        default: 1,
        describe: 'another seed, another release; the same, the same bytes',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 data synth data/synth', '400 videos of 24 frames, 128×96')
      .example('$0 data synth data/small --videos 40 --height 64 --seed 7', 'a small one'),
  handler: async ({ dir, json, ...options }) => {
    requireSeed(options.seed);
    let bar: ReturnType<typeof progressBar> | undefined;
    const onProgress = (done: number, total: number) => {
      bar ??= progressBar('videos', total);
      bar.update(done);
    };
    const summary = await synthesize(dir, { ...options, onProgress }).finally(() => bar?.stop());
    console.log(json ? JSON.stringify(summary, null, 2) : summaryText(summary));
  },
} as CommandModule<object, SynthArguments> as unknown as CommandModule;

function summaryText(summary: SynthSummary): string {
  const { folder, videos, frames, width, height, clips, splits, labels } = summary;
  const listed = [...labels].sort((a, b) => b.frames - a.frames);
  const third = Math.ceil(listed.length / 3);
  const rows = Array.from({ length: third }, (_, row) =>
    [0, 1, 2].flatMap((column) => {
      const entry = listed[row + column * third];
      return entry ? [entry.label, String(entry.frames)] : ['', ''];
    }),
  );
  const heads = ['label', 'frames'];
  return [
    `${videos} videos, ${frames} frames of ${width}×${height}, in ${folder}/Release`,
    ...(clips ? [] : ['no mp4 clips: ffmpeg is not installed; the PNG frames are complete']),
    table(['split', 'annotated frames'], Object.entries(splits)),
    table([...heads, ...heads, ...heads], rows),
  ].join('\n\n');
}

import type { CommandModule } from 'yargs';
import { usageError } from '../src/core/errors.ts';
import { synthKinds } from '../src/datasets/synth/index.ts';
import type { SynthSize, SynthSummary } from '../src/datasets/synth/synth-kind.ts';
import { type ReleaseSummary, synthesize } from '../src/datasets/synth/synthesize.ts';
import { progressBar } from './progress.ts';
import { requireSeed } from './seed.ts';
import { table } from './table.ts';

interface SynthArguments extends Partial<SynthSize> {
  dir: string;
  like: string;
  seed: number;
  json: boolean;
}

/** What `--like a2d` makes where nothing else is asked for. */
const release = { videos: 400, frames: 24, height: 96 };

const dimensions = ['pictures', 'videos', 'frames', 'height'] as const;

export const command = {
  command: 'synth <dir>',
  describe: 'make a small synthetic data set in the true layout of A2D or another',
  builder: (cli) =>
    cli
      .positional('dir', {
        type: 'string',
        demandOption: true,
        describe: 'a new or empty folder; like a2d: the release goes to <dir>/Release',
      })
      .option('like', {
        choices: ['a2d', ...synthKinds.names],
        default: 'a2d',
        describe: 'whose layout, labels and proportions it has',
      })
      .option('videos', { type: 'number', describe: `how many videos ${defaultsOf('videos')}` })
      .option('pictures', { type: 'number', describe: `how many pictures ${defaultsOf('pictures')}` })
      .option('frames', { type: 'number', describe: `frames a video ${defaultsOf('frames')}` })
      .option('height', {
        type: 'number',
        describe: `height of a picture or frame in pixels; the width is 4/3 of it ${defaultsOf('height')}`,
      })
      .option('seed', {
        type: 'number',
        default: 1,
        describe: 'another seed, another data set; the same, the same bytes',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('$0 data synth data/synth', '400 videos of 24 frames, 128×96, like A2D')
      .example('$0 data synth data/small --videos 40 --height 64 --seed 7', 'a small one')
      .example('$0 data synth data/tv --like tv-hi --videos 40', 'interactions of two figures'),
  handler: async ({ dir, like, seed, json, ...asked }) => {
    requireSeed(seed);
    const defaults = defaultSizes().find(({ name }) => name === like)?.size ?? {};
    const size: Partial<SynthSize> = Object.fromEntries(
      dimensions.flatMap((name) => {
        if (asked[name] !== undefined && !(name in defaults)) {
          const has = dimensions.filter((dimension) => dimension in defaults).map((flag) => `--${flag}`);
          throw usageError(`--like ${like} has no --${name}`, { remedy: `it has ${has.join(', ')}` });
        }
        return asked[name] === undefined ? [] : [[name, asked[name]]];
      }),
    );
    let bar: ReturnType<typeof progressBar> | undefined;
    const onProgress = (done: number, total: number) => {
      bar ??= progressBar('videos' in defaults && !('pictures' in defaults) ? 'videos' : 'pictures', total);
      bar.update(done);
    };
    const text =
      like === 'a2d'
        ? await synthesize(dir, { ...release, ...size, seed, onProgress })
            .then((summary) => print(summary, json, releaseText))
            .finally(() => bar?.stop())
        : await synthKinds
            .get(like)
            .make(dir, { ...size, seed, onProgress })
            .then((summary) => print(summary, json, summaryText))
            .finally(() => bar?.stop());
    console.log(text);
  },
} as CommandModule<object, SynthArguments> as unknown as CommandModule;

function defaultSizes(): { name: string; size: Partial<SynthSize> }[] {
  const others = synthKinds.all.map(({ name, defaults }) => ({ name, size: defaults }));
  return [{ name: 'a2d', size: release }, ...others];
}

/** The defaults of a dimension, as help shows them. */
function defaultsOf(dimension: keyof SynthSize): string {
  const sizes = defaultSizes().flatMap(({ name, size }) => {
    const value = size[dimension];
    return value === undefined ? [] : [{ name, value }];
  });
  const [{ value: first }] = sizes;
  if (sizes.every(({ value }) => value === first)) return `[${first}]`;
  return `[${sizes.map(({ name, value }) => `${name}: ${value}`).join(', ')}]`;
}

function print<Summary>(summary: Summary, json: boolean, text: (summary: Summary) => string): string {
  return json ? JSON.stringify(summary, null, 2) : text(summary);
}

function summaryText({ folder, pictures, videos, width, height, splits, labels }: SynthSummary): string {
  const parts = Object.entries({ pictures, videos }).filter(([, count]) => count);
  return [
    `${parts.map(([what, count]) => `${count} ${what}`).join(' and ')} of ${width}×${height}, in ${folder}`,
    table(['split', 'samples'], Object.entries(splits)),
    table(
      ['label', 'samples'],
      labels.map(({ label, samples }) => [label, samples]),
    ),
  ].join('\n\n');
}

function releaseText(summary: ReleaseSummary): string {
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

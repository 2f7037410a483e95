import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pc from 'picocolors';
import type { CommandModule } from 'yargs';
import type { Result } from '../eval/result.ts';
import { UserError } from '../src/core/errors.ts';
import { openA2d } from '../src/datasets/a2d/a2d.ts';
import { removeRelease } from '../src/datasets/synth/synthesize.ts';
import { writeFileAtomic } from '../src/node/atomic-file.ts';
import { type FolderKind, ownEntries } from '../src/node/owned-folder.ts';
import { resultTable } from './eval.ts';
import { duration } from './progress.ts';
import { greatestSeed, requireSeed } from './seed.ts';

interface Arguments {
  out: string;
  seed: number;
  backend: string;
  json: boolean;
}

/** The reports' three members of the ensemble, small enough to learn from scratch on two cores. */
const systems = ['pcd-resnet-tiny', 'apcd-resnet-tiny', 'pcd-r2plus1d-tiny'] as const;

const release = { videos: 1300, frames: 16, height: 64 } as const;

/** `actionnx demo`: the commands of the whole job, one after another, as a user would type them. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'demo',
  describe: 'the whole job on a small synthetic A2D: data, train, export, score, report, page',
  builder: (yargs) =>
    yargs
      .option('out', { type: 'string', default: 'runs/demo', describe: 'folder for all that it makes' })
      .option('seed', { type: 'number', default: 1, describe: 'of the data and of the training' })
      .option('backend', { type: 'string', default: 'auto', describe: 'what tfjs trains with' })
      .option('json', { type: 'boolean', default: false, describe: 'print result.json and the paths' })
      .example('actionnx demo --seed 2', 'another data set, other weights') as never,
  handler: async ({ out, seed, backend, json }) => {
    // Each system is trained with a seed of its own.
    requireSeed(seed, Math.floor(greatestSeed / systems.length) - 1);
    const started = performance.now();
    await startOver(out, seed);
    const paths = {
      data: join(out, 'data'),
      cache: join(out, 'cache'),
      result: join(out, 'eval', 'result.json'),
      report: join(out, 'report', 'index.html'),
      site: join(out, 'site'),
    };
    const runOf = (system: string) => join(out, 'train', system);
    const bundles = systems.map((system) => join(out, 'bundles', system));

    step('A synthetic A2D release');
    const size = Object.entries(release).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
    await actionnx(['data', 'synth', paths.data, ...size, '--seed', String(seed)]);
    await actionnx(['data', 'info', paths.data]);

    step('Train three systems, side by side');
    const flags = ['--data', paths.data, '--backend', backend];
    await Promise.all(
      systems.map((name, i) => {
        // Each its own: systems that start alike and see the same order err alike, and an ensemble gains little.
        const seeds = ['--seed', String(systems.length * seed + i)];
        return actionnx(['train', name, '--out', runOf(name), ...flags, ...seeds], { name });
      }),
    );

    step('Export each to ONNX, and prove the graph against tfjs');
    for (const [i, system] of systems.entries()) {
      await actionnx(['export', runOf(system), '--out', bundles[i]]);
    }

    step('Score the test split, weigh the ensemble by validation F1, draw the report');
    const scoring = ['--data', paths.data, '--split', 'test', '--cache', paths.cache];
    const outputs = ['--out', join(out, 'eval'), '--report', join(out, 'report')];
    const evaluation = ['eval', ...bundles, ...scoring, '--ensemble', 'vote-average', ...outputs, '--json'];
    const result: Result = JSON.parse(await actionnx(evaluation, { capture: true }));

    step('Predict files, and put all of it on a page');
    const examples = await exampleFiles(paths.data);
    await actionnx(['predict', ...bundles, ...examples, '--rate', '2']);
    await actionnx(['deploy', ...bundles, '--out', paths.site, '--example', ...examples]);

    if (json) {
      console.log(JSON.stringify({ result, paths }, null, 2));
      return;
    }
    console.log(`\n${resultTable(result)}\n`);
    console.log(`result  ${paths.result}`);
    console.log(`report  ${paths.report}`);
    console.log(
      `page    ${join(paths.site, 'index.html')}: look at it with \`npx actionnx serve ${paths.site}\``,
    );
    console.log(`took    ${duration((performance.now() - started) / 1000)}`);
  },
};

/** A test video (where ffmpeg made one) and a key frame of it. */
async function exampleFiles(data: string): Promise<string[]> {
  const [{ id, video }] = await (await openA2d(data)).samples('test');
  const [name, frame] = id.split('/');
  const clip = join(data, 'Release', 'clips320H', `${video}.mp4`);
  const still = join(data, 'Release', 'pngs320H', name, `${frame.padStart(5, '0')}.png`);
  return [clip, still].filter(existsSync);
}

/** An earlier demo is known by its mark. What the commands replace by themselves is left to them. */
const demoFolder: FolderKind = {
  what: 'the demo',
  mark: 'demo.json',
  entries({ seed, release, systems }) {
    if (!Number.isInteger(seed) || !Number.isInteger(Object(release).videos)) return null;
    if (!Array.isArray(systems)) return null;
    return [...systems.flatMap(runFiles), 'eval/result.json', 'report/index.html'];
  },
};

function runFiles(system: unknown): string[] {
  const files = ['run.json', 'metrics.jsonl', 'checkpoints/best.safetensors', 'checkpoints/last.safetensors'];
  return files.map((file) => `train/${system}/${file}`);
}

/** Removes an earlier demo's runs, figures and data. @throws UserError (exit 2) for a folder that is not one */
async function startOver(out: string, seed: number): Promise<void> {
  for (const path of await ownEntries(out, demoFolder)) {
    if (path !== demoFolder.mark) await rm(join(out, path), { recursive: true });
  }
  await removeRelease(join(out, 'data'));
  await writeFileAtomic(join(out, demoFolder.mark), `${JSON.stringify({ seed, release, systems })}\n`);
}

let steps = 0;

function step(title: string): void {
  process.stderr.write(`\n${pc.bold(`${++steps}. ${title}`)}\n`);
}

/**
 * Runs one command of this program in a process of its own and shows it: its lines on stderr, behind `name` where
 * several run at once. Returns its standard output where captured.
 *
 * @throws UserError when it fails; its own message has been shown by then
 */
async function actionnx(
  args: readonly string[],
  options: { name?: string; capture?: boolean } = {},
): Promise<string> {
  const { name, capture } = options;
  process.stderr.write(pc.dim(`$ actionnx ${args.join(' ')}\n`));
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1], ...args], {
    stdio: ['ignore', 'pipe', name ? 'pipe' : 'inherit'],
  });
  const stop = () => child.kill();
  process.once('exit', stop);
  let captured = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (capture) captured += text;
    else show(text, name);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => show(text, name));
  const code = await exitCode(child);
  process.off('exit', stop);
  if (code !== 0) {
    throw new UserError('the demo stopped', {
      received: `exit code ${code} of \`actionnx ${args[0]}\``,
      remedy: 'its reason stands above',
    });
  }
  return captured;
}

function show(text: string, name: string | undefined): void {
  const prefix = name ? pc.cyan(`${name.padEnd(18)} `) : '';
  process.stderr.write(text.replace(/^(?=.)/gm, prefix));
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

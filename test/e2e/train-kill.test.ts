import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { synthesize } from '../../src/datasets/synth/synthesize.ts';

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let root: string;

beforeAll(async () => {
  if (!existsSync(cli))
    throw new Error(`${cli} is not there; run \`npm run build\` first, as \`npm test\` does`);
  root = await mkdtemp(join(tmpdir(), 'actionnx-kill-'));
  await synthesize(join(root, 'data'), { videos: 10, frames: 20, height: 48, seed: 3 });
});

afterAll(() => rm(root, { recursive: true, force: true }));

const epochs = 4;

function start(out: string, ...flags: string[]): ChildProcess {
  const recipe = ['--epochs', String(epochs), '--batch', '4', '--seed', '2', '--backend', 'wasm'];
  const args = [
    'train',
    'pcd-resnet-tiny',
    '--data',
    join(root, 'data'),
    '--out',
    join(root, out),
    ...recipe,
  ];
  const env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache') };
  return spawn(process.execPath, [cli, ...args, ...flags], { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

async function ended(
  child: ChildProcess,
): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...result) => resolve(result));
  });
  return { code, signal, stderr };
}

async function epochsDone(out: string): Promise<number> {
  const metrics = await readFile(join(root, out, 'metrics.jsonl'), 'utf8').catch(() => '');
  return metrics.split('\n').length - 1;
}

/** Sends a signal once an epoch is done, in the middle of the second. */
async function interrupt(child: ChildProcess, out: string, signal: NodeJS.Signals) {
  const end = ended(child);
  while ((await epochsDone(out)) < 1 && child.exitCode === null) await setTimeout(5);
  child.kill(signal);
  const result = await end;
  expect(await epochsDone(out), 'it was to be stopped before its end').toBeLessThan(epochs);
  return result;
}

const checkpoints = (out: string) =>
  Promise.all(
    ['best', 'last'].map((name) => readFile(join(root, out, 'checkpoints', `${name}.safetensors`))),
  );

test('killed or interrupted in an epoch and resumed, training ends with the same bytes', async () => {
  expect(await ended(start('whole'))).toMatchObject({ code: 0 });

  expect((await interrupt(start('killed'), 'killed', 'SIGKILL')).signal).toBe('SIGKILL');
  expect(await ended(start('killed', '--resume'))).toMatchObject({ code: 0 });

  const stopped = await interrupt(start('stopped'), 'stopped', 'SIGINT');
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toMatch(/training stopped in .*--resume/);
  expect(await ended(start('stopped', '--resume'))).toMatchObject({ code: 0 });

  const whole = await checkpoints('whole');
  for (const out of ['killed', 'stopped']) {
    const resumed = await checkpoints(out);
    for (const [i, bytes] of whole.entries())
      expect(bytes.equals(resumed[i]), `${out}, checkpoint ${i}`).toBe(true);
  }
}, 300_000);

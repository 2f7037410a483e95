import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (npm test does)`);

const folder = mkdtempSync(join(tmpdir(), 'actionnx-data-synth-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
});

/** Runs `actionnx data synth`; `onError` sees what it says on stderr, as it says it. */
function synth(
  args: string[],
  onError: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  const child = spawn(process.execPath, [main, 'data', 'synth', ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (output.stdout += text));
  child.stderr.on('data', (text) => {
    output.stderr += text;
    onError(String(text), (signal) => child.kill(signal));
  });
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, ...output }));
  });
}

const small = ['--videos', '6', '--frames', '9', '--height', '32'];

describe('actionnx data synth', () => {
  it('makes a release and prints what it holds', async () => {
    const { status, stdout, stderr } = await synth([root, ...small]);
    expect(status).toBe(0);
    expect(stdout).toContain(`6 videos, 54 frames of 42×32, in ${root}/Release`);
    expect(stdout).toMatch(/train +15\n/);
    expect(stderr).toContain('videos 6/6');
    expect(readdirSync(join(root, 'Release', 'pngs320H'))).toHaveLength(6);
  });

  it('prints JSON', async () => {
    const { status, stdout } = await synth([root, ...small, '--seed', '5', '--json']);
    expect(status).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ folder: root, videos: 6, frames: 54, annotatedFrames: 18, seed: 5 });
    expect(summary.labels).toHaveLength(43);
  });

  it('makes other data sets, which data info then reads', async () => {
    const { status, stdout, stderr } = await synth([
      ...[root, '--like', 'class-folders', '--pictures', '70', '--height', '32'],
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain(`70 pictures of 42×32, in ${root}`);
    expect(stdout).toMatch(/train +49\n/);
    expect(stdout).toMatch(/dog +10\n/);
    expect(stderr).toContain('pictures 70/70');
    const info = execFileSync(process.execPath, [main, 'data', 'info', root, '--json'], {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') },
    });
    expect(JSON.parse(info)).toMatchObject({
      dataset: 'synthetic-folder',
      splits: [{ samples: 49 }, {}, {}],
    });
  });

  it('takes what a data set cannot have, or does not exist, for wrong usage', async () => {
    const pictures = await synth([root, '--like', 'tv-hi', '--pictures', '70']);
    expect(pictures.status).toBe(2);
    expect(pictures.stderr).toMatch(
      /^actionnx: --like tv-hi has no --pictures; it has --videos, --frames, --height\nusage: /,
    );
    const unknown = await synth([root, '--like', 'cifar']);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain('class-folders');
    expect(readdirSync(root)).toEqual([]);
  });

  it('takes a folder that holds something for wrong usage', async () => {
    writeFileSync(join(root, 'mine.txt'), '');
    const { status, stdout, stderr } = await synth([root, ...small]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/needs an empty or new folder; received .*mine\.txt; name another folder/);
    expect(readdirSync(root)).toEqual(['mine.txt']);
  });

  it('takes impossible numbers for wrong usage', async () => {
    const { status, stderr } = await synth([root, '--height', '33']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^actionnx: height must be even, as the clips need it; received 33\nusage: /);
    expect(readdirSync(root)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing half-made on %s', async (signal) => {
    const { status } = await synth([root, '--videos', '4000'], (text, kill) => {
      if (text.includes('videos')) kill(signal);
    });
    expect(status).toBe(1);
    expect(readdirSync(root)).toEqual([]);
  });
});

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePicture } from '../datasets/small-media.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (npm test does)`);

const folder = mkdtempSync(join(tmpdir(), 'actionnx-data-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function actionnx(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (output.stdout += text));
  child.stderr.on('data', (text) => (output.stderr += text));
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, ...output }));
  });
}

const cells = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/));

describe('actionnx data check', () => {
  const [good, bad] = [join(folder, 'good'), join(folder, 'bad')];
  beforeAll(async () => {
    await writePicture(good, 'train/dog/a.png', 10);
    await writePicture(good, 'val/dog/b.png', 20);
    for (let i = 0; i < 25; i++) {
      await writePicture(bad, `train/dog/${i}.png`, i);
      await writePicture(bad, `val/dog/${i}.png`, i);
    }
    await writePicture(bad, 'train/cat/a.png', 100);
  });

  it('says so and exits with 0 where nothing is found', async () => {
    const { status, stdout, stderr } = await actionnx('data', 'check', good);
    expect(status).toBe(0);
    expect(cells(stdout)).toContainEqual(['unreadable', '0']);
    expect(stderr).toContain('compare 2/2');
  });

  it('counts what is found, shows the first of it and exits with 1', async () => {
    const { status, stdout } = await actionnx('data', 'check', bad);
    expect(status).toBe(1);
    expect(cells(stdout)).toContainEqual(['the same pixels in several splits', '25']);
    expect(cells(stdout)).toContainEqual(['a label without a sample in a split', '1']);
    expect(stdout).toContain('  train: train/dog/0.png, val: val/dog/0.png\n');
    expect(stdout).toContain('  and 5 more: --json lists all\n');
    expect(stdout).toContain('a label without a sample in a split:\n  val: cat\n');
  });

  it('prints JSON, with all of it', async () => {
    const { status, stdout } = await actionnx('data', 'check', bad, '--json');
    expect(status).toBe(1);
    const { duplicates, absentLabels } = JSON.parse(stdout);
    expect(duplicates).toHaveLength(25);
    expect(absentLabels).toEqual([{ split: 'val', label: 'cat' }]);
  });

  it('fails in one line on a folder that is no data set', async () => {
    const { status, stdout, stderr } = await actionnx('data', 'check', folder);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^actionnx: a data set is known by what its folder holds; [^\n]*\n$/);
  });
});

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { smallFrame, writeSmallRelease } from '../datasets/small-release.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (npm test does)`);

const folder = mkdtempSync(join(tmpdir(), 'actionnx-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
let frames: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
  frames = join(root, 'Release', 'pngs320H');
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, XDG_CACHE_HOME: join(root, 'cache') },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (output.stdout += text));
  child.stderr.on('data', (text) => (output.stderr += text));
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, ...output }));
  });
  return { child, ended };
}

const actionnx = (...args: string[]) => start(...args).ended;

/** Cells of a printed table, row by row. */
const cells = (text: string) => text.split('\n').map((line) => line.trim().split(/ {2,}/));

describe('actionnx data info', () => {
  it('prints counts as tables and as JSON', async () => {
    await writeSmallRelease(root, 'official');
    const text = await actionnx('data', 'info', root);
    expect(text.status).toBe(0);
    expect(cells(text.stdout)).toContainEqual(['train', '3', '2', '1.33']);
    expect(cells(text.stdout)).toContainEqual(['test', '2', '1', '0.50']);
    expect(cells(text.stdout)).toContainEqual(['adult-running', '2', '0']);
    const { status, stdout } = await actionnx('data', 'info', root, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      dataset: 'a2d',
      root,
      splits: [{ samples: 3 }, { samples: 2 }],
    });
  });

  it('fails in one line at a broken file, or lists it', async () => {
    await writeSmallRelease(root, 'challenge');
    const broken = join(root, 'Release', 'Annotations', 'mat', '_bird', '00003.mat');
    truncateSync(broken, 2000);
    const strict = await actionnx('data', 'info', root);
    expect(strict.status).toBe(1);
    expect(strict.stdout).toBe('');
    expect(strict.stderr.trim().split('\n').at(-1)).toMatch(
      `actionnx: cannot read the annotation ${broken};`,
    );
    const skipping = await actionnx('data', 'info', root, '--skip-broken');
    expect(skipping.status).toBe(0);
    expect(skipping.stdout).toContain(
      `1 broken sample left out:\n  _bird/00003: cannot read the annotation ${broken}`,
    );
  });
});

describe('actionnx data extract', () => {
  beforeEach(async () => {
    await writeSmallRelease(root, 'challenge', { frames: false });
    mkdirSync(join(root, 'Release', 'clips320H'));
  });
  /** Written by the first that wants it. */
  let long: Promise<void> | undefined;
  const clip = (video: string) => join(root, 'Release', 'clips320H', `${video}.mp4`);

  it('extracts what is not there yet, and says so', async () => {
    await writeVideo(
      clip('_bird'),
      [1, 2, 3].map((number) => smallFrame('_bird', number)),
      { fps: 10 },
    );
    const first = await actionnx('data', 'extract', root, '--json');
    expect(JSON.parse(first.stdout)).toEqual({
      folder: frames,
      videos: 1,
      present: 0,
      extracted: 1,
      frames: 3,
      broken: [],
    });
    const second = await actionnx('data', 'extract', root);
    expect(second.stdout).toContain('1 video: 0 extracted (0 frames), 1 there already');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing half-made on %s', async (signal) => {
    long ??= writeVideo(join(folder, 'long.mp4'), longVideo(), { fps: 10 });
    await long;
    copyFileSync(join(folder, 'long.mp4'), clip('long'));
    const { child, ended } = start('data', 'extract', root);
    const halfMade = () => (existsSync(frames) ? readdirSync(frames) : []).map((name) => join(frames, name));
    const atWork = () => halfMade().some((path) => readdirSync(path, { recursive: true }).length > 4);
    while (!atWork() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill(signal);
    const { status, stderr } = await ended;
    expect(status).toBe(1);
    expect(stderr).toContain('actionnx: interrupted; nothing half-written is left');
    expect(halfMade()).toEqual([]);
  });

  it('refuses wrong usage with the usage line', async () => {
    const { status, stderr } = await actionnx('data', 'extract', root, '--jobs', '0');
    expect(status).toBe(2);
    expect(stderr).toContain('--jobs must be 1 or more\nusage: actionnx data extract <dir>');
  });
});

/** Frames enough for ffmpeg to be at work for a while: noise, which PNG cannot squeeze. */
function* longVideo(): Generator<RgbImage> {
  const [width, height] = [320, 240];
  for (let number = 0; number < 150; number++) {
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < data.length; i++) data[i] = Math.imul(i + number * 7919, 2654435761) >>> 24;
    yield { width, height, data };
  }
}

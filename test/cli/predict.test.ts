import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first (npm test does)`);

const folder = mkdtempSync(join(tmpdir(), 'actionnx-predict-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const asTheyAre = ['-fps_mode', 'passthrough', '-pix_fmt', 'yuv420p'];

const predict = (...args: string[]) => {
  const all = [main, 'predict', 'frame', ...args, '--provider', 'cpu'];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
};

beforeAll(async () => {
  await writeTinyBundle(join(folder, 'frame'), await tinyBundle('tiny-frame'));
  const calming = ['-vf', "setpts='if(lte(N,24),N,24+(N-24)*5)/(25*TB)'", '-fps_mode', 'vfr'];
  const source = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=2', ...calming];
  const h264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '10'];
  execFileSync('ffmpeg', [
    '-v',
    'error',
    ...source,
    ...h264,
    '-movflags',
    '+faststart',
    join(folder, 'fine.mp4'),
  ]);
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=d=1', join(folder, 'song.m4a')]);
  const whole = readFileSync(join(folder, 'fine.mp4'));
  writeFileSync(join(folder, 'cut.mp4'), whole.subarray(0, whole.length * 0.9));
});

describe('actionnx predict on videos', () => {
  it('tells the times and the length that the frames themselves have', () => {
    const { status, stdout } = predict('fine.mp4');
    expect(status).toBe(0);
    // 25 frames in the first second, then five a second: 0.96 s and 26 steps of 0.2 s, the last one included.
    expect(stdout).toContain('fine.mp4  64 × 48, 6.2 s, 6 key frames');
    for (const time of ['0.48 s', '1.36 s', '2.36 s', '5.36 s']) expect(stdout).toContain(time);
    const [file] = JSON.parse(predict('fine.mp4', '--json').stdout).files;
    expect(file).toMatchObject({ kind: 'video', frameCount: 50 });
    expect(file.duration).toBeCloseTo(6.16, 6);
    expect(file.keyFrames[0]).toMatchObject({ frame: 13, time: 0.48 });
  });

  it('loses nothing of the others to files that fail, nor what came before the failure', () => {
    const { status, stdout, stderr } = predict('song.m4a', 'cut.mp4', 'fine.mp4', '--rate', '5');
    expect(status).toBe(1);
    expect(stdout).toContain('fine.mp4  64 × 48, 6.2 s, 31 key frames');
    expect(stdout).toMatch(/^cut\.mp4 {2}64 × 48, \d\.\d s, \d+ key frames$/m);
    const lines = stderr.trim().split('\n').slice(-3);
    expect(lines[0]).toBe('there is no video in song.m4a; received audio (aac)');
    expect(lines[1]).toMatch(/^cannot decode cut\.mp4; received /);
    expect(lines[2]).toMatch(/received 2 of 3 that cannot, named above$/);
    const json = JSON.parse(predict('song.m4a', 'cut.mp4', 'fine.mp4', '--rate', '5', '--json').stdout);
    const [song, cut, fine] = json.files;
    expect(song).toEqual({ file: 'song.m4a', error: lines[0], keyFrames: [] });
    expect(cut.error).toMatch(/^cannot decode cut\.mp4/);
    // All pictures that are as they are in the whole file: a patched one is another.
    const decoded = (file: string) =>
      spawnSync('ffmpeg', ['-v', 'quiet', '-i', file, ...asTheyAre, '-f', 'rawvideo', '-'], { cwd: folder })
        .stdout;
    const [ofCut, ofWhole] = [decoded('cut.mp4'), decoded('fine.mp4')];
    const size = 64 * 48 * 1.5;
    let frames = 0;
    const picture = (of: Buffer) => of.subarray(frames * size, (frames + 1) * size);
    while ((frames + 1) * size <= ofCut.length && picture(ofCut).equals(picture(ofWhole))) frames++;
    const before = fine.keyFrames.filter(({ frame }: { frame: number }) => frame <= frames);
    expect(before.length).toBeGreaterThan(0);
    expect(cut.keyFrames).toEqual(before);
    expect(fine.keyFrames).toHaveLength(31);
  });

  it('one that fails alone is told once', () => {
    const { status, stderr } = predict('song.m4a');
    expect(status).toBe(1);
    expect(stderr.match(/there is no video in song\.m4a/g)).toHaveLength(1);
  });
});

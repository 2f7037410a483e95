import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { findFfmpeg } from '../../src/node/ffmpeg.ts';
import { readImage } from '../../src/node/image-file.ts';
import { extractFrames, readVideoFrames } from '../../src/node/video-frames.ts';
import { probeVideo } from '../../src/node/video-info.ts';
import { writeVideo } from '../../src/node/video-writer.ts';

// Videos are nothing without ffmpeg: where it is missing these tests fail and say so (scripts/test-needs.js gets it).
const folder = mkdtempSync(join(tmpdir(), 'actionnx-video-'));
afterAll(() => rmSync(folder, { recursive: true }));
const clip = join(folder, 'clip.mp4');
const count = 40;

/** Frame `number` has a colour whose blue says which it is, with a white square that moves. */
function frame(number: number, width = 64, height = 48): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i += 3) data.set([190 - number, 60 + number, 20 + number * 5], i);
  for (let y = 8; y < 24; y++) {
    const start = (y * width + number) * 3;
    data.fill(255, start, start + 48);
  }
  return { width, height, data };
}

/** The number of a decoded frame, read from the blue of its corner. */
const numberOf = ({ data }: RgbImage) => Math.round((data.at(-1)! - 20) / 5);

async function numbersOf(path: string, numbers?: readonly number[]): Promise<[number, number][]> {
  const found: [number, number][] = [];
  for await (const { number, image } of readVideoFrames(path, numbers)) found.push([number, numberOf(image)]);
  return found;
}

const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

beforeAll(async () => {
  const frames = range(1, count).map((number) => frame(number));
  await writeVideo(clip, frames, { fps: 25 });
});

describe('writeVideo and readVideoFrames', () => {
  it('keep every frame, its number, its size and nearly its colours', async () => {
    expect(await probeVideo(clip)).toEqual({
      width: 64,
      height: 48,
      fps: 25,
      frameCount: count,
      matrix: 'bt601',
      range: 'limited',
    });
    const worst: number[] = [];
    for await (const { number, image } of readVideoFrames(clip)) {
      const original = frame(number).data;
      let sum = 0;
      for (let i = 0; i < original.length; i++) sum += Math.abs(image.data[i] - original[i]);
      worst.push(sum / original.length);
    }
    expect(worst).toHaveLength(count);
    expect(Math.max(...worst)).toBeLessThan(3);
  });

  it.each([
    ['some, sorted and once each', [30, 1, 2, 3, 17, 30], [1, 2, 3, 17, 30]],
    ['every second one', range(1, count, 2), range(1, count, 2)],
    ['the last', [count], [count]],
    ['none', [], []],
  ])('give %s', async (_, wanted, expected) => {
    expect(await numbersOf(clip, wanted)).toEqual(expected.map((number) => [number, number]));
  });

  it('give more separate frames than a filter can name', async () => {
    const long = join(folder, 'long.mp4');
    await writeVideo(
      long,
      (function* () {
        for (let number = 1; number <= 1100; number++) yield frame(number % 40);
      })(),
      { fps: 25 },
    );
    const wanted = range(2, 1100, 2);
    expect(await numbersOf(long, wanted)).toEqual(wanted.map((number) => [number, number % 40]));
  });

  it('write the same bytes for the same frames', async () => {
    const again = join(folder, 'again.mp4');
    await writeVideo(
      again,
      range(1, count).map((number) => frame(number)),
      { fps: 25 },
    );
    expect(readFileSync(again).equals(readFileSync(clip))).toBe(true);
  });

  it('refuse frame numbers that the video does not have', async () => {
    await expect(numbersOf(clip, [3, count + 1])).rejects.toThrow(
      `${clip} has no frame ${count + 1}; received a video of ${count} frames`,
    );
    await expect(numbersOf(clip, [0])).rejects.toThrow(`frames of ${clip} are numbered from 1; received 0`);
  });

  it('refuse frames of odd or changing size, and no frames', async () => {
    const path = join(folder, 'refused.mp4');
    await expect(writeVideo(path, [frame(1, 31, 48)], { fps: 5 })).rejects.toThrow(
      'even sides; received 31×48',
    );
    await expect(writeVideo(path, [frame(1), frame(1, 32, 48)], { fps: 5 })).rejects.toThrow(
      'must have one size; received 32×48 after 64×48',
    );
    await expect(writeVideo(path, [], { fps: 5 })).rejects.toThrow('at least one frame');
  });
});

// Linux lists a process's children; elsewhere the same code runs unobserved.
const childrenFile = `/proc/self/task/${process.pid}/children`;

describe('a consumer that stops early', () => {
  it.runIf(existsSync(childrenFile))('stops ffmpeg', async () => {
    const children = () => readFileSync(childrenFile, 'utf8').trim().split(' ').filter(Boolean);
    const before = children().length;
    for await (const { number } of readVideoFrames(clip)) if (number === 2) break;
    // Killed and then reaped: a moment later it is gone.
    for (let i = 0; i < 400 && children().length > before; i++) await new Promise((r) => setTimeout(r, 10));
    expect(children()).toHaveLength(before);
  });
});

describe('a broken video', () => {
  it('is one error that names it, truncated, damaged, empty or missing', async () => {
    const whole = readFileSync(clip);
    const damaged = Buffer.from(whole);
    damaged.fill(0xa5, Math.floor(whole.length * 0.6), Math.floor(whole.length * 0.6) + 400);
    const broken: Record<string, Uint8Array> = {
      'end.mp4': whole.subarray(0, whole.length * 0.9),
      'half.mp4': whole.subarray(0, whole.length / 2),
      'header.mp4': whole.subarray(0, 60),
      'empty.mp4': whole.subarray(0, 0),
      'damaged.mp4': damaged,
      'text.mp4': Buffer.from('this is no video'),
    };
    for (const [name, bytes] of Object.entries(broken)) {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const reading = numbersOf(path);
      await expect(reading, name).rejects.toThrow(`cannot decode ${path}; received `);
      await expect(reading, name).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
      const target = join(folder, 'frames-of-broken');
      await expect(extractFrames(path, target), name).rejects.toThrow(`cannot decode ${path}; received `);
      expect(existsSync(target), name).toBe(false);
    }
    const absent = join(folder, 'absent.mp4');
    await expect(probeVideo(absent)).rejects.toThrow(`there is no video file ${absent}`);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('other kinds of video', () => {
  /** The clip in another container, codec or pixel format. */
  const converted = (name: string, ...flags: string[]) => {
    const path = join(folder, name);
    execFileSync('ffmpeg', ['-v', 'error', '-i', clip, ...flags, '-y', path]);
    return path;
  };

  it.each([
    ['full.mp4', ['-pix_fmt', 'yuvj420p', '-color_range', 'pc'], 'bt601', 'full'],
    ['hd.mp4', ['-vf', 'scale=out_color_matrix=bt709', '-colorspace', 'bt709'], 'bt709', 'limited'],
    ['full-chroma.mp4', ['-pix_fmt', 'yuv444p'], 'bt601', 'limited'],
    ['rgb.mp4', ['-c:v', 'libx264rgb', '-pix_fmt', 'rgb24'], 'bt601', 'limited'],
    ['motion-jpeg.avi', ['-c:v', 'mjpeg', '-q:v', '2'], 'bt601', 'full'],
    ['tagged-upside-down.mp4', ['-c', 'copy', '-metadata:s:v', 'rotate=180'], 'bt601', 'limited'],
  ])('%s gives the pictures that ffmpeg makes of it', async (name, flags, matrix, colourRange) => {
    const path = converted(name, ...flags);
    expect(await probeVideo(path)).toMatchObject({ width: 64, height: 48, matrix, range: colourRange });
    // Without these flags swscale is 1 to 2 levels too dark on most processors.
    const exact = 'scale=flags=accurate_rnd+full_chroma_int+bitexact,format=rgb24';
    const flagsOut = ['-noautorotate', '-i', path, '-vf', exact, '-f', 'rawvideo', '-'];
    const expected = execFileSync('ffmpeg', ['-v', 'error', ...flagsOut]);
    const size = 64 * 48 * 3;
    const worst: number[] = [];
    for await (const { number, image } of readVideoFrames(path)) {
      const start = (number - 1) * size;
      worst.push(image.data.reduce((sum, value, i) => sum + Math.abs(value - expected[start + i]), 0) / size);
    }
    expect(worst).toHaveLength(count);
    expect(Math.max(...worst)).toBeLessThan(2);
  });

  it('a clip cut without encoding it anew has only the frames that are shown', async () => {
    const [whole, cut] = [join(folder, 'whole.mp4'), join(folder, 'cut.mp4')];
    const source = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25', '-t', '2', '-g', '40'];
    execFileSync('ffmpeg', ['-v', 'error', ...source, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', whole]);
    execFileSync('ffmpeg', ['-v', 'error', '-ss', '0.8', '-i', whole, '-c', 'copy', cut]);
    const { frameCount } = await probeVideo(cut);
    expect(frameCount).toBeLessThan(40);
    const shown = [];
    for await (const { number } of readVideoFrames(cut)) shown.push(number);
    expect(shown).toHaveLength(frameCount);
  });

  it('a grey video is grey, as bright as it was', async () => {
    const path = converted('grey.mkv', '-c:v', 'ffv1', '-pix_fmt', 'gray');
    for await (const { image } of readVideoFrames(path, [10])) {
      const [red, green, blue] = image.data.slice(-3);
      expect([green, blue]).toEqual([red, red]);
      expect(Math.abs(red - (0.299 * 180 + 0.587 * 70 + 0.114 * 70))).toBeLessThan(3);
    }
  });

  it('a truncated Matroska is an error too, though ffmpeg ends well', async () => {
    const path = converted('cut.mkv', '-c', 'copy');
    writeFileSync(path, readFileSync(path).subarray(0, readFileSync(path).length * 0.7));
    await expect(numbersOf(path)).rejects.toThrow(`cannot decode ${path}; received File ended prematurely`);
  });
});

describe('extractFrames', () => {
  it('writes every frame as a numbered PNG, within 2 levels of the stream', async () => {
    const target = join(folder, 'frames');
    expect(await extractFrames(clip, target)).toBe(count);
    expect(readdirSync(target)).toEqual(
      range(1, count).map((number) => `${String(number).padStart(5, '0')}.png`),
    );
    for await (const { image } of readVideoFrames(clip, [25])) {
      const png = await readImage(join(target, '00025.png'));
      expect([png.width, png.height]).toEqual([64, 48]);
      expect(Math.max(...png.data.map((value, i) => Math.abs(value - image.data[i])))).toBeLessThanOrEqual(2);
    }
  });
});

describe('findFfmpeg', () => {
  it('knows its version', async () => {
    expect((await findFfmpeg())?.version).toMatch(/^\S+$/);
  });
});

const clips = fileURLToPath(new URL('../../../shared/real/clips/', import.meta.url));
const real = existsSync(clips);
if (!real) console.warn('skipped: real clips (../shared/real/clips is absent)');

describe.runIf(real)('real clips', () => {
  it.each([
    ['arm-wrestling.mp4', 340, 256, 28, 280],
    ['basketball.mp4', 426, 240, 29.97, 300],
    ['pool-cleaning-part.mp4', 340, 256, 30, 32],
  ])('%s decodes whole', async (name, width, height, fps, frameCount) => {
    const path = join(clips, name);
    const info = await probeVideo(path);
    expect({ ...info, fps: Number(info.fps.toFixed(2)) }).toEqual({
      width,
      height,
      fps,
      frameCount,
      matrix: 'bt601',
      range: 'limited',
    });
    let last = 0;
    for await (const { number, image } of readVideoFrames(path)) {
      expect([image.width, image.height]).toEqual([width, height]);
      last = number;
    }
    expect(last).toBe(frameCount);
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { findFfmpeg } from '../../src/node/ffmpeg.ts';
import { readImage } from '../../src/node/image-file.ts';
import { extractFrames, openVideo, probeVideo, readVideoFrames } from '../../src/node/video-frames.ts';
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

async function all(path: string, numbers?: readonly number[]) {
  const found: { number: number; image: RgbImage }[] = [];
  for await (const picture of readVideoFrames(path, numbers)) found.push(picture);
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
      duration: 1.6,
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
    // Killed and then reaped: a moment later it is gone, or this never ends.
    while (children().length > before) await new Promise((r) => setTimeout(r, 10));
    expect(children()).toHaveLength(before);
  });
});

describe('a broken video', () => {
  it('gives every frame before its damage, as it is in the whole file, and then says so', async () => {
    const broken = join(folder, 'broken.mp4');
    const indexed = join(folder, 'indexed.mp4');
    const source = ['-f', 'lavfi', '-i', `testsrc=s=64x48:r=25:d=8`];
    const h264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '10', '-movflags', '+faststart'];
    execFileSync('ffmpeg', ['-v', 'error', ...source, ...h264, indexed]);
    const intact = await all(indexed);
    const bytes = readFileSync(indexed);
    writeFileSync(broken, bytes.subarray(0, bytes.length * 0.8));
    const seen: { number: number; image: RgbImage }[] = [];
    const read = async (numbers?: readonly number[]) => {
      seen.length = 0;
      for await (const one of readVideoFrames(broken, numbers)) seen.push(one);
    };
    await expect(read()).rejects.toThrow(/^cannot decode .*broken\.mp4; received /);
    const sound = seen.length;
    expect(sound).toBeGreaterThan(10);
    expect(sound).toBeLessThan(200);
    expect(seen).toEqual(intact.slice(0, sound));
    // Decoders are ahead of what they give, and may meet damage behind the last frame that is wanted.
    await read([2, sound - 3]).catch(() => {});
    expect(seen).toEqual([intact[1], intact[sound - 4]]);
    await expect(read([2, sound, sound + 1])).rejects.toThrow('cannot decode');
    expect(seen).toEqual([intact[1], intact[sound - 1]]);
  });

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
    ['rgb.mp4', ['-c:v', 'libx264rgb', '-pix_fmt', 'rgb24'], 'bt601', 'full'],
    ['motion-jpeg.avi', ['-c:v', 'mjpeg', '-q:v', '2'], 'bt601', 'full'],
    ['upside-down.mp4', ['-c', 'copy', '-metadata:s:v', 'rotate=180'], 'bt601', 'limited'],
    ['ten-bits.mkv', ['-c:v', 'ffv1', '-pix_fmt', 'yuv422p10le'], 'bt601', 'limited'],
  ])('%s gives the pictures that ffmpeg makes of it', async (name, flags, matrix, colourRange) => {
    const path = converted(name, ...flags);
    const { info, frames } = await openVideo(path);
    expect(info).toMatchObject({ width: 64, height: 48, matrix, range: colourRange });
    // Without these flags swscale is 1 to 2 levels too dark on most processors.
    const exact = 'scale=flags=accurate_rnd+full_chroma_int+bitexact,format=rgb24';
    const flagsOut = ['-i', path, '-vf', exact, '-f', 'rawvideo', '-'];
    const expected = execFileSync('ffmpeg', ['-v', 'error', ...flagsOut]);
    const size = 64 * 48 * 3;
    const worst: number[] = [];
    for await (const { number, image } of frames()) {
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

describe('what players obey', () => {
  /** ffmpeg's answer to some flags, in a file of that name. */
  const made = (name: string, ...flags: string[]) => {
    const path = join(folder, name);
    execFileSync('ffmpeg', ['-v', 'error', ...flags, '-y', path]);
    return path;
  };
  const source = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=1'];
  const h264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'];

  it('a display matrix, quarters and mirrors', async () => {
    const stored = made('stored.mp4', ...source, ...h264, '-frames:v', '2');
    const bytes = readFileSync(stored);
    // The track header's matrix: nine numbers that begin with 1, 0, 0, 0, 1 in 16.16.
    const upright = Buffer.from('0001000000000000000000000000000000010000', 'hex');
    const at = bytes.indexOf(upright, bytes.indexOf('tkhd'));
    expect(at).toBeGreaterThan(0);
    // ffmpeg turns pictures by filters of its own.
    const cases: [string, number[], string][] = [
      ['quarter', [0, 1, -1, 0], 'transpose=clock'],
      ['half', [-1, 0, 0, -1], 'hflip,vflip'],
      ['three-quarters', [0, -1, 1, 0], 'transpose=cclock'],
      ['mirrored', [-1, 0, 0, 1], 'hflip'],
      ['upside-down', [1, 0, 0, -1], 'vflip'],
      ['mirrored-quarter', [0, 1, 1, 0], 'transpose=cclock_flip'],
      ['mirrored-three-quarters', [0, -1, -1, 0], 'transpose=clock_flip'],
    ];
    const [{ image: plain }] = await all(stored, [1]);
    for (const [name, [a, b, c, d], filter] of cases) {
      const turned = Buffer.from(bytes);
      for (const [i, value] of [a, b, 0, c, d].entries()) turned.writeInt32BE(value * 65536, at + 4 * i);
      const path = join(folder, `${name}.mp4`);
      writeFileSync(path, turned);
      const { info, frames } = await openVideo(path);
      const { value } = await frames([1]).next();
      const { image } = value;
      const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', '64x48', '-i', '-', '-vf', filter];
      const input = Buffer.from(plain.data);
      const expected = execFileSync('ffmpeg', ['-v', 'error', ...raw, '-f', 'rawvideo', '-'], { input });
      expect(Buffer.from(image.data).equals(expected), name).toBe(true);
      const size = { width: image.width, height: image.height };
      expect(size, name).toEqual(
        filter.startsWith('transpose') ? { width: 48, height: 64 } : { width: 64, height: 48 },
      );
      expect(info, name).toMatchObject(size);
    }
  });

  it('the shape of pixels, in the size; pictures keep their pixels', async () => {
    const wide = made('wide.mp4', ...source, '-vf', 'setsar=4/3', ...h264);
    expect(await probeVideo(wide)).toMatchObject({ width: 85, height: 48 });
    const [{ image }] = await all(wide, [1]);
    expect([image.width, image.height]).toEqual([64, 48]);
    expect(await probeVideo(made('rounded.mp4', ...source, '-vf', 'setsar=640/639', ...h264))).toMatchObject({
      width: 64,
      height: 48,
    });
  });

  it('the default of two tracks, and no cover', async () => {
    const other = ['-f', 'lavfi', '-i', 'testsrc=s=96x64:r=10:d=1'];
    const both = ['-map', '0', '-map', '1', ...h264];
    const second = ['-disposition:v:0', '0', '-disposition:v:1', 'default'];
    expect(await probeVideo(made('two.mkv', ...source, ...other, ...both, ...second))).toMatchObject({
      width: 96,
      frameCount: 10,
    });
    const cover = made('cover.png', '-f', 'lavfi', '-i', 'testsrc=s=32x32', '-frames:v', '1');
    const covered = ['-i', cover, ...source, '-map', '0', '-map', '1', '-c:v:1', 'libx264', '-c:v:0', 'png'];
    const path = made(
      'covered.mp4',
      ...covered,
      '-pix_fmt:v:1',
      'yuv420p',
      '-disposition:v:0',
      'attached_pic',
    );
    expect(await probeVideo(path)).toMatchObject({ width: 64, frameCount: 25 });
    const sound = ['-f', 'lavfi', '-i', 'sine=d=1'];
    const mp3 = made('song.mp3', ...sound, '-i', cover, '-map', '0', '-map', '1', '-c:v', 'copy');
    await expect(probeVideo(mp3)).rejects.toThrow(
      `there is no video in ${mp3}; received audio (mp3) and a cover picture (png)`,
    );
    const m4a = made('song.m4a', ...sound);
    await expect(probeVideo(m4a)).rejects.toThrow(`there is no video in ${m4a}; received audio (aac)`);
  });

  it.each([
    ['HLG', ['arib-std-b67', 'bt2020', 'bt2020nc'], 'HDR video (HLG)'],
    ['PQ', ['smpte2084', 'bt2020', 'bt2020nc'], 'HDR video (PQ: HDR10 or Dolby Vision)'],
    ['BT.2020', ['bt709', 'bt2020', 'bt2020nc'], "video in BT.2020's wide gamut"],
  ])('%s is refused, with the reason', async (name, [transfer, primaries, matrix], kind) => {
    const tags = ['-color_trc', transfer, '-color_primaries', primaries, '-colorspace', matrix];
    const path = made(`${name}.mp4`, ...source, ...h264, ...tags);
    await expect(probeVideo(path)).rejects.toThrow(
      `${path} must have colours of standard range (BT.601 or BT.709); received ${kind}; convert it: ffmpeg `,
    );
  });
});

/** Frames 1 to 10 are there for a fifth of a second each in a clip of `count` frames whose others take a 25th. */
const slowStart = (number: number) => (number <= 10 ? (number - 1) * 0.2 : 2 + (number - 11) * 0.04);

describe('when frames are shown', () => {
  it.each([
    ['slow-start.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-bf', '3']],
    ['slow-start.webm', ['-c:v', 'libvpx', '-b:v', '400k']],
    ['slow-start.mkv', ['-c:v', 'ffv1']],
    ['slow-start.ts', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-bf', '0']],
    ['fragments.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-movflags', 'frag_keyframe+empty_moov']],
  ])('%s: by their own stamps, and each is the right one', async (name, flags) => {
    const path = join(folder, name);
    const stamps = 'round(if(lte(N,9),N*0.2,2+(N-10)*0.04)/TB)';
    const vfr = ['-vf', `settb=1/1000,setpts='${stamps}'`, '-fps_mode', 'passthrough'];
    const timeBase = ['-enc_time_base', '1/1000'];
    execFileSync('ffmpeg', ['-v', 'error', '-i', clip, ...vfr, ...timeBase, ...flags, '-y', path]);
    const { timeline, info, frames } = await openVideo(path);
    expect(info).toMatchObject({ frameCount: count, width: 64, height: 48 });
    for (const [i, time] of timeline.times.entries()) expect(time).toBeCloseTo(slowStart(i + 1), 3);
    expect(info.duration).toBeCloseTo(slowStart(count) + 0.04, 2);
    const numbers = [1, 9, 10, 11, 25, count];
    for await (const { number, image } of frames(numbers)) {
      expect(Math.abs(numberOf(image) - number), `frame ${number}`).toBeLessThanOrEqual(1);
    }
  });

  it('packets that are never shown are not counted', async () => {
    const path = join(folder, 'hidden.webm');
    const source = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=2'];
    const vp8 = ['-c:v', 'libvpx', '-auto-alt-ref', '1', '-lag-in-frames', '16', '-b:v', '100k'];
    const passes = (number: string, target: string[]) =>
      execFileSync('ffmpeg', ['-v', 'error', ...source, ...vp8, '-pass', number, ...target], { cwd: folder });
    passes('1', ['-f', 'null', '-']);
    passes('2', ['-y', path]);
    const count = [
      '-count_packets',
      '-count_frames',
      '-show_entries',
      'stream=nb_read_packets,nb_read_frames',
    ];
    const counted = execFileSync('ffprobe', ['-v', 'error', ...count, '-of', 'csv=p=0', path], {
      encoding: 'utf8',
    });
    const [frameCount, packetCount] = counted.trim().split(',').map(Number);
    expect(packetCount).toBeGreaterThan(frameCount);
    expect((await probeVideo(path)).frameCount).toBe(frameCount);
    expect((await all(path)).map(({ number }) => number)).toEqual(range(1, frameCount));
  });

  it.each([
    ['theora.ogv', ['-c:v', 'libtheora']],
    ['h264.avi', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-bf', '3']],
    ['elementary.h264', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p']],
    ['program.mpg', ['-c:v', 'mpeg2video', '-q:v', '2', '-bf', '2', '-pix_fmt', 'yuv420p']],
  ])('%s, whose container guesses, is decoded to know', async (name, flags) => {
    const path = join(folder, name);
    execFileSync('ffmpeg', ['-v', 'error', '-i', clip, ...flags, '-y', path]);
    const { timeline, info } = await openVideo(path);
    expect(info).toMatchObject({ frameCount: count, fps: 25, duration: 1.6 });
    for (const [i, time] of timeline.times.entries()) expect(time).toBeCloseTo(i * 0.04, 3);
  });

  it('a stream whose pictures change their size gives each at its own', async () => {
    const parts = ['64x48', '96x64'].map((size, i) => {
      const part = join(folder, `${size}.ts`);
      const source = ['-f', 'lavfi', '-i', `testsrc=s=${size}:r=25:d=1`, '-output_ts_offset', String(i)];
      const flags = ['-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv420p'];
      execFileSync('ffmpeg', ['-v', 'error', ...source, ...flags, '-y', part]);
      return readFileSync(part);
    });
    const path = join(folder, 'sizes.ts');
    writeFileSync(path, Buffer.concat(parts));
    const pictures = await all(path, [3, 25, 26, 40]);
    expect(pictures.map(({ number, image }) => [number, image.width, image.height])).toEqual([
      [3, 64, 48],
      [25, 64, 48],
      [26, 96, 64],
      [40, 96, 64],
    ]);
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
    ['arm-wrestling.mp4', 427, 340, 256, 28, 10, 280],
    ['basketball.mp4', 426, 426, 240, 29.97, 10.01, 300],
    ['pool-cleaning-part.mp4', 455, 340, 256, 29.09, 1.1, 32],
  ])('%s decodes whole', async (name, width, storedWidth, height, fps, duration, frameCount) => {
    const path = join(clips, name);
    const info = await probeVideo(path);
    expect({ ...info, fps: Number(info.fps?.toFixed(2)) }).toEqual({
      width,
      height,
      fps,
      duration,
      frameCount,
      matrix: 'bt601',
      range: 'limited',
    });
    let last = 0;
    for await (const { number, image } of readVideoFrames(path)) {
      expect([image.width, image.height]).toEqual([storedWidth, height]);
      last = number;
    }
    expect(last).toBe(frameCount);
  });
});

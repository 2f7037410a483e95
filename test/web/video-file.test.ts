import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookInNode, VideoBrowser } from './video-browser.ts';

let folder: string;
let browser: VideoBrowser;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'actionnx-video-file-'));
  browser = await VideoBrowser.open();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

const ffmpeg = (...flags: string[]) => execFileSync('ffmpeg', ['-v', 'error', ...flags]);
const source = ['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=25:d=2'];
const h264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
const calming = ['-vf', "setpts='if(lte(N,24),N,24+(N-24)*7)/(25*TB)'", '-fps_mode', 'vfr'];

/** The same size, times, key frames and pixels, to the last bit. */
async function expectSame(path: string, rate = 2): Promise<void> {
  const [node, web] = [await lookInNode(path, rate), await browser.look(path, rate)];
  const { pictures, ...rest } = node;
  expect(web).toMatchObject(rest);
  expect(web.pictures.map(({ number }) => number)).toEqual(node.keys);
  for (const [i, { number, width, height, data }] of pictures.entries()) {
    const other = web.pictures[i];
    expect([other.width, other.height]).toEqual([width, height]);
    expect(Buffer.from(other.data).equals(Buffer.from(data)), `frame ${number}`).toBe(true);
  }
}

describe('a video in Chromium is what it is in Node', () => {
  it.each([
    ['b-frames.mp4', [...h264, '-bf', '3']],
    ['fragments.mp4', [...h264, '-movflags', 'frag_keyframe+empty_moov']],
    ['stream.ts', h264],
    ['calming.mp4', [...calming, ...h264]],
    ['calming.webm', [...calming, '-c:v', 'libvpx', '-b:v', '300k']],
    ['vp9.webm', ['-c:v', 'libvpx-vp9', '-pix_fmt', 'yuv420p', '-b:v', '300k']],
    ['anamorphic.mp4', ['-vf', 'setsar=4/3', ...h264]],
    ['anamorphic.webm', ['-vf', 'setsar=4/3', '-c:v', 'libvpx', '-b:v', '300k']],
    ['odd.webm', ['-vf', 'crop=63:47', '-c:v', 'libvpx', '-b:v', '300k']],
    ['one.mp4', [...h264, '-frames:v', '1']],
    ['one.webm', ['-frames:v', '1', '-c:v', 'libvpx', '-b:v', '300k']],
    ['ten-bits.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le']],
    ['422.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv422p10le']],
    ['444.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv444p']],
    ['444.webm', ['-c:v', 'libvpx-vp9', '-pix_fmt', 'yuv444p', '-b:v', '300k']],
    ['rgb.webm', ['-c:v', 'libvpx-vp9', '-pix_fmt', 'gbrp', '-b:v', '300k']],
    ['full-range.mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuvj420p']],
    ['interlaced.mp4', [...h264, '-flags', '+ilme+ildct']],
  ])('%s', async (name, flags) => {
    const path = join(folder, name);
    ffmpeg(...source, ...flags, '-y', path);
    await expectSame(path);
  });

  it('with packets that are never shown', async () => {
    const path = join(folder, 'hidden.webm');
    const vp8 = ['-c:v', 'libvpx', '-auto-alt-ref', '1', '-lag-in-frames', '16', '-b:v', '100k'];
    const log = ['-passlogfile', join(folder, 'passes')];
    ffmpeg(...source, ...vp8, ...log, '-pass', '1', '-f', 'null', '-');
    ffmpeg(...source, ...vp8, ...log, '-pass', '2', '-y', path);
    await expectSame(path, 25);
  });

  it('cut without encoding it anew, at the start and at the end', async () => {
    const [whole, cut] = [join(folder, 'whole.mp4'), join(folder, 'cut.mp4')];
    ffmpeg(...source, ...h264, '-g', '60', '-y', whole);
    ffmpeg('-ss', '0.7', '-t', '0.9', '-i', whole, '-c', 'copy', '-y', cut);
    await expectSame(cut, 25);
    expect((await browser.look(cut, 1)).frameCount).toBeLessThan(30);
  });

  it('turned and mirrored by its display matrix', async () => {
    const path = join(folder, 'turned.mp4');
    ffmpeg(...source, ...h264, '-y', path);
    const bytes = readFileSync(path);
    const upright = Buffer.from('0001000000000000000000000000000000010000', 'hex');
    const at = bytes.indexOf(upright, bytes.indexOf('tkhd'));
    for (const [a, b, c, d] of [
      [0, 1, -1, 0],
      [-1, 0, 0, -1],
      [0, -1, 1, 0],
      [-1, 0, 0, 1],
      [1, 0, 0, -1],
      [0, 1, 1, 0],
      [0, -1, -1, 0],
    ]) {
      for (const [i, value] of [a, b, 0, c, d].entries()) bytes.writeInt32BE(value * 65536, at + 4 * i);
      writeFileSync(path, bytes);
      await expectSame(path, 1);
    }
  });

  it('the default of two tracks', async () => {
    const other = ['-f', 'lavfi', '-i', 'testsrc=s=96x64:r=10:d=1', '-map', '0', '-map', '1'];
    for (const name of ['two.mkv', 'two.mp4']) {
      const path = join(folder, name);
      const second = ['-disposition:v:0', '0', '-disposition:v:1', 'default'];
      ffmpeg(...source, ...other, ...h264, ...second, '-y', path);
      await expectSame(path);
      expect((await browser.look(path, 1)).width).toBe(96);
    }
  });
});

describe('what Chromium refuses, it says', () => {
  it('a WebM that is cut where a cluster ends', async () => {
    const path = join(folder, 'clusters.webm');
    ffmpeg(...source, '-c:v', 'libvpx', '-g', '10', '-cluster_time_limit', '400', '-y', path);
    const bytes = readFileSync(path);
    const clusters: number[] = [];
    for (
      let at = bytes.indexOf('1f43b675', 0, 'hex');
      at >= 0;
      at = bytes.indexOf('1f43b675', at + 4, 'hex')
    ) {
      clusters.push(at);
    }
    expect(clusters.length).toBeGreaterThan(3);
    const cut = join(folder, 'cut-clusters.webm');
    writeFileSync(cut, bytes.subarray(0, clusters[2]));
    await expect(browser.look(cut, 1)).rejects.toThrow(
      `cut-clusters.webm ends before its video does; received ${clusters[2]} of ${bytes.length} bytes`,
    );
    await expect(browser.look(path, 1)).resolves.toMatchObject({ frameCount: 50 });
  });

  it('sound alone', async () => {
    const path = join(folder, 'song.m4a');
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-y', path);
    await expect(browser.look(path, 1)).rejects.toThrow('there is no video in song.m4a; received audio');
  });

  it.each([
    ['arib-std-b67', 'HDR video (HLG)'],
    ['smpte2084', 'HDR video (PQ: HDR10 or Dolby Vision)'],
    ['bt709', "video in BT.2020's wide gamut"],
  ])('%s', async (transfer, kind) => {
    const path = join(folder, 'wide.mp4');
    const tags = ['-color_trc', transfer, '-color_primaries', 'bt2020', '-colorspace', 'bt2020nc'];
    ffmpeg(...source, ...h264, ...tags, '-y', path);
    await expect(browser.look(path, 1)).rejects.toThrow(
      `wide.mp4 must have colours of standard range (BT.601 or BT.709); received ${kind}; convert it`,
    );
  });

  it.each([
    [
      'later.mkv',
      "pts='if(eq(N,20),PTS+50,PTS)'",
      'received frame 21 with the time 0.85 s in place of 0.84 s',
    ],
    ['as-decoded.mp4', 'pts=DTS', 'received frame 2 with the time '],
    ['twice.mp4', "pts='if(eq(N,20),PTS+DURATION,PTS)'", 'received two frames of the same time'],
  ])('time stamps that the decoder contradicts: %s', async (name, stamps, reason) => {
    const [plain, path, even] = [join(folder, 'plain.mp4'), join(folder, name), join(folder, 'even.mp4')];
    ffmpeg(...source, ...h264, ...['-bf', name === 'as-decoded.mp4' ? '3' : '0'], '-y', plain);
    ffmpeg('-i', plain, '-c', 'copy', '-bsf:v', `setts=${stamps}`, '-y', path);
    const error = await browser.look(path, 25).catch(({ message }) => String(message));
    expect(error).toContain(`${name} must have `);
    expect(error).toContain(reason);
    const [, filter] = /ffmpeg -i clip.mp4 -vf '(.*)' -c:v libx264 even.mp4/.exec(String(error)) ?? [];
    ffmpeg('-i', path, '-vf', filter, '-c:v', 'libx264', '-y', even);
    await expectSame(even, 25);
  });

  it('a cut before a picture that is no start', async () => {
    const [whole, cut, anew] = ['open.mp4', 'open-cut.mp4', 'anew.mp4'].map((name) => join(folder, name));
    const open = ['-bf', '3', '-x264-params', 'open-gop=1:keyint=25'];
    ffmpeg(...source, ...h264, ...open, '-y', whole);
    ffmpeg('-ss', '1', '-i', whole, '-c', 'copy', '-y', cut);
    await expect(browser.look(cut, 1)).rejects.toThrow(
      'open-cut.mp4 must begin with a picture that browsers start from',
    );
    ffmpeg('-i', cut, '-c:v', 'libx264', '-y', anew);
    await expectSame(anew, 25);
  });

  it('an edit list of several parts', async () => {
    const path = join(folder, 'edited.mp4');
    ffmpeg(...source, ...h264, '-y', path);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('elst');
    // The list grows by one entry, its own again; the boxes around it by as much, and what comes after moves up.
    const entry = bytes.subarray(at + 12, at + 24);
    const grown = Buffer.concat([bytes.subarray(0, at + 24), entry, bytes.subarray(at + 24)]);
    grown.writeUInt32BE(2, at + 8);
    for (const box of ['moov', 'trak', 'edts', 'elst']) {
      const start = grown.indexOf(box) - 4;
      grown.writeUInt32BE(grown.readUInt32BE(start) + 12, start);
    }
    writeFileSync(path, grown);
    await expect(browser.look(path, 1)).rejects.toThrow('received an edit list of 2 parts');
  });
});

const cases = fileURLToPath(new URL('../../../shared/real/cases/', import.meta.url));
const files = [
  ...['video-vfr/vfr.mp4', 'video-rotation/phone.mp4', 'video-hidden-frames/altref.webm'],
  'video-cut-node-vs-page/cut.mp4',
];
const present = files.every((file) => existsSync(join(cases, file)));
if (!present) console.warn(`skipped: real videos in Chromium, for want of ${files.join(', ')} in ${cases}`);

describe.runIf(present)('a real video in Chromium is what it is in Node', () => {
  it.each(files)('%s', (file) => expectSame(join(cases, file), 25));
});

describe('a video in Chromium leaves no decoder open and no frame', () => {
  it.each<[string, number, string[], number, RegExp]>([
    ['to its end', 99, h264, 1, /^$/],
    ['to its first picture', 1, [...h264, '-bf', '3'], 1, /^$/],
    ['to its last picture', 50, ['-c:v', 'libvpx', '-b:v', '300k'], 1, /^$/],
    ['as far as it goes', 99, h264, 0.6, /damaged|ends before|cut off|cannot be decoded/],
  ])('decoded %s', async (name, count, flags, share, error) => {
    const path = join(folder, `left ${name}.${flags.includes('libvpx') ? 'webm' : 'mp4'}`);
    ffmpeg(...source, ...flags, ...(flags.includes('libvpx') ? [] : ['-movflags', '+faststart']), '-y', path);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, share * bytes.length));
    const left = await browser.left(path, count);
    expect(left.error).toMatch(error);
    expect(left.seen).toBe(share === 1 ? Math.min(count, 50) : left.seen);
    expect(left.decoders).toBeGreaterThan(0);
    expect(left.frames).toBeGreaterThanOrEqual(left.seen);
    expect([left.openDecoders, left.openFrames]).toEqual([0, 0]);
  });
});

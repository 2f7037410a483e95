import { describe, expect, it } from 'vitest';
import { flowLines, trackColours } from '../../src/flow/lines.ts';
import { trackCorners } from '../../src/flow/tracks.ts';
import { bytes, golden, images, trackDistance } from './golden-flow.ts';

const frames = images(golden.tracks[0]);
const blank = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(90) };

describe(`tracks against OpenCV ${golden.opencv} for Python`, () => {
  it.each(golden.tracks)('$name', async (example) => {
    // Seen: 0.007.
    expect(trackDistance(await trackCorners(images(example)), example.tracks)).toBeLessThan(0.01);
  });

  it.each(golden.tracks)('$name: the pictures are the same', async (example) => {
    const { width, height } = example;
    expect(await flowLines(images(example))).toEqual({ width, height, data: bytes(example.onFrame) });
    const black = await flowLines(images(example), { on: 'black' });
    expect(black).toEqual({ width, height, data: bytes(example.onBlack) });
  });

  it('are of all lengths', () => {
    const lengths = golden.tracks.map(({ tracks }) => new Set(tracks.map((track) => track.length)));
    expect([...lengths[0]]).toEqual([4]);
    expect([...lengths[1]]).toEqual([4, 2]);
  });
});

describe('trackCorners', () => {
  it('takes the strongest corners first, no more than it is told', async () => {
    const all = await trackCorners(frames);
    expect(await trackCorners(frames, { corners: 5 })).toEqual(all.slice(0, 5));
    expect((await trackCorners(frames, { corners: 0, quality: 0.01 })).length).toBeGreaterThan(all.length);
  });

  it('finds none where nothing is to be seen, and follows none through one frame', async () => {
    expect(await trackCorners([blank, blank])).toEqual([]);
    const alone = await trackCorners(frames.slice(0, 1));
    expect(alone.length).toBeGreaterThan(5);
    expect(alone.every((track) => track.length === 1)).toBe(true);
  });

  it.each([
    [{ corners: -1 }, 'corners must be a whole number, 0 or more; received -1'],
    [{ quality: 1 }, 'quality must be above 0 and below 1; received 1'],
    [{ distance: 0.5 }, 'distance must be a whole number, 0 or more; received 0.5'],
    [{ blockSize: 0 }, 'blockSize must be a whole number, 1 or more; received 0'],
    [{ windowSize: 2 }, 'windowSize must be a whole number, 3 or more; received 2'],
    [{ levels: -1 }, 'levels must be a whole number, 0 or more; received -1'],
    [{ iterations: 0 }, 'iterations must be a whole number, 1 or more; received 0'],
    [{ epsilon: 0 }, 'epsilon must be a number above 0; received 0'],
  ])('refuses %j as wrong usage', async (options, message) => {
    await expect(trackCorners(frames, options)).rejects.toMatchObject({ message, exitCode: 2 });
  });

  it('refuses no frames, and frames of two sizes', async () => {
    await expect(trackCorners([])).rejects.toThrow('tracks need a frame at least; received none');
    await expect(trackCorners([frames[0], blank])).rejects.toThrow(
      'flow is between pictures of one size; received 96×72 and 40×30',
    );
  });
});

describe('flowLines', () => {
  it('draws on the key frame that is asked for, and leaves the frames as they are', async () => {
    const before = frames.map(({ data }) => data.slice());
    const picture = await flowLines(frames, { key: 1 });
    const lines = await flowLines(frames, { on: 'black' });
    const expected = frames[1].data.map((byte, i) => {
      const pixel = lines.data.subarray(i - (i % 3), i - (i % 3) + 3);
      return pixel.some((value) => value > 0) ? lines.data[i] : byte;
    });
    expect(picture.data).toEqual(expected);
    expect(frames.map(({ data }) => data)).toEqual(before);
  });

  it('draws in the documented colours alone', async () => {
    const { data } = await flowLines(frames, { on: 'black' });
    const seen = new Set(
      Array.from({ length: data.length / 3 }, (_, i) => data.slice(3 * i, 3 * i + 3).join()),
    );
    seen.delete('0,0,0');
    expect([...seen].sort()).toEqual(trackColours.map((colour) => colour.join()).sort());
  });

  it('is the frame itself where nothing is to be seen', async () => {
    expect(await flowLines([blank, blank])).toEqual(blank);
  });

  it.each([4, -1, 0.5, Number.NaN])('refuses the key %d of four frames', async (key) => {
    const message = `key must be one of the frames 0 to 3; received ${key}`;
    await expect(flowLines(frames, { key })).rejects.toMatchObject({ message, exitCode: 2 });
  });

  it('refuses no frames', async () => {
    await expect(flowLines([])).rejects.toThrow('tracks need a frame at least; received none');
  });
});

import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { packFrames } from '../../src/runtime/pack-frames.ts';

/** A picture whose every byte is its own. */
function counted(from: number, width = 2, height = 2): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => from + i) };
}

const plain = (level: number, width: number, height: number): RgbImage => ({
  ...{ width, height, data: new Uint8Array(width * height * 3).fill(level) },
});

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

const system = (input: object) => ({
  name: 'system',
  input: { kind: 'clip' as const, frames: 2, speed: 1, height: 2, width: 2, ...input },
});

describe('packFrames', () => {
  it('lays samples and their frames one after another', () => {
    const [a, b, c, d] = [0, 12, 24, 36].map((from) => counted(from));
    expect(
      packFrames(
        [
          [a, b],
          [c, d],
        ],
        system({}),
      ),
    ).toEqual({ dtype: 'uint8', shape: [2, 2, 2, 2, 3], data: Uint8Array.from(range(0, 48)) });
    const frames = system({ kind: 'frame', frames: 1 });
    expect(packFrames([[b], [a], [b]], frames)).toEqual({
      ...{ dtype: 'uint8', shape: [3, 2, 2, 3] },
      data: Uint8Array.from([...range(12, 12), ...range(0, 12), ...range(12, 12)]),
    });
  });

  it('keeps the axis of time for clips of one frame', () => {
    expect(packFrames([[counted(0)]], system({ frames: 1 })).shape).toEqual([1, 1, 2, 2, 3]);
  });

  it('resizes what has another size, each picture to its own', () => {
    const { shape, data } = packFrames([[plain(40, 5, 3), plain(90, 1, 1)]], system({ height: 3, width: 4 }));
    expect(shape).toEqual([1, 2, 3, 4, 3]);
    expect([...data]).toEqual([...Array(36).fill(40), ...Array(36).fill(90)]);
  });

  it('puts the frames of a smaller window into the upper left corner, at its own size', () => {
    const windows = [
      { frames: 1, speed: 1, height: 3, width: 4 },
      { frames: 1, speed: 1, height: 2, width: 2 },
      { frames: 1, speed: 1, height: 2, width: 4 },
    ];
    const small = counted(1);
    // The same picture is asked for in three sizes.
    const wide = plain(7, 4, 3);
    const packed = (image: RgbImage) => [
      ...packFrames([[image, image, image]], system({ frames: 3, height: 3, width: 4, windows })).data,
    ];
    const row = (level: number, pixels: number) => [
      ...Array(pixels * 3).fill(level),
      ...Array((4 - pixels) * 3).fill(0),
    ];
    const none = row(0, 4);
    expect(packed(wide)).toEqual([
      ...[...row(7, 4), ...row(7, 4), ...row(7, 4)],
      ...[...row(7, 2), ...row(7, 2), ...none],
      ...[...row(7, 4), ...row(7, 4), ...none],
    ]);
    const corner = packed(small).slice(36, 72);
    const beside = Array(6).fill(0);
    expect(corner).toEqual([...range(1, 6), ...beside, ...range(7, 6), ...beside, ...none]);
  });

  it('leaves room beside a narrow window that is as high as the frame is wide', () => {
    const windows = [{ frames: 1, speed: 1, height: 2, width: 1 }];
    const { data } = packFrames([[counted(1, 1, 2)]], system({ frames: 1, windows }));
    expect([...data]).toEqual([1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0]);
  });

  it('refuses another number of frames', () => {
    const image = counted(0);
    const refused = (sample: RgbImage[], input: object) => () => packFrames([sample], system(input));
    expect(refused([image], {})).toThrow(new UserError('system takes 2 frames a sample; received 1'));
    expect(refused([image, image, image], {})).toThrow('system takes 2 frames a sample; received 3');
    expect(refused([], { kind: 'frame', frames: 1 })).toThrow('system takes 1 frame a sample; received 0');
  });
});

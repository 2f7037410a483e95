import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ready } from 'h5wasm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { tensor } from '../../src/core/tensor.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { encodePng, isCompletePng, readImage } from '../../src/node/image-file.ts';
import {
  encodeAnnotation,
  readAnnotation,
  readLabelCodes,
  writeAnnotation,
} from '../../src/node/mat-file.ts';
import { externalReader } from '../../src/node/model-file.ts';
import { extractFrames, type OpenedVideo, openVideo } from '../../src/node/video-frames.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { readWeightFile } from '../../src/node/weight-file.ts';
import { readWhole } from '../../src/node/whole-file.ts';
import { leftBehind } from '../left-behind.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-released-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** Noise, so that pictures do not fit into a pipe's buffer beside one another. */
function noise(seed: number, width = 160, height = 120): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 * seed + (i >> 7)) % 251);
  return { width, height, data };
}

const frames = (count: number) => Array.from({ length: count }, (_, i) => noise(i + 1));

/** Opened, and cut off in its middle afterwards. */
let clip: OpenedVideo;
let cut: OpenedVideo;
beforeAll(async () => {
  await writeVideo(at('clip.mp4'), frames(14), { fps: 25 });
  await copyFile(at('clip.mp4'), at('cut.mp4'));
  await truncate(at('cut.mp4'), 30_000);
  execFileSync('ffmpeg', ['-v', 'error', '-i', at('clip.mp4'), '-c', 'copy', at('cut.mkv')]);
  [clip, cut] = [await openVideo(at('clip.mp4')), await openVideo(at('cut.mkv'))];
  await truncate(at('cut.mkv'), 30_000);
  await writeFile(at('text.mp4'), 'no video');
});

describe('a video leaves no pipe and no process behind', () => {
  /** Looks at the first so many of the frames that are asked for. */
  async function look({ frames }: OpenedVideo, count: number, numbers?: readonly number[]): Promise<number> {
    let seen = 0;
    for await (const { number } of frames(numbers)) {
      seen += 1;
      if (number === 13) throw new Error('an unlucky frame');
      if (seen === count) break;
    }
    return seen;
  }

  it.each<[string, () => Promise<unknown>]>([
    ['that is read to its end', async () => expect(await look(clip, 99, [1, 2, 12])).toBe(3)],
    ['of which the first frame was enough', () => look(clip, 1)],
    ['of which the last frame that was asked for was enough', () => look(clip, 2, [3, 12])],
    ['that nobody looks at', async () => clip.frames([1, 2])],
    ['whose consumer fails', () => expect(look(clip, 99)).rejects.toThrow('an unlucky frame')],
    ['without a wanted frame', () => expect(look(clip, 9, [99])).rejects.toThrow('no frame 99')],
    ['that ends early', () => expect(look(cut, 99, [1, 11])).rejects.toThrow('cannot decode')],
    ['that is cut off', () => expect(openVideo(at('cut.mp4'))).rejects.toThrow('cannot decode')],
    ['that is none', () => expect(openVideo(at('text.mp4'))).rejects.toThrow('cannot decode')],
  ])('%s', async (_, work) => {
    const listeners = process.listenerCount('exit');
    expect(await leftBehind(work)).toEqual({});
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('that is extracted, or cannot be', async () => {
    let run = 0;
    const left = await leftBehind(async () => {
      await extractFrames(at('clip.mp4'), at(`frames-${run++}`));
      await expect(extractFrames(at('text.mp4'), at('broken'))).rejects.toThrow('cannot decode');
    });
    expect(left).toEqual({});
  });

  it('that is written, or cannot be', async () => {
    const failing = function* () {
      yield* frames(4);
      throw new Error('no more pictures');
    };
    const write = (pictures: Iterable<RgbImage>, path = at('written.mp4')) =>
      writeVideo(path, pictures, { fps: 25 });
    const left = await leftBehind(async () => {
      await write(frames(3));
      await expect(write(failing())).rejects.toThrow('no more pictures');
      await expect(write([noise(1), noise(2, 80, 60)])).rejects.toThrow('must have one size');
      await expect(write([noise(1, 81, 60)])).rejects.toThrow('even sides');
      await expect(write([])).rejects.toThrow('at least one frame');
      await expect(write(frames(9), at('nowhere/clip.mp4'))).rejects.toThrow('could not write');
    });
    expect(left).toEqual({});
  });
});

describe('a file is closed', () => {
  it('that is a picture, whole or not', async () => {
    const png = await encodePng(noise(1));
    await writeFile(at('whole.png'), png);
    await writeFile(at('cut.png'), png.subarray(0, 1000));
    await writeFile(at('short.png'), 'PNG');
    const left = await leftBehind(async () => {
      await readImage(at('whole.png'));
      await expect(readImage(at('cut.png'))).rejects.toThrow('cannot decode');
      await expect(readImage(at('absent.png'))).rejects.toThrow('there is no file');
      const complete = ['whole.png', 'cut.png', 'short.png', 'absent.png'].map((name) =>
        isCompletePng(at(name)),
      );
      expect(await Promise.all(complete)).toEqual([true, false, false, false]);
      // A folder opens, and cannot be read.
      await expect(isCompletePng(folder)).rejects.toThrow('EISDIR');
    });
    expect(left).toEqual({});
  });

  it('that holds weights, or does not', async () => {
    const bytes = encodeSafetensors({ a: tensor(Float32Array.of(1, 2), [2]) });
    await writeFile(at('a.safetensors'), bytes);
    await writeFile(at('cut.safetensors'), bytes.subarray(0, 30));
    execFileSync('mkfifo', [at('pipe')]);
    const left = await leftBehind(async () => {
      expect((await readWeightFile(at('a.safetensors'))).tensors.size).toBe(1);
      await expect(readWeightFile(at('cut.safetensors'))).rejects.toThrow('cut.safetensors');
      await expect(readWeightFile(folder)).rejects.toThrow('not a regular file');
      await expect(readWhole(at('pipe'))).rejects.toThrow('not a regular file');
      await expect(readWhole(at('absent'))).rejects.toThrow('ENOENT');
    });
    expect(left).toEqual({});
  });

  it('that a model keeps its weights in, or should', async () => {
    await writeFile(at('weights.bin'), Uint8Array.of(1, 2, 3, 4, 5));
    const read = externalReader(folder);
    const left = await leftBehind(async () => {
      expect([...read('weights.bin', 1, 3)]).toEqual([2, 3, 4]);
      expect([...read('weights.bin', 4, 9)]).toEqual([5]);
      expect(() => read('absent.bin', 0, 1)).toThrow('absent.bin must be readable');
      expect(() => read('.', 0, 1)).toThrow('not a regular file');
    });
    expect(left).toEqual({});
  });

  it('that is an annotation, in the memory of the library too', async () => {
    const { FS } = (await ready) as unknown as {
      FS: { streams: unknown[]; readdir(path: string): string[] };
    };
    const labelMap = { width: 4, height: 3, codes: new Uint8Array(12).fill(11) };
    const mask = new Uint8Array(12).fill(1);
    const annotation = { labelMap, objects: [{ code: 11, box: [0, 0, 4, 3] as const, mask }] };
    const bytes = await encodeAnnotation(annotation);
    await writeFile(at('cut.mat'), bytes.subarray(0, 3000));
    await writeFile(at('text.mat'), 'no annotation');
    // The library has to find out.
    await writeFile(at('wrong.mat'), bytes.slice().fill(0xa5, 608, 616));
    const left = await leftBehind(
      async () => {
        await writeAnnotation(at('a.mat'), annotation);
        expect(await readLabelCodes(at('a.mat'))).toEqual([11]);
        expect((await readAnnotation(at('a.mat'))).objects).toHaveLength(1);
        for (const name of ['cut.mat', 'text.mat', 'wrong.mat', 'absent.mat']) {
          await expect(readAnnotation(at(name))).rejects.toThrow(name);
        }
        const short = { ...annotation, objects: [{ ...annotation.objects[0], mask: mask.subarray(1) }] };
        await expect(encodeAnnotation(short)).rejects.toThrow('needs 12 values, has 11');
      },
      {
        'open file of HDF5': () => FS.streams.filter(Boolean).length,
        'file of HDF5': () => FS.readdir('/').length,
      },
    );
    expect(left).toEqual({});
  });
});

describe('damaged annotations', () => {
  // Each error costs the library some of its stack. Where that was gone, sound files were called damaged.
  it('do not make sound ones look damaged, however many there are', async () => {
    vi.resetModules();
    const { readLabelCodes } = await import('../../src/node/mat-file.ts');
    const labelMap = { width: 40, height: 30, codes: new Uint8Array(1200).fill(11) };
    await writeAnnotation(at('sound.mat'), { labelMap, objects: [] });
    const bytes = await encodeAnnotation({ labelMap, objects: [] });
    bytes.fill(0xa5, 608, 616);
    await writeFile(at('damaged.mat'), bytes);
    const codes = () => readLabelCodes(at('sound.mat')).catch((error: Error) => error.message);
    const seen = new Set<string>();
    for (let i = 0; i < 1010; i++) {
      seen.add(await readLabelCodes(at('damaged.mat')).then(String, (error: Error) => error.message));
      if (i === 990) expect(await codes()).toEqual([11]);
    }
    const spent =
      'the HDF5 library reads no more annotations before it is started anew; received 1000 damaged ones; ' +
      'mend or remove those told so far, and run the command again';
    expect([...seen]).toEqual([
      expect.stringMatching(/^cannot read the annotation .*bad object header/),
      spent,
    ]);
    expect(await codes()).toBe(spent);
    // Those that need no library are still told.
    await writeFile(at('short.mat'), bytes.subarray(0, 3000));
    await expect(readLabelCodes(at('short.mat'))).rejects.toThrow(
      `truncated file: 3000 of ${bytes.length} bytes`,
    );
  });
});

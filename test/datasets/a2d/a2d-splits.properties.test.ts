import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  type A2dFolders,
  frameName,
  type KeyFrame,
  readSplit,
  sampleId,
} from '../../../src/datasets/a2d/a2d-splits.ts';
import { BrokenSamples } from '../../../src/datasets/broken-samples.ts';
import { fc, runs } from '../../properties.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-splits-'));
afterAll(() => rmSync(folder, { recursive: true }));

const video = fc.constantFrom('aa-runs', '_bird', 'car.v1', 'Ünal', 'a b', '7');
const keyFrame = fc.record({ video, frame: fc.oneof(fc.integer({ min: 1, max: 99 }), fc.nat(999_999)) });
const keyFrames = fc.uniqueArray(keyFrame, { selector: sampleId, maxLength: 8 });

/** How lines may be written without meaning anything else. */
const style = fc.record({
  end: fc.constantFrom('\n', '\r\n'),
  indent: fc.constantFrom('', ' ', '\t'),
  blanks: fc.boolean(),
  mark: fc.constantFrom('', '\ufeff'),
  isLast: fc.boolean(),
});
type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

function textOf(lines: readonly string[], { end, indent, blanks, mark, isLast }: Style): string {
  return (
    mark + lines.map((line) => indent + line + indent).join(blanks ? end + end : end) + (isLast ? end : '')
  );
}

const folders = (lists: string | null): A2dFolders => ({
  ...{ release: folder, annotations: join(folder, 'mat'), frames: folder, clips: folder, lists },
  synthetic: false,
});

async function readList(text: string, skip = false): Promise<{ read: KeyFrame[]; broken: BrokenSamples }> {
  writeFileSync(join(folder, 'val.txt'), text);
  const broken = new BrokenSamples(skip);
  return { read: await readSplit(folders(folder), 'val', broken), broken };
}

it('a list gives its key frames in their order, however its lines end and its numbers are padded', async () => {
  await fc.assert(
    fc.asyncProperty(keyFrames, style, fc.nat(8), async (keyFrames, style, digits) => {
      const lines = keyFrames.map(({ video, frame }) => `${video}/${String(frame).padStart(digits, '0')}`);
      expect((await readList(textOf(lines, style))).read).toEqual(keyFrames);
    }),
  );
});

it('a line that is broken or comes again is named with its number, or left out and told, and costs no other', async () => {
  const wrong = fc.constantFrom(
    'aa-runs',
    'aa-runs/',
    '/7',
    'aa-runs/x',
    'a/b/7',
    'aa-runs/-7',
    'aa-runs/7.5',
    null,
  );
  await fc.assert(
    fc.asyncProperty(keyFrames, wrong, fc.nat(8), async (keyFrames, line, at) => {
      fc.pre(keyFrames.length > 0);
      const good = keyFrames.map(sampleId);
      const index = line === null ? good.length : Math.min(at, good.length);
      const lines = good.toSpliced(index, 0, line ?? good[0]);
      await expect(readList(lines.join('\n'))).rejects.toThrow(`val.txt line ${index + 1} `);
      const { read, broken } = await readList(lines.join('\n'), true);
      expect(read).toEqual(keyFrames);
      expect(broken.list).toHaveLength(1);
    }),
    runs(50),
  );
});

it('each annotated frame of the official layout is in one split and no other, by its number', async () => {
  const release = fc.uniqueArray(
    fc.record({
      ...{ video, usage: fc.nat(2), label: fc.constantFrom(11, 44, 79) },
      frames: fc.uniqueArray(fc.integer({ min: 1, max: 120_000 }), { minLength: 1, maxLength: 4 }),
    }),
    { selector: ({ video }) => video, minLength: 1, maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(release, style, async (videos, style) => {
      rmSync(join(folder, 'mat'), { recursive: true, force: true });
      for (const { video, frames } of videos) {
        mkdirSync(join(folder, 'mat', video), { recursive: true });
        for (const frame of frames) writeFileSync(join(folder, 'mat', video, `${frameName(frame)}.mat`), '');
        writeFileSync(join(folder, 'mat', video, 'notes.txt'), '');
      }
      const rows = videos.map(
        ({ video, label, frames, usage }) =>
          `${video},${label},0:00:01, 0:00:02,240,320,${frames.length},1,${usage}`,
      );
      writeFileSync(join(folder, 'videoset.csv'), textOf(rows, style));
      const read = (split: string) => readSplit(folders(null), split, new BrokenSamples(false));
      const expected = (isTrain: boolean) =>
        videos
          .filter(({ usage }) => (usage === 0) === isTrain)
          .flatMap(({ video, frames }) =>
            frames.toSorted((a, b) => a - b).map((frame) => ({ video, frame })),
          );
      expect(await read('train')).toEqual(expected(true));
      expect(await read('test')).toEqual(expected(false));
    }),
    runs(30),
  );
});

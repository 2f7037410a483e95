import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dataset, File, ready } from 'h5wasm';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Annotation,
  encodeAnnotation,
  readAnnotation,
  readLabelCodes,
  readLabelMap,
  writeAnnotation,
} from '../../src/node/mat-file.ts';
import { oddAnnotation, specks } from './odd-annotations.ts';

interface GoldenAnnotation {
  width: number;
  height: number;
  codes: number[];
  objects: { code: number; box: number[]; mask: number[] }[];
}
const golden = (name: string) => fileURLToPath(new URL(`../golden/a2d-annotations/${name}`, import.meta.url));
const values: Record<string, GoldenAnnotation> = JSON.parse(readFileSync(golden('values.json'), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'actionnx-mat-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The library's own file system, of which it opens files: see its documentation of Emscripten's FS. */
interface LibraryFiles {
  readonly streams: readonly unknown[];
  readdir(path: string): string[];
  writeFile(path: string, data: Uint8Array): void;
  unlink(path: string): void;
}

async function libraryFiles(): Promise<LibraryFiles> {
  return ((await ready) as unknown as { FS: LibraryFiles }).FS;
}

/** What the library holds: open files (its own three streams included), and files in its memory. */
async function held(): Promise<[streams: number, files: string[]]> {
  const { streams, readdir } = await libraryFiles();
  return [streams.filter(Boolean).length, readdir('/')];
}

/** Writes an odd annotation to disk. */
function odd(name: string): string {
  const path = join(folder, `${name}.mat`);
  writeFileSync(path, oddAnnotation(name));
  return path;
}

function expectAnnotation(
  annotation: Awaited<ReturnType<typeof readAnnotation>>,
  expected: GoldenAnnotation,
) {
  expect({
    width: annotation.labelMap.width,
    height: annotation.labelMap.height,
    codes: Array.from(annotation.labelMap.codes),
    objects: annotation.objects.map(({ code, box, mask }) => ({ code, box, mask: Array.from(mask) })),
  }).toEqual(expected);
}

describe.each(Object.entries(values))('%s, written by h5py behind a user block', (name, expected) => {
  it('is read field for field', async () => {
    expectAnnotation(await readAnnotation(golden(name)), expected);
  });

  it('gives its label map and codes alone', async () => {
    expect(Array.from((await readLabelMap(golden(name))).codes)).toEqual(expected.codes);
    const codes = [...new Set(expected.codes)].filter((code) => code !== 0).sort((a, b) => a - b);
    expect(await readLabelCodes(golden(name))).toEqual(codes);
  });

  it('survives writing and reading, with the same bytes each time', async () => {
    const paths = ['a.mat', 'b.mat'].map((file) => join(folder, file));
    const annotation = await readAnnotation(golden(name));
    for (const path of paths) await writeAnnotation(path, annotation);
    expectAnnotation(await readAnnotation(paths[0]), expected);
    expect(readFileSync(paths[0]).equals(readFileSync(paths[1]))).toBe(true);
  });
});

describe('an annotation by h5py of 5×3 pixels', () => {
  const upright = Array.from({ length: 15 }, (_, i) => specks[(i % 5) * 3 + Math.floor(i / 5)]);

  it.each(['specks', 'specks-of-doubles', 'specks-of-int16', 'big-endian', 'booleans'])(
    'as %s has every code, wherever in four pixels or after the last four it stands',
    async (name) => {
      expect(await readLabelCodes(odd(name))).toEqual([11, 12, 13, 44, 68, 78, 79]);
      const { labelMap, objects } = await readAnnotation(odd(name));
      expect({ ...labelMap, codes: [...labelMap.codes] }).toEqual({ width: 5, height: 3, codes: upright });
      // Every third of the 30 values that both masks hold, box by box the even and the odd of 0–7.
      const top = { code: 79, box: [0, 2, 4, 6], mask: [...Array(5).fill(1), ...Array(10).fill(0)] };
      expect(objects.map(({ mask, ...rest }) => ({ ...rest, mask: [...mask] }))).toEqual([
        top,
        { ...top, code: 11, box: [1, 3, 5, 7] },
      ]);
    },
  );

  it('may hold one code and no background, or no objects', async () => {
    expect(await readLabelCodes(odd('one-code-everywhere'))).toEqual([57]);
    expect((await readAnnotation(odd('no-objects'))).objects).toEqual([]);
  });

  it.each([
    ['code-of-300', '"reS_id" holds 2370, which is no whole number of 0–255'],
    ['code-of-minus-1', '"reS_id" holds -1, which is no whole number of 0–255'],
    ['code-of-a-half', '"reS_id" holds 44.5, which is no whole number of 0–255'],
    ['code-of-nan', '"reS_id" holds NaN, which is no whole number of 0–255'],
    ['int64', '"reS_id" does not hold numbers'],
    ['uint64', '"reS_id" does not hold numbers'],
    ['opaque', '"reS_id" does not hold numbers'],
    ['text', '"reS_id" does not hold numbers'],
    ['references', '"reS_id" does not hold numbers'],
    ['group', 'it has no "reS_id"'],
    ['no-label-map', 'it has no "reS_id"'],
    ['no-elements', '"reS_id" is empty'],
    ['no-columns', '"reS_id" is empty'],
    ['no-space', '"reS_id" needs 2 axes, has shape []'],
    ['label-map-of-3-axes', '"reS_id" needs 2 axes, has shape [1,5,3]'],
  ])('is refused with its label map as %s, and the library holds no more than before', async (name, why) => {
    await readLabelMap(odd('specks'));
    const before = await held();
    for (const read of [readLabelCodes, readLabelMap, readAnnotation]) {
      const reading = read(odd(name));
      await expect(reading).rejects.toThrow(
        `cannot read the annotation ${odd(name)}; received ${why}; the file is corrupt, truncated or no A2D`,
      );
      await expect(reading).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
    }
    expect(await held()).toEqual(before);
  });

  it.each([
    ['no-ids', 'it has no "id"'],
    ['mask-of-300', '"reMask" holds 300, which is no whole number of 0–255'],
    ['boxes-of-1-axis', '"reBBox" needs 2 axes, has shape [8]'],
    ['boxes-turned', 'reBBox [2,4]'],
    ['boxes-of-one', 'reBBox [4,1]'],
    ['boxes-of-three', 'reBBox [4,3]'],
    ['ids-of-three', 'id [1,3], reBBox [4,2], reMask [2,5,3] do not belong together for a frame of 5×3'],
    ['masks-turned', 'reMask [2,3,5]'],
    ['masks-of-one', 'reMask [5,3]'],
    ['masks-of-another-size', 'reMask [2,5,4]'],
    ['masks-of-one-size-in-another-shape', 'reMask [6,5,1]'],
    ['masks-of-one-height-in-another-shape', 'reMask [5,2,3]'],
  ])('gives its codes, and no objects, with %s', async (name, why) => {
    expect(await readLabelCodes(odd(name))).toEqual([11, 12, 13, 44, 68, 78, 79]);
    await expect(readAnnotation(odd(name))).rejects.toThrow(why);
  });

  it.each(['version-4', 'version-5', 'version-5-compressed'])(
    'is called by its version where it is %s, by scipy',
    async (name) => {
      const received = name === 'version-4' ? "received MATLAB's version 4;" : "received MATLAB's version 5,";
      await expect(readLabelMap(odd(name))).rejects.toThrow(received);
    },
  );
});

describe('what the library holds', () => {
  it('is no open file after reading and writing, and no file', async () => {
    const annotation = await readAnnotation(odd('specks'));
    const before = await held();
    for (let i = 0; i < 3; i++) {
      await readAnnotation(odd('specks'));
      await readLabelCodes(odd('specks'));
      await encodeAnnotation(annotation);
    }
    expect(await held()).toEqual(before);
    expect(before[1]).not.toContain('annotation.mat');
  });
});

describe('an annotation file', () => {
  it('starts with MATLAB’s user block, and HDF5 says where it begins and ends', async () => {
    const path = join(folder, 'header.mat');
    await writeAnnotation(path, await readAnnotation(golden('one-object.mat')));
    const bytes = readFileSync(path);
    expect(bytes.toString('latin1', 0, 19)).toBe('MATLAB 7.3 MAT-file');
    expect(bytes.subarray(124, 128)).toEqual(Buffer.from([0, 2, 0x49, 0x4d]));
    expect(bytes.subarray(512, 520)).toEqual(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'));
    expect(bytes.readBigUInt64LE(512 + 24)).toBe(512n);
    expect(bytes.readBigUInt64LE(512 + 40)).toBe(BigInt(bytes.length));
  });

  it.each([
    ['one-object.mat', [18, 10], 1],
    ['three-objects.mat', [3, 21, 13], 3],
  ])('has the names, types and axes of the release: %s', async (name, maskShape, count) => {
    const bytes = await encodeAnnotation(await readAnnotation(golden(name)));
    const files = await libraryFiles();
    files.writeFile('/written.mat', bytes);
    const file = new File('/written.mat', 'r');
    try {
      const found = file.keys().map((key) => {
        const dataset = file.get(key) as Dataset;
        const attributes = Object.entries(dataset.attrs).map(([attribute, { value }]) => [
          attribute,
          typeof value === 'object' ? Array.from(value as Int32Array) : value,
        ]);
        return [key, dataset.shape, dataset.dtype, Object.fromEntries(attributes)];
      });
      const { width, height } = values[name];
      expect(found).toEqual([
        ['id', [1, count], '<d', { MATLAB_class: 'double' }],
        ['reBBox', [4, count], '<d', { MATLAB_class: 'double' }],
        ['reMask', maskShape, '<B', { MATLAB_class: 'logical', MATLAB_int_decode: 1 }],
        ['reS_id', [width, height], '<B', { MATLAB_class: 'uint8' }],
      ]);
    } finally {
      file.close();
      files.unlink('/written.mat');
    }
  });

  describe('of the same annotation', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it('has the same bytes on any day', async () => {
      const annotation = await readAnnotation(golden('three-objects.mat'));
      vi.useFakeTimers({ toFake: ['Date'] });
      const written = [];
      for (const day of ['2024-02-29T12:00:00.5Z', '2031-07-01T00:00:01Z']) {
        vi.setSystemTime(new Date(day));
        written.push(Buffer.from(await encodeAnnotation(annotation)).toString('base64'));
      }
      expect(written[1]).toBe(written[0]);
    });
  });

  it('needs planes of the size of its label map', async () => {
    const good: Annotation = {
      labelMap: { width: 3, height: 2, codes: new Uint8Array(6) },
      objects: [{ code: 11, box: [1, 1, 2, 2], mask: new Uint8Array(6) }],
    };
    await expect(encodeAnnotation(good)).resolves.toBeInstanceOf(Uint8Array);
    const labelMap = { ...good.labelMap, codes: new Uint8Array(5) };
    await expect(encodeAnnotation({ ...good, labelMap })).rejects.toThrow(
      'a 3×2 plane needs 6 values, has 5',
    );
    const objects = [...good.objects, { ...good.objects[0], mask: new Uint8Array(7) }];
    await expect(encodeAnnotation({ ...good, objects })).rejects.toThrow('a 3×2 plane needs 6 values, has 7');
  });

  it('is not taken for a folder', async () => {
    const reading = readLabelMap(folder);
    await expect(reading).rejects.toThrow(`cannot read ${folder}; received EISDIR`);
    await expect(reading).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
  });

  it('may have no objects', async () => {
    const path = join(folder, 'none.mat');
    const empty = { labelMap: { width: 4, height: 3, codes: new Uint8Array(12) }, objects: [] };
    await writeAnnotation(path, empty);
    expect(await readAnnotation(path)).toEqual(empty);
    expect(await readLabelCodes(path)).toEqual([]);
  });

  it('is refused by name when it is missing, truncated, empty or no HDF5', async () => {
    const whole = readFileSync(golden('three-objects.mat'));
    const broken = join(folder, 'broken.mat');
    for (const length of [0, 100, 512, 700, whole.length >> 1, whole.length - 1]) {
      writeFileSync(broken, whole.subarray(0, length));
      const reading = readLabelMap(broken);
      await expect(reading).rejects.toThrow(`cannot read the annotation ${broken}; received`);
      await expect(reading).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
    }
    writeFileSync(broken, 'no annotation at all'.repeat(100));
    await expect(readAnnotation(broken)).rejects.toThrow(
      /received (unable to find )?.*file signature not found;/,
    );
    await expect(readLabelMap(join(folder, 'absent.mat'))).rejects.toThrow(
      `there is no annotation ${join(folder, 'absent.mat')}`,
    );
  });

  it('is refused when a field is damaged, and the next file is read all the same', async () => {
    const bytes = readFileSync(golden('three-objects.mat'));
    const broken = join(folder, 'damaged.mat');
    // The first gzip stream (0x78 …) of the file belongs to reS_id; it is damaged in its middle.
    const at = bytes.indexOf(Buffer.from([0x78, 0x5e]), 600);
    expect(at).toBeGreaterThan(0);
    bytes.fill(0xff, at + 8, at + 24);
    writeFileSync(broken, bytes);
    await expect(readLabelMap(broken)).rejects.toThrow(`cannot read the annotation ${broken}`);
    expect(await readLabelCodes(golden('one-object.mat'))).toEqual([11]);
  });

  it('keeps concurrent readers apart', async () => {
    const names = Array.from({ length: 30 }, (_, i) => Object.keys(values)[i % 3]);
    const maps = await Promise.all(names.map((name) => readLabelMap(golden(name))));
    expect(maps.map(({ width }) => width)).toEqual(names.map((name) => values[name].width));
  });
});

describe('a file of another of the formats that bear the name', () => {
  // int32s as MATLAB's version 4 has them: type, rows, columns, imaginary, length of the name.
  const version4 = Buffer.concat([
    Buffer.from(Int32Array.of(0, 1, 1, 0, 7).buffer),
    Buffer.from('reS_id\0'),
    Buffer.alloc(8),
  ]);
  it.each([
    [
      'version 5',
      Buffer.from('MATLAB 5.0 MAT-file Platform: posix, Created on: Thu'.padEnd(128)),
      "MATLAB's version 5",
    ],
    ['version 4', version4, "MATLAB's version 4"],
    [
      "Octave's text",
      Buffer.from('# Created by Octave 8.4.0, Thu\n# name: reS_id\n'),
      "Octave's text format",
    ],
  ])('is called by it: %s', async (name, bytes, received) => {
    const path = join(folder, `${name}.mat`);
    writeFileSync(path, bytes);
    for (const read of [readAnnotation, readLabelCodes, readLabelMap]) {
      await expect(read(path)).rejects.toThrow(
        `the annotation ${path} must be a MATLAB file of version 7.3; received ${received}`,
      );
    }
  });

  it('is not what zeros are', async () => {
    const path = join(folder, 'zeros.mat');
    writeFileSync(path, Buffer.alloc(600));
    await expect(readAnnotation(path)).rejects.toThrow('the file is corrupt, truncated or no A2D annotation');
  });
});

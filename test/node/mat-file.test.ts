import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readAnnotation, readLabelCodes, readLabelMap, writeAnnotation } from '../../src/node/mat-file.ts';

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
    await expect(readAnnotation(broken)).rejects.toThrow('file signature not found');
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

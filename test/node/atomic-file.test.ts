import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic, writePairAtomic } from '../../src/node/atomic-file.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-atomic-'));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true }));

describe('writeFileAtomic', () => {
  it('writes text and bytes, makes parents, replaces, and leaves nothing else', async () => {
    const path = join(folder, 'a', 'b', 'file.txt');
    await writeFileAtomic(path, 'first');
    await writeFileAtomic(path, new TextEncoder().encode('second'));
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file.txt']);
  });

  it('lets the last of many writers win, whole', async () => {
    const path = join(folder, 'file');
    await Promise.all(Array.from({ length: 8 }, (_, i) => writeFileAtomic(path, String(i).repeat(50_000))));
    expect(new Set(readFileSync(path, 'utf8')).size).toBe(1);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('names a place that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), 'in the way');
    const path = join(folder, 'file', 'below');
    await expect(writeFileAtomic(path, 'x')).rejects.toThrow(`cannot write ${path}`);
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe.runIf(process.platform !== 'win32')('where a pipe has the name', () => {
  it('replaces no pipe or device', async () => {
    // A pipe of the test's own: /dev/null is the machine's.
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(writeFileAtomic(pipe, 'x')).rejects.toThrow('a device, pipe or socket of that name');
    expect(readdirSync(folder)).toEqual(['pipe']);
  });
});

describe('writePairAtomic', () => {
  const bytes = (text: string) => [new TextEncoder().encode(text)];
  const both = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const write = (graph: Iterable<Uint8Array>, data: Iterable<Uint8Array>) =>
    writePairAtomic([join(folder, 'x'), graph], [join(folder, 'x.data'), data]);

  it('replaces both or neither', async () => {
    await write(bytes('graph 1'), bytes('data 1'));
    await write(bytes('graph 2'), bytes('data 2'));
    const second = [
      ['x', 'graph 2'],
      ['x.data', 'data 2'],
    ];
    expect(both()).toEqual(second);
    function* failing() {
      yield* bytes('half');
      throw new Error('no more');
    }
    await expect(write(failing(), bytes('data 3'))).rejects.toThrow('no more');
    await expect(write(bytes('graph 3'), failing())).rejects.toThrow('no more');
    expect(both()).toEqual(second);
  });

  it('touches nothing where a folder is in the way', async () => {
    mkdirSync(join(folder, 'x'));
    await expect(write(bytes('graph'), bytes('data'))).rejects.toThrow(/cannot write .*x; received a folder/);
    expect(readdirSync(folder)).toEqual(['x']);
  });
});

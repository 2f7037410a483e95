import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic, writeFolderAtomic, writePairAtomic } from '../../src/node/atomic-file.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-atomic-'));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Waits until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

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

describe('writePairAtomic', () => {
  const bytes = (text: string) => [new TextEncoder().encode(text)];
  const both = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const write = (graph: Iterable<Uint8Array>, data: Iterable<Uint8Array>) =>
    writePairAtomic([join(folder, 'x'), graph], [join(folder, 'x.data'), data]);

  it('replaces no device', async () => {
    await expect(writeFileAtomic('/dev/null', 'x')).rejects.toThrow('a device, pipe or socket of that name');
  });

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

describe('writeFolderAtomic', () => {
  it('shows the folder only once it is complete', async () => {
    const target = join(folder, 'target');
    await writeFolderAtomic(target, async (temporary) => {
      await writeFile(join(temporary, 'one'), '1');
      expect(existsSync(target)).toBe(false);
      await writeFile(join(temporary, 'two'), '2');
    });
    expect(readdirSync(target)).toEqual(['one', 'two']);
    expect(readdirSync(folder)).toEqual(['target']);
  });

  it('keeps what is not its own, where it is told what is', async () => {
    const target = join(folder, 'shared');
    const own = ['made', 'older'];
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'older'), ''), own);
    await mkdir(join(target, '.git'));
    await writeFile(join(target, '.git', 'HEAD'), 'main');
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'made'), ''), own);
    expect((await readdir(target)).sort()).toEqual(['.git', 'made']);
    expect(await readFile(join(target, '.git', 'HEAD'), 'utf8')).toBe('main');
    expect((await readdir(folder)).filter((name) => name.startsWith('.shared'))).toEqual([]);
  });

  it('replaces a folder whole: the old files are gone', async () => {
    const target = join(folder, 'target');
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'old'), ''));
    await writeFolderAtomic(target, async (temporary) => {
      await writeFile(join(temporary, 'new'), '');
      expect(readdirSync(target)).toEqual(['old']);
    });
    expect(readdirSync(target)).toEqual(['new']);
    expect(readdirSync(folder)).toEqual(['target']);
  });

  it('keeps the old folder when filling fails', async () => {
    const target = join(folder, 'target');
    await writeFolderAtomic(target, (temporary) => writeFile(join(temporary, 'old'), ''));
    const failing = writeFolderAtomic(target, async (temporary) => {
      await writeFile(join(temporary, 'half'), '');
      throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(readdirSync(target)).toEqual(['old']);
    expect(readdirSync(folder)).toEqual(['target']);
  });

  // /dev/full refuses every write as a full disk does.
  it.runIf(existsSync('/dev/full'))('says that the disk is full', async () => {
    const target = join(folder, 'target');
    const filling = writeFolderAtomic(target, () => writeFile('/dev/full', 'x'));
    await expect(filling).rejects.toThrow(`the disk is full: ${target} was not written; free some space`);
    await expect(filling).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('removes the unfinished folder on %s', async (signal) => {
    // The test's own listener keeps the process alive, as the command line's does until it exits.
    const listener = () => {};
    process.on(signal, listener);
    const target = join(folder, 'target');
    let end: (() => void) | undefined;
    const filling = writeFolderAtomic(target, async (temporary) => {
      await writeFile(join(temporary, 'half'), '');
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await until(() => end !== undefined);
    expect(readdirSync(folder)).toHaveLength(1);
    process.kill(process.pid, signal);
    await until(() => readdirSync(folder).length === 0);
    end?.();
    await expect(filling).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
    process.removeListener(signal, listener);
  });
});

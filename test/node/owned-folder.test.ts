import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type FolderKind, isInside, ownEntries, requireOwnFile } from '../../src/node/owned-folder.ts';
import { requireOther } from '../../src/node/replaceable.ts';
import { readText } from '../../src/node/text-file.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-owned-'));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const kind: FolderKind = {
  what: 'a test folder',
  mark: 'mark.json',
  entries: ({ ours }) => (Array.isArray(ours) ? ours : null),
};

/** Writes files by their paths, parents included. */
function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
}
const mark = (...ours: unknown[]) => writeFileSync(join(folder, 'mark.json'), JSON.stringify({ ours }));

describe('ownEntries', () => {
  it('finds nothing where nothing is, or only what is being written', async () => {
    expect(await ownEntries(join(folder, 'none'), kind)).toEqual([]);
    expect(await ownEntries(folder, kind)).toEqual([]);
    expect(await ownEntries(folder)).toEqual([]);
    put('.x.12-0123abcd.tmp');
    expect(await ownEntries(folder, kind)).toEqual([]);
  });

  it('finds the mark first, then what it lists and what is there, once, and not behind a link', async () => {
    put('b', 'a', 'sub/c', 'theirs', 'elsewhere/d');
    symlinkSync('elsewhere', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    mark('b', 'none', 'sub/c', 'a', 'b', 'a/below', 'none/below', 'link/d', 'link', 'dangling');
    expect(await ownEntries(folder, kind)).toEqual(['mark.json', 'b', 'sub/c', 'a', 'link', 'dangling']);
  });

  it('refuses what is no folder', async () => {
    put('file');
    await expect(ownEntries(join(folder, 'file'), kind)).rejects.toMatchObject({
      message: `a test folder needs a folder; received ${join(folder, 'file')}, which is not one`,
      exitCode: 2,
    });
  });

  it.each([
    [['a', 'b', 'c'], 'a, b, c'],
    [['a', 'b', 'c', 'd'], 'a, b, c, …'],
  ])('names up to three of the files that are there', async (names, named) => {
    put(...names, '.x.12-0123abcd.tmp');
    for (const [given, what] of [
      [kind, 'a test folder'],
      [undefined, 'this'],
    ] as const) {
      await expect(ownEntries(folder, given)).rejects.toMatchObject({
        message: `${what} needs a folder of its own; received ${folder}, which holds other files: ${named}; give another with --out`,
        exitCode: 2,
      });
    }
  });

  it.each([
    ['is no JSON', 'hello'],
    ['is null', 'null'],
    ["is another's", '{"name":"theirs"}'],
    ['leads out', '{"ours":["a","../b"]}'],
  ])('trusts no mark that %s', async (_, text) => {
    writeFileSync(join(folder, 'mark.json'), text);
    await expect(ownEntries(folder, kind)).rejects.toThrow(
      `received ${folder}, whose mark.json is not one that actionnx wrote for a test folder; give`,
    );
  });
});

it.each([
  ['a', true],
  ['a/b.txt', true],
  ['..a/b..', true],
  ['.a', true],
  ['', false],
  ['.', false],
  ['..', false],
  ['/a', false],
  ['a/', false],
  ['a//b', false],
  ['a/../b', false],
  ['a/./b', false],
  ['a\\b', false],
  ['a\0b', false],
  [7, false],
  [null, false],
  [['a'], false],
])('isInside: %j is %s', (path, inside) => {
  expect(isInside(path)).toBe(inside);
});

describe('requireOwnFile', () => {
  const isOurs = (text: string) => text.startsWith('ours');
  const path = () => join(folder, 'report');

  it('takes a name that is free, and a file of ours', async () => {
    await requireOwnFile(path(), 'the report', isOurs);
    writeFileSync(path(), 'ours, it says');
    await requireOwnFile(path(), 'the report', isOurs);
    // Writing says what is wrong with these.
    await requireOwnFile(join(path(), 'below'), 'the report', isOurs);
  });

  it("refuses another's file, and a folder", async () => {
    const refusal = {
      message: `the report replaces only an earlier one; received ${path()}, which actionnx did not write; give another folder`,
      exitCode: 2,
    };
    writeFileSync(path(), 'theirs');
    await expect(requireOwnFile(path(), 'the report', isOurs)).rejects.toMatchObject(refusal);
    rmSync(path());
    mkdirSync(path());
    await expect(requireOwnFile(path(), 'the report', isOurs)).rejects.toMatchObject(refusal);
  });
});

describe('requireOther', () => {
  it('takes what is not there, and others', async () => {
    put('a', 'b');
    const [a, b, none] = ['a', 'b', 'none'].map((name) => join(folder, name));
    await requireOther(none, [a, none], '--out');
    await requireOther(a, [b, none], '--out');
    await requireOther(a, [], '--out');
  });

  it('refuses what it is made from, by whatever name', async () => {
    put('sub/a', 'b');
    const [a, link, hard] = [join(folder, 'sub/a'), join(folder, 'link'), join(folder, 'hard')];
    symlinkSync('sub', link);
    linkSync(a, hard);
    for (const path of [a, join(link, 'a'), hard]) {
      await expect(requireOther(path, [join(folder, 'b'), a], '--svg')).rejects.toMatchObject({
        message: `--svg would replace what it is made from; received ${path}; give another name with --svg`,
        exitCode: 2,
      });
    }
  });
});

describe('readText', () => {
  it('reads UTF-8 without its byte order mark, and refuses other bytes by the name of the file', async () => {
    const path = join(folder, 'labels.txt');
    writeFileSync(path, '\ufeffgröße\n');
    expect(await readText(path)).toBe('größe\n');
    writeFileSync(path, Buffer.from('gr\xf6\xdfe', 'latin1'));
    await expect(readText(path)).rejects.toThrow(
      `${path} must be text in UTF-8; received byte 0xF6 in line 1`,
    );
    await expect(readText(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

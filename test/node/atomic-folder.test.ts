import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { filesIn, recoverFolder, writeFolderAtomic } from '../../src/node/atomic-folder.ts';
import type { FolderKind } from '../../src/node/owned-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-folder-'));
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

/** Writes a folder of these files, by their paths, and a mark that lists them. */
function write(target: string, files: Readonly<Record<string, string>>): Promise<void> {
  const fill = async (temporary: string) => {
    for (const [path, text] of Object.entries({ ...files, 'mark.json': mark(files) })) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      await writeFile(join(temporary, path), text);
    }
  };
  return writeFolderAtomic(target, fill, kind);
}

const mark = (files: Readonly<Record<string, string>>) => JSON.stringify({ ours: Object.keys(files) });

/** Every file of a folder. */
async function content(target: string): Promise<Record<string, string>> {
  const paths = await filesIn(target);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(target, path), 'utf8')]));
}

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

  it('replaces what its mark lists, and nothing else', async () => {
    const target = join(folder, 'shared');
    await write(target, { 'a.txt': 'old', 'deep/er/b.txt': 'old' });
    await mkdir(join(target, '.git'));
    await writeFile(join(target, '.git', 'HEAD'), 'main');
    await writeFile(join(target, 'deep', 'theirs.txt'), 'theirs');
    await write(target, { 'a.txt': 'new', 'deep/c.txt': 'new' });
    expect(await content(target)).toEqual({
      ...{ '.git/HEAD': 'main', 'deep/theirs.txt': 'theirs' },
      ...{ 'a.txt': 'new', 'deep/c.txt': 'new', 'mark.json': expect.any(String) },
    });
    expect(readdirSync(folder)).toEqual(['shared']);
  });

  it.each([
    ['other files', { 'thesis.txt': '' }, 'which holds other files: thesis.txt'],
    [
      "another program's mark",
      { 'mark.json': '{"name":"theirs"}' },
      'whose mark.json is not one that actionnx wrote',
    ],
    ['a mark that is no JSON', { 'mark.json': 'hello' }, 'whose mark.json is not one that actionnx wrote'],
    [
      'a mark that leads elsewhere',
      { 'mark.json': '{"ours":["../precious"]}' },
      'whose mark.json is not one',
    ],
  ])('refuses a folder with %s, and leaves it as it is', async (_, files, received) => {
    const target = join(folder, 'theirs');
    await mkdir(target);
    await writeFile(join(folder, 'precious'), 'precious');
    for (const [name, text] of Object.entries(files)) await writeFile(join(target, name), text as string);
    const refused = write(target, { 'a.txt': 'new' });
    await expect(refused).rejects.toThrow(
      `a test folder needs a folder of its own; received ${target}, ${received}`,
    );
    await expect(refused).rejects.toMatchObject({ exitCode: 2 });
    expect(await content(target)).toEqual(files);
    expect(readdirSync(folder).sort()).toEqual(['precious', 'theirs']);
  });

  it.each(['file', 'folder', 'link'])(
    "keeps another's %s that is in the way, and its own old files",
    async (kind) => {
      const target = join(folder, 'target');
      await write(target, { 'a.txt': 'old' });
      const [elsewhere, way] = [join(folder, 'elsewhere'), join(target, 'sub')];
      await mkdir(elsewhere);
      if (kind === 'file') await writeFile(way, 'theirs');
      else if (kind === 'link') await symlink(elsewhere, way);
      else await mkdir(join(way, 'b.txt'), { recursive: true });
      await expect(write(target, { 'a.txt': 'new', 'sub/b.txt': 'new' })).rejects.toThrow('is in the way');
      expect(readFileSync(join(target, 'a.txt'), 'utf8')).toBe('old');
      expect(readdirSync(elsewhere)).toEqual([]);
      expect(readdirSync(target).sort()).toEqual(['a.txt', 'mark.json', 'sub']);
    },
  );

  it('follows no link out of the folder to what its mark lists', async () => {
    const target = join(folder, 'target');
    await write(target, { 'sub/a.txt': 'old' });
    await rename(join(target, 'sub'), join(folder, 'moved'));
    await symlink(join(folder, 'moved'), join(target, 'sub'));
    await write(target, { 'b.txt': 'new' });
    expect(readFileSync(join(folder, 'moved', 'a.txt'), 'utf8')).toBe('old');
  });

  it('leaves the current folder, and a link to a folder, where they are', async () => {
    const [target, link] = [join(folder, 'real'), join(folder, 'link')];
    await mkdir(target);
    await symlink(target, link);
    const { ino } = statSync(target);
    const before = process.cwd();
    process.chdir(target);
    try {
      await write('.', { 'a.txt': 'first' });
      await write('.', { 'b.txt': 'second' });
      expect(readdirSync('.').sort()).toEqual(['b.txt', 'mark.json']);
    } finally {
      process.chdir(before);
    }
    await write(link, { 'c.txt': 'third' });
    expect(statSync(target).ino).toBe(ino);
    expect(readdirSync(target).sort()).toEqual(['c.txt', 'mark.json']);
    expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
  });

  it('needs nothing to be there, where it is told of no kind', async () => {
    const target = join(folder, 'target');
    await mkdir(target);
    const fill = (temporary: string) => writeFile(join(temporary, 'one'), '1');
    await writeFolderAtomic(target, fill);
    await expect(writeFolderAtomic(target, fill)).rejects.toThrow('which holds other files: one');
  });

  // /dev/full refuses every write as a full disk does.
  it.runIf(existsSync('/dev/full'))('says that the disk is full', async () => {
    const target = join(folder, 'target');
    const filling = writeFolderAtomic(target, () => writeFile('/dev/full', 'x'));
    await expect(filling).rejects.toThrow(`the disk is full: ${target} was not written; free some space`);
    await expect(filling).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
    expect(readdirSync(folder)).toEqual([]);
  });
});

const built = new URL('../../dist/src/node/atomic-folder.js', import.meta.url).href;

/**
 * A process that writes a folder anew, or only tidies it up, and is sent a signal at the `step`th time that it moves
 * something; how it ended, and whether it came so far.
 */
async function cut(target: string, signal: string, step: number, act: 'write' | 'recover' = 'write') {
  const program = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { renameSync } = fs;
    let moves = 0;
    fs.renameSync = (...paths) => {
      if (++moves === ${step}) { fs.writeSync(1, 'cut'); process.kill(process.pid, '${signal}'); }
      renameSync(...paths);
    };
    syncBuiltinESMExports();
    const { recoverFolder, writeFolderAtomic } = await import('${built}');
    const [target] = process.argv.slice(1);
    if ('${act}' === 'recover') await recoverFolder(target);
    else await writeFolderAtomic(target, async (folder) => {
      for (const name of ['a.txt', 'mark.json', 'new.txt']) fs.writeFileSync(folder + '/' + name, '{"ours":["a.txt","new.txt"]}');
    }, { what: 'a test folder', mark: 'mark.json', entries: ({ ours }) => ours ?? null });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  const [, endedBy] = await once(child, 'close');
  return { isCut: printed === 'cut', endedBy };
}

describe.runIf(process.platform !== 'win32')('a process that is ended while it replaces a folder', () => {
  const old = { 'a.txt': 'old', 'deep/b.txt': 'old' };
  const before = { ...old, 'mark.json': mark(old), 'theirs.txt': 'theirs' };

  async function oldFolder(): Promise<string> {
    const target = join(folder, 'target');
    await write(target, old);
    await writeFile(join(target, 'theirs.txt'), 'theirs');
    return target;
  }

  it('has the old folder put back by the next run, at whatever step it is killed', async () => {
    const target = await oldFolder();
    // Three files go and three come.
    for (let step = 1; step <= 6; step++) {
      const { isCut, endedBy } = await cut(target, 'SIGKILL', step);
      expect([isCut, endedBy]).toEqual([true, 'SIGKILL']);
      await recoverFolder(target);
      expect(await content(target)).toEqual(before);
    }
    expect(await cut(target, 'SIGKILL', 7)).toEqual({ isCut: false, endedBy: null });
    expect(Object.keys(await content(target))).toEqual(['a.txt', 'mark.json', 'new.txt', 'theirs.txt']);
  });

  it('has it put back even where putting it back is killed, too', async () => {
    const target = await oldFolder();
    await cut(target, 'SIGKILL', 5);
    for (const step of [1, 2, 3]) {
      expect(await cut(target, 'SIGKILL', step, 'recover')).toEqual({ isCut: true, endedBy: 'SIGKILL' });
    }
    await write(target, { 'c.txt': 'newer' });
    expect(Object.keys(await content(target))).toEqual(['c.txt', 'mark.json', 'theirs.txt']);
  });

  it.each(['SIGINT', 'SIGTERM'])('comes to its end first on %s', async (signal) => {
    const target = await oldFolder();
    const { isCut } = await cut(target, signal, 2);
    expect(isCut).toBe(true);
    expect(Object.keys(await content(target))).toEqual(['a.txt', 'mark.json', 'new.txt', 'theirs.txt']);
  });
});

import { accessSync, constants, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { recoverPair, writeFileAtomic, writePairAtomic } from '../../src/node/atomic-file.ts';
import { recoverFolder, writeFolderAtomic } from '../../src/node/atomic-folder.ts';
import { ownEntries } from '../../src/node/owned-folder.ts';
import { isTemporary } from '../../src/node/temporary.ts';
import { afterPowerCut, plant, recorded, type Tree, treeOf } from './faulty-disk.ts';

vi.mock('node:fs', async () => (await import('./faulty-disk.ts')).fs);
vi.mock('node:fs/promises', async () => (await import('./faulty-disk.ts')).promises);

// In memory where that can be: thousands of trees are grown.
const memory = '/dev/shm';

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const base = realpathSync(mkdtempSync(join(isWritable(memory) ? memory : tmpdir(), 'actionnx-power-cut-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const root = join(base, 'root');

type Files = Readonly<Record<string, string>>;

/** Something that is written: from these files to those, below the root. */
interface Write {
  readonly what: string;
  readonly old: Files;
  readonly new: Files;
  write(): Promise<void>;
  /** What the next run does before it writes. */
  recover?(): Promise<void>;
  /** What a reader looks for first; the others it takes for granted then. */
  readonly mark?: string;
}

const bytes = (text: string) => [Buffer.from(text.slice(0, 2)), Buffer.from(text.slice(2))];
const path = (name: string) => join(root, name);
const list = (...files: string[]) => JSON.stringify({ files });

/** Writes a folder of these files, whose mark lists those of them that are ours. */
function writeFolder(name: string, files: Files): Promise<void> {
  const fill = async (temporary: string) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      await writeFile(join(temporary, path), text);
    }
  };
  const entries = ({ files }: Readonly<Record<string, unknown>>) => (Array.isArray(files) ? files : null);
  return writeFolderAtomic(path(name), fill, { what: 'a folder', mark: 'mark.json', entries });
}

const below = (folder: string, files: Files) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

const oldFolder = { 'a.txt': 'old a', 'deep/er/b.txt': 'old b', 'c/1': 'old 1' };
const oldMark = { 'mark.json': list('a.txt', 'deep/er/b.txt', 'c') };
const newFolder = { 'a.txt': 'new a', 'deep/d/e.txt': 'new e', 'c/2': 'new 2' };
const newMark = { 'mark.json': list('a.txt', 'deep/d/e.txt', 'c') };
const theirs = { 'f/deep/theirs.txt': 'theirs' };

const pair = (version: string) => ({ 'x.onnx': `${version} graph`, 'x.onnx.data': `${version} weights` });
const writePair = (version: string) => {
  const [graph, weights] = Object.entries(pair(version));
  return writePairAtomic([path(graph[0]), bytes(graph[1])], [path(weights[0]), bytes(weights[1])]);
};

const writes: Write[] = [
  {
    what: 'a file that was not there, in folders that were not',
    old: {},
    new: { 'a/b/file': 'new content' },
    write: () => writeFileAtomic(path('a/b/file'), 'new content'),
  },
  {
    what: 'a file that was there',
    old: { file: 'old content', other: 'other' },
    new: { file: 'new content', other: 'other' },
    write: () => writeFileAtomic(path('file'), bytes('new content')),
  },
  {
    what: 'a pair that was not there',
    old: {},
    new: pair('new'),
    mark: 'x.onnx',
    write: () => writePair('new'),
    recover: () => recoverPair(path('x.onnx')),
  },
  {
    what: 'a pair that was there',
    old: { ...pair('old'), other: 'other' },
    new: { ...pair('new'), other: 'other' },
    mark: 'x.onnx',
    write: () => writePair('new'),
    recover: () => recoverPair(path('x.onnx')),
  },
  {
    what: 'a pair where only a graph was',
    old: { 'x.onnx': 'graph without weights' },
    new: pair('new'),
    mark: 'x.onnx',
    write: () => writePair('new'),
    recover: () => recoverPair(path('x.onnx')),
  },
  {
    what: 'a folder that was not there',
    old: {},
    new: below('p/f', { ...newFolder, ...newMark }),
    mark: 'p/f/mark.json',
    write: () => writeFolder('p/f', { ...newFolder, ...newMark }),
    recover: () => recoverFolder(path('p/f')),
  },
  {
    what: 'a folder that was there',
    old: { ...below('f', { ...oldFolder, ...oldMark }), ...theirs },
    new: { ...below('f', { ...newFolder, ...newMark }), ...theirs },
    mark: 'f/mark.json',
    write: () => writeFolder('f', { ...newFolder, ...newMark }),
    recover: () => recoverFolder(path('f')),
  },
];

/** The tree of these files. */
function grown(files: Files): Tree {
  const tree = new Map<string, Buffer | null>();
  for (const [name, text] of Object.entries(files)) {
    for (let folder = dirname(name); folder !== '.'; folder = dirname(folder)) tree.set(folder, null);
    tree.set(name, Buffer.from(text));
  }
  return tree;
}

/** The files of a tree that are no temporary's. */
function visible(tree: Tree): Files {
  const files = [...tree].filter(([name]) => !name.split('/').some(isTemporary));
  return Object.fromEntries(
    files.flatMap(([name, content]) => (content === null ? [] : [[name, content.toString()]])).sort(),
  );
}

const sorted = (files: Files): Files => Object.fromEntries(Object.entries(files).sort());
const temporaries = (tree: Tree) => [...tree.keys()].filter((name) => name.split('/').some(isTemporary));

/** What is on the disk, and old or new: 'old', 'new', or else the files themselves. */
function version(files: Files, { old, new: made }: Write): 'old' | 'new' | Files {
  const text = JSON.stringify(files);
  if (text === JSON.stringify(sorted(made))) return 'new';
  return text === JSON.stringify(sorted(old)) ? 'old' : files;
}

describe.each(writes)('$what', (write) => {
  const { recover = async () => {} } = write;
  const before = grown(write.old);

  it('is the old or the new after a power cut at any step, whatever it leaves', async () => {
    plant(root, before);
    const { changes, error, open } = await recorded(write.write);
    expect([error, open, version(visible(treeOf(root)), write)]).toEqual([undefined, 0, 'new']);
    expect(temporaries(treeOf(root))).toEqual([]);
    const seen = new Set<unknown>();
    const tried = new Set<string>();
    for (let cut = 0; cut <= changes.length; cut++) {
      if (cut === changes.length) tried.clear();
      for (const [key, tree] of afterPowerCut(root, before, changes.slice(0, cut))) {
        if (tried.has(key)) continue;
        tried.add(key);
        // A reader that comes before the next run finds either version, or none.
        const found = visible(tree);
        if (!write.mark || found[write.mark] !== undefined) {
          expect(['old', 'new'], `cut at ${cut}`).toContain(version(found, write));
        }
        plant(root, tree);
        const recovery = await recorded(recover);
        expect([recovery.error, recovery.open], `cut at ${cut}`).toEqual([undefined, 0]);
        const result = version(visible(treeOf(root)), write);
        expect(['old', 'new'], `cut at ${cut}`).toContain(result);
        if (write.recover) expect(temporaries(treeOf(root))).toEqual([]);
        // Once the call has returned, it is the new.
        if (cut === changes.length) expect(result).toBe('new');
        seen.add(result);
      }
    }
    expect(seen).toEqual(new Set(['old', 'new']));
  });

  it.each(['ENOSPC', 'EIO', 'EACCES'])(
    'is the old after %s at any step, and says so in a line',
    async (code) => {
      const listeners = () =>
        ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name));
      const before = grown(write.old);
      const listening = listeners();
      let failures = 0;
      for (let step = 1; ; step++) {
        plant(root, before);
        const { calls, error, open } = await recorded(write.write, { step, code });
        if (calls.length < step) break;
        const [call, place] = calls[step - 1].split(' ');
        const at = `step ${step}, ${calls[step - 1]}`;
        const result = version(visible(treeOf(root)), write);
        expect([open, listeners()], at).toEqual([0, listening]);
        if (error === undefined) expect(result, at).toBe('new');
        else {
          failures++;
          expect(error, at).toBeInstanceOf(UserError);
          expect((error as UserError).message, at).toMatch(/^[^\n]+$/);
          // Where only the last flush fails, the new is there already.
          const isLast = ['open', 'fsync', 'close'].includes(call) && !isTemporary(place.split('/').pop()!);
          expect(isLast ? ['old', 'new'] : ['old'], at).toContain(result);
        }
        // Of what could not be removed, the next run takes care.
        if (/unlink|rmdir|lstat|readdir/.test(call)) await recover();
        expect(temporaries(treeOf(root)), at).toEqual([]);
      }
      expect(failures).toBeGreaterThan(2);
    },
  );
});

it.each(writes.filter(({ recover }) => recover))('$what: the next writing tidies up first', async (write) => {
  plant(root, grown(write.old));
  const { changes } = await recorded(write.write);
  const cut = changes.findLastIndex(({ kind }) => kind === 'rename');
  const [tree] = afterPowerCut(root, grown(write.old), changes.slice(0, cut)).values();
  plant(root, tree);
  expect(temporaries(treeOf(root))).not.toEqual([]);
  await write.write();
  expect([version(visible(treeOf(root)), write), temporaries(treeOf(root))]).toEqual(['new', []]);
});

describe('putting a folder back', () => {
  const write = writes[writes.length - 1];
  const before = grown(write.old);
  const recover = () => recoverFolder(path('f'));

  /** What is on the disk where a process is killed after each of its renamings. */
  async function halfDone(): Promise<Tree[]> {
    plant(root, before);
    const { changes } = await recorded(write.write);
    const cuts = changes.flatMap(({ kind }, i) => (kind === 'rename' ? [i + 1] : []));
    return cuts.map((cut) => [...afterPowerCut(root, before, changes.slice(0, cut)).values()][0]);
  }

  it('can be cut off at any step, and is begun again', async () => {
    const tried = new Set<string>();
    for (const tree of await halfDone()) {
      plant(root, tree);
      const { changes } = await recorded(recover);
      const end = version(visible(treeOf(root)), write);
      for (let cut = 1; cut < changes.length; cut++) {
        for (const [key, left] of afterPowerCut(root, tree, changes.slice(0, cut))) {
          if (tried.has(key)) continue;
          tried.add(key);
          plant(root, left);
          await recover();
          expect([version(visible(treeOf(root)), write), temporaries(treeOf(root))]).toEqual([end, []]);
        }
      }
    }
    expect(tried.size).toBeGreaterThan(20);
  });

  it('can be refused at any step, says so, and is begun again', async () => {
    const [tree] = (await halfDone()).slice(-2);
    for (let step = 1; ; step++) {
      plant(root, tree);
      const { calls, error, open } = await recorded(recover, { step, code: 'EIO' });
      if (calls.length < step) break;
      expect(open).toBe(0);
      if (error) expect((error as UserError).message).toMatch(/^cannot write [^\n]*EIO: refused[^\n]*$/);
      await recover();
      expect([version(visible(treeOf(root)), write), temporaries(treeOf(root))], calls[step - 1]).toEqual([
        'old',
        [],
      ]);
    }
  });

  it('takes nothing for its own that came since', async () => {
    const [tree] = (await halfDone()).slice(-2);
    plant(root, tree);
    const { calls } = await recorded(recover);
    const step = calls.findIndex((call) => /^unlink .*\/new\//.test(call)) + 1;
    plant(root, tree);
    expect((await recorded(recover, { step, code: 'EIO' })).error).toBeInstanceOf(UserError);
    await mkdir(path('f/deep/d'));
    await writeFile(path('f/deep/d/e.txt'), 'theirs');
    await recover();
    expect(visible(treeOf(root))).toEqual({ ...write.old, 'f/deep/d/e.txt': 'theirs' });
  });

  it('is left to the next run, where it fails at once', async () => {
    plant(root, before);
    const { calls } = await recorded(write.write);
    const renames = calls.flatMap((call, i) => (call.startsWith('rename ') ? [i + 1] : []));
    for (const step of renames.slice(1)) {
      plant(root, before);
      const { error } = await recorded(write.write, { step, code: 'EIO', later: 'rename' });
      const kept = temporaries(treeOf(root))[0];
      expect((error as UserError).message).toMatch(
        /^\S*\/f could not be put back as it was; received EIO: refused.*; run the command again, .* its files are in /,
      );
      expect((error as UserError).message.endsWith(join(root, kept, 'old'))).toBe(true);
      await recover();
      expect([version(visible(treeOf(root)), write), temporaries(treeOf(root))]).toEqual(['old', []]);
    }
  });
});

describe('file systems', () => {
  const refused = async (call: RegExp, code: string) => {
    const write = writes[writes.length - 1];
    plant(root, grown(write.old));
    const { calls } = await recorded(write.write);
    const step = calls.findIndex((name) => call.test(name)) + 1;
    plant(root, grown(write.old));
    const { error } = await recorded(write.write, { step, code });
    return error;
  };

  it.each(['EINVAL', 'ENOTSUP'])('that flush no folders (%s) are written to', async (code) => {
    expect(await refused(/^fsync .*\/f\/\.f[^/]*$/, code)).toBeUndefined();
    expect(await refused(/^fsync .*mark\.json$/, code)).toMatchObject({ code });
  });

  it('say why a folder cannot be read', async () => {
    plant(root, grown({ 'f/a.txt': '' }));
    const read = async () => void (await ownEntries(path('f')));
    expect((await recorded(read, { step: 1, code: 'EACCES' })).error).toMatchObject({
      message: expect.stringMatching(/^this needs a folder; received EACCES: refused, readdir/),
      exitCode: 2,
    });
  });
});

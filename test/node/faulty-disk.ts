/**
 * Node's file system as a test sees it that has put `fs` and `promises` in its place: it works on the real disk, but
 * can refuse at any step, and notes what it changed, so that what a power cut may leave of that can be worked out.
 *
 * @example vi.mock('node:fs', async () => (await import('./faulty-disk.ts')).fs);
 */
import type { Dirent, PathLike } from 'node:fs';
import { dirname, join, relative } from 'node:path';

// Not the module of that name: that is this one, where a test has put it in its place.
const real = process.getBuiltinModule('node:fs');

type Change =
  | { readonly kind: 'create' | 'make' | 'remove' | 'sync'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly bytes: Buffer }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string };

let changes: Change[] = [];
let calls: string[] = [];
let refusal: Refusal | undefined;

export interface Refusal {
  /** The step that fails, from 1. */
  readonly step: number;
  readonly code: string;
  /** Those of the later ones that fail as well, by the name of the call. */
  readonly later?: string;
}
let open = 0;

/** A step: every call that a disk could refuse. */
function step<T>(name: string, path: PathLike, perform: () => T, change?: Change): T {
  calls.push(`${name} ${path}`);
  if (refusal && (calls.length === refusal.step || (calls.length > refusal.step && name === refusal.later))) {
    const { code } = refusal;
    throw Object.assign(new Error(`${code}: refused, ${name} '${path}'`), { code, syscall: name });
  }
  const result = perform();
  if (change) changes.push(change);
  return result;
}

export interface Recording {
  readonly changes: readonly Change[];
  /** Every step: the name of the call and its path. */
  readonly calls: readonly string[];
  /** Files and folders that are still open. */
  readonly open: number;
  /** What the work threw. */
  readonly error: unknown;
}

/**
 * Runs the work.
 *
 * @param refuse what fails
 */
export async function recorded(work: () => Promise<void>, refuse?: Refusal): Promise<Recording> {
  [changes, calls, refusal, open] = [[], [], refuse, 0];
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown ?? new Error('nothing was thrown');
  }
  const recording = { changes, calls, open, error };
  // What follows is no part of it.
  [changes, calls, refusal] = [[], [], undefined];
  return recording;
}

class File {
  readonly path: string;
  readonly descriptor: number;

  constructor(path: string, flags: string | number) {
    this.path = path;
    this.descriptor = openSync(path, flags);
  }

  async writeFile(data: string | Uint8Array | Iterable<Uint8Array>): Promise<void> {
    for (const piece of typeof data === 'string' || data instanceof Uint8Array ? [data] : data) {
      const bytes = Buffer.from(piece as Uint8Array);
      const { path, descriptor } = this;
      try {
        step('write', path, () => real.writeSync(descriptor, bytes), { kind: 'write', path, bytes });
      } catch (error) {
        // A full disk takes what fits.
        real.writeSync(descriptor, bytes.subarray(0, bytes.length >> 1));
        throw error;
      }
    }
  }

  async sync(): Promise<void> {
    fsyncSync(this.descriptor);
  }

  async close(): Promise<void> {
    closeSync(this.descriptor);
  }
}

const paths = new Map<number, string>();

function openSync(path: string, flags: string | number): number {
  const change = typeof flags === 'string' && flags.startsWith('w');
  const descriptor = step(
    'open',
    path,
    () => real.openSync(path, flags),
    change ? { kind: 'create', path } : undefined,
  );
  open++;
  paths.set(descriptor, path);
  return descriptor;
}

/** Nothing is really flushed: the real disk is not cut off, and flushing takes time. */
function fsyncSync(descriptor: number): void {
  const path = paths.get(descriptor)!;
  step('fsync', path, () => {}, { kind: 'sync', path });
}

function closeSync(descriptor: number): void {
  // Linux closes a file even where it reports an error.
  real.closeSync(descriptor);
  open--;
  step('close', paths.get(descriptor)!, () => {});
}

function mkdirSync(path: string, { recursive = false } = {}): string | undefined {
  if (!recursive) {
    step('mkdir', path, () => real.mkdirSync(path), { kind: 'make', path });
    return undefined;
  }
  if (step('mkdir', path, () => real.existsSync(path) && real.statSync(path).isDirectory())) return undefined;
  const first = real.existsSync(dirname(path)) ? undefined : mkdirSync(dirname(path), { recursive });
  mkdirSync(path);
  return first ?? path;
}

function renameSync(from: string, to: string): void {
  step('rename', from, () => real.renameSync(from, to), { kind: 'rename', path: from, to });
}

const rmdirSync = (path: string) => step('rmdir', path, () => real.rmdirSync(path), { kind: 'remove', path });

function rmSync(path: string, { recursive = false, force = false } = {}): void {
  const found = step('lstat', path, () => real.lstatSync(path, { throwIfNoEntry: !force }));
  if (!found) return;
  if (!found.isDirectory() || !recursive) {
    step('unlink', path, () => real.unlinkSync(path), { kind: 'remove', path });
    return;
  }
  for (const name of step('readdir', path, () => real.readdirSync(path)))
    rmSync(join(path, name), { recursive });
  rmdirSync(path);
}

const readFileSync = (path: string, encoding?: BufferEncoding) =>
  step('read', path, () => real.readFileSync(path, encoding));

type Lstat = typeof real.lstatSync;
const lstatSync: Lstat = ((path: string, options?: object) =>
  step('lstat', path, () => real.lstatSync(path, options))) as Lstat;

/** What stands for `node:fs`. */
export const fs = {
  ...real,
  ...{ openSync, fsyncSync, closeSync, mkdirSync, renameSync, rmdirSync, rmSync, lstatSync },
  realpathSync: (path: string) => step('realpath', path, () => real.realpathSync(path)),
};

/** What stands for `node:fs/promises`. */
export const promises = {
  ...real.promises,
  open: async (path: string, flags: string | number) => new File(path, flags),
  async writeFile(place: string | File, data: string | Uint8Array, { flush = false } = {}): Promise<void> {
    if (place instanceof File) return place.writeFile(data);
    const file = new File(place, 'w');
    try {
      await file.writeFile(data);
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
  },
  mkdir: async (path: string, options?: { recursive?: boolean }) => mkdirSync(path, options),
  rename: async (from: string, to: string) => renameSync(from, to),
  rm: async (path: string, options?: { recursive?: boolean; force?: boolean }) => rmSync(path, options),
  readFile: async (path: string, encoding?: BufferEncoding) => readFileSync(path, encoding),
  readdir: async (path: string, options?: { withFileTypes: true; recursive: true }) =>
    step('readdir', path, (): (string | Dirent)[] =>
      options ? real.readdirSync(path, options) : real.readdirSync(path),
    ),
  realpath: async (path: string) => step('realpath', path, () => real.realpathSync(path)),
  stat: async (path: string) => step('stat', path, () => real.statSync(path)),
  lstat: async (path: string) => lstatSync(path),
};

/** Files with their content and folders (null), by path from a root. */
export type Tree = ReadonlyMap<string, Buffer | null>;

export function treeOf(root: string): Tree {
  const entries = real.readdirSync(root, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => [relative(root, join(entry.parentPath, entry.name)), entry] as const);
  return new Map(
    paths.map(([path, entry]) => [path, entry.isDirectory() ? null : real.readFileSync(join(root, path))]),
  );
}

/** Makes a folder hold a tree and nothing else. */
export function plant(root: string, tree: Tree): void {
  real.rmSync(root, { recursive: true, force: true });
  real.mkdirSync(root);
  // Parents first.
  for (const path of [...tree.keys()].sort()) {
    const content = tree.get(path);
    if (content) real.writeFileSync(join(root, path), content);
    else real.mkdirSync(join(root, path));
  }
}

/** What a power cut leaves of a file that was not flushed. */
const losses = ['nothing', 'the rest', 'half of the rest'] as const;

/**
 * All that may be on the disk after a power cut, each under a key of its own. What was written to a file that is not flushed since may be lost, or
 * half of it; a new name, a renaming and a removal may not have happened unless the folder is flushed since. Where these
 * are too many to try all their combinations, those are tried that have or lack one, a first part or a last part.
 */
export function afterPowerCut(root: string, before: Tree, done: readonly Change[]): Map<string, Tree> {
  const inRoot = done.map((change) => ({
    ...change,
    path: relative(root, change.path),
    ...('to' in change && { to: relative(root, change.to) }),
  })) as Change[];
  const isFlushed = (folder: string, since: number) =>
    inRoot.slice(since).some(({ kind, path }) => kind === 'sync' && (path || '.') === folder);
  const open = inRoot.flatMap((change, i) => {
    const { kind, path } = change;
    if (kind === 'write' || kind === 'sync') return [];
    if (isFlushed(dirname(kind === 'rename' ? change.to : path), i)) return [];
    // What has another name for good is there for good, and has no need of the folders it was made in.
    const isKept = inRoot
      .slice(i)
      .some(
        (later, after) =>
          later.kind === 'rename' &&
          `${later.path}/`.startsWith(`${path}/`) &&
          !`${later.to}/`.startsWith(`${path}/`) &&
          isFlushed(dirname(later.to), i + after),
      );
    return isKept && (kind === 'create' || kind === 'make') ? [] : [i];
  });
  const trees = new Map<string, Tree>();
  for (const lost of subsets(open)) {
    for (const loss of losses) {
      const tree = replay(before, inRoot, lost, loss);
      trees.set(JSON.stringify([...tree].sort()), tree);
    }
  }
  return trees;
}

function subsets(items: readonly number[]): Set<number>[] {
  const { length } = items;
  if (length <= 5) {
    const masks = Array.from({ length: 2 ** length }, (_, mask) => mask);
    return masks.map((mask) => new Set(items.filter((_, i) => (mask >> i) & 1)));
  }
  return items.flatMap((item, i) => [
    ...[items.slice(i), items.slice(0, i), [item]].map((some) => new Set(some)),
    new Set(items.filter((other) => other !== item)),
  ]);
}

interface Entry {
  readonly content: Buffer | null;
  /** Bytes of it that are on the disk. */
  readonly safe: number;
}

function replay(
  before: Tree,
  done: readonly Change[],
  lost: ReadonlySet<number>,
  loss: (typeof losses)[number],
): Tree {
  const entries = new Map<string, Entry>([['.', { content: null, safe: 0 }]]);
  for (const [path, content] of before) entries.set(path, { content, safe: content?.length ?? 0 });
  const below = (path: string) => [...entries.keys()].filter((other) => other.startsWith(`${path}/`));
  const isFolder = (path: string) => entries.get(path)?.content === null;
  done.forEach((change, i) => {
    const { kind, path } = change;
    const entry = entries.get(path);
    // What it rests on has not happened, either.
    if (lost.has(i)) return;
    if (kind === 'create' && isFolder(dirname(path)))
      entries.set(path, { content: Buffer.alloc(0), safe: 0 });
    if (kind === 'make' && isFolder(dirname(path))) entries.set(path, { content: null, safe: 0 });
    if (kind === 'remove' && below(path).length === 0) entries.delete(path);
    if (kind === 'write' && entry?.content) {
      entries.set(path, { ...entry, content: Buffer.concat([entry.content, change.bytes]) });
    }
    if (kind === 'sync' && entry?.content) entries.set(path, { ...entry, safe: entry.content.length });
    if (kind === 'rename' && entry && isFolder(dirname(change.to)) && below(change.to).length === 0) {
      for (const from of [path, ...below(path)]) {
        entries.set(change.to + from.slice(path.length), entries.get(from)!);
        entries.delete(from);
      }
    }
  });
  entries.delete('.');
  return new Map(
    [...entries].map(([path, { content, safe }]) => {
      const rest = (content?.length ?? 0) - safe;
      const left = loss === 'nothing' ? rest : loss === 'the rest' ? 0 : rest >> 1;
      return [path, content?.subarray(0, safe + left) ?? null];
    }),
  );
}

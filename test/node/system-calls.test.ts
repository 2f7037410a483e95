import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isTemporary } from '../../src/node/temporary.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'actionnx-system-calls-')));
afterAll(() => rmSync(root, { recursive: true }));

/** Absent on most systems, and forbidden in some containers. */
const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

interface Call {
  readonly name: 'write' | 'flush' | 'make' | 'rename' | 'remove';
  /** From the folder that is written to. */
  readonly path: string;
  readonly to: string;
}

const names = {
  write: 'write',
  pwrite64: 'write',
  writev: 'write',
  fsync: 'flush',
  fdatasync: 'flush',
} as const;

/** The calls that change a folder or flush something in it, as the kernel saw them. */
function traced(folder: string, program: string): Call[] {
  const log = join(root, 'calls');
  const traced = 'trace=write,pwrite64,writev,fsync,fdatasync,/mkdir,/rename,/unlink';
  const node = [process.execPath, '--input-type=module', '--eval', program];
  execFileSync('strace', ['-f', '-y', '-s', '4096', '-e', traced, '-e', 'signal=none', '-o', log, ...node], {
    cwd: folder,
  });
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line): Call[] => {
      const [, call, rest] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
      if (call === undefined || / = -1 /.test(line)) return [];
      const given = [...rest.matchAll(/"([^"]*)"/g)].map(([, path]) => path);
      const opened = /^\d+<([^>]*)>/.exec(rest)?.[1];
      const inFolder = (path = '') => (path.startsWith(folder) ? [relative(folder, path) || '.'] : []);
      if (call in names) {
        const name = names[call as keyof typeof names];
        return inFolder(opened).map((path) => ({ name, path, to: '' }));
      }
      const name = call.startsWith('mkdir') ? 'make' : call.startsWith('rename') ? 'rename' : 'remove';
      return inFolder(given[0]).map((path) => ({ name, path, to: inFolder(given[1])[0] ?? '' }));
    });
}

const isHidden = (path: string) => path.split('/').some(isTemporary);

/**
 * What is wrong with the order of calls: content that takes its place before it is flushed, or names that are not
 * flushed at the end or before what they replace is removed.
 */
function faults(calls: readonly Call[]): string[] {
  const found: string[] = [];
  /** Files whose content, and folders whose names, are not flushed. */
  const open = new Set<string>();
  for (const { name, path, to } of calls) {
    if (name === 'flush') open.delete(path);
    if (name === 'write') {
      open.add(path);
      if (!isHidden(path)) found.push(`${path} is written in place`);
    }
    if (name === 'make') open.add(dirname(path)).add(path);
    if (name === 'rename') {
      const content = [...open].filter((other) => other === path || other.startsWith(`${path}/`));
      if (content.length > 0) found.push(`${content} not flushed when ${path} became ${to}`);
      // Aside is only where one finds it again.
      const seen = [...open].filter((other) => !isHidden(other));
      if (isHidden(to) && seen.length > 0) found.push(`${seen} not flushed when ${path} was set aside`);
      open.add(dirname(to));
    }
    // Unfinished names: those of the folders that a reader sees.
    const seen = [...open].filter((other) => !isHidden(other));
    if (name === 'remove' && seen.length > 0) found.push(`${seen} not flushed when ${path} was removed`);
  }
  return [
    ...found,
    ...[...open].filter((path) => !isHidden(path)).map((path) => `${path} not flushed at the end`),
  ];
}

const module = (name: string) => new URL(`../../dist/src/node/${name}.js`, import.meta.url).href;
const file = `const { writeFileAtomic, writePairAtomic } = await import('${module('atomic-file')}');`;
const pair = `${file} const text = [Buffer.from('new'), Buffer.from('er')]; await writePairAtomic(['x', text], ['x.data', text]);`;
const folder = `
  import { mkdirSync, writeFileSync } from 'node:fs';
  const { writeFolderAtomic } = await import('${module('atomic-folder')}');
  const fill = async (folder) => {
    mkdirSync(folder + '/deep');
    for (const name of ['a', 'deep/b', 'mark.json']) writeFileSync(folder + '/' + name, '{"ours":["a","deep"]}');
  };
  const kind = { what: 'a folder', mark: 'mark.json', entries: ({ ours }) => ours ?? null };`;
const oldFolder = { 'f/mark.json': '{"ours":["a","deep"]}', 'f/a': 'old', 'f/deep/c': 'old' };

describe.skipIf(!canTrace)('what the kernel is asked for (needs strace)', () => {
  it.each<[string, Record<string, string>, string, string[]]>([
    ['a new file', {}, `${file} await writeFileAtomic('p/q/file', 'new')`, ['p/q/file']],
    ['a file', { file: 'old' }, `${file} await writeFileAtomic('file', 'new')`, ['file']],
    ['a new pair', {}, pair, ['x.data', 'x']],
    ['a pair', { x: 'old', 'x.data': 'old' }, pair, ['x.data', 'x']],
    ['a new folder', {}, `${folder} await writeFolderAtomic('p/f', fill, kind)`, ['p/f']],
    [
      'a folder',
      oldFolder,
      `${folder} await writeFolderAtomic('f', fill, kind)`,
      ['f/a', 'f/deep/b', 'f/mark.json'],
    ],
  ])(
    'for %s: content is flushed before it takes its place, and its name after',
    (what, old, program, appear) => {
      const place = join(root, what.replaceAll(' ', '-'));
      mkdirSync(place);
      for (const [path, text] of Object.entries(old)) {
        mkdirSync(dirname(join(place, path)), { recursive: true });
        writeFileSync(join(place, path), text);
      }
      const calls = traced(place, program);
      const appeared = calls.filter(
        ({ name, path, to }) => name === 'rename' && isHidden(path) && !isHidden(to),
      );
      expect(appeared.map(({ to }) => to)).toEqual(appear);
      expect(calls.filter(({ name }) => name === 'write').length).toBeGreaterThanOrEqual(appear.length);
      expect(faults(calls)).toEqual([]);
    },
  );
});

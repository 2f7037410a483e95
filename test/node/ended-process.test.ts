import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import { filesIn, writeFolderAtomic } from '../../src/node/atomic-folder.ts';
import { withTemporary } from '../../src/node/temporary.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-ended-'));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const oldMark = JSON.stringify({ ours: ['a.txt'] });
const old = { file: 'old', 'there/a.txt': 'old', 'there/mark.json': oldMark };

async function content(): Promise<Record<string, string>> {
  const paths = await filesIn(folder);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

const built = (name: string) => new URL(`../../dist/src/node/${name}.js`, import.meta.url).href;

/**
 * A process that writes a file, a new folder and one that was there, all at once, and ends in the middle of that; how
 * it ended, and what it printed.
 *
 * @param before run before it writes: listeners
 * @param middle run once a part of everything is written
 */
function ended({ before = '', middle }: { before?: string; middle: string }) {
  mkdirSync(join(folder, 'there'));
  for (const [path, text] of Object.entries(old)) writeFileSync(join(folder, path), text);
  const program = `
    import { readdirSync, writeFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    import { writeFileAtomic } from '${built('atomic-file')}';
    import { writeFolderAtomic } from '${built('atomic-folder')}';
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'];
    const listeners = () => names.map((name) => process.listenerCount(name)).join(' ');
    ${before}
    const first = listeners();
    let started = 0;
    const piece = new Uint8Array(1024).fill(65);
    // Comes to an end even where nothing stops it.
    function* pieces() {
      for (let i = 0; i < 2000; i++) {
        if (i === 1) start();
        yield piece;
      }
    }
    async function fill(temporary) {
      writeFileSync(temporary + '/a.txt', 'new');
      start();
      await setTimeout(200);
      writeFileSync(temporary + '/mark.json', '{"ours":["a.txt"]}');
    }
    function start() {
      if (++started < 3) return;
      console.log('hidden', readdirSync('.').filter((name) => name.startsWith('.')).length);
      ${middle}
    }
    const kind = { what: 'a folder', mark: 'mark.json', entries: ({ ours }) => ours ?? null };
    await Promise.all([
      writeFileAtomic('file', pieces()),
      writeFolderAtomic('made', fill, kind),
      writeFolderAtomic('there', fill, kind),
    ]);
    console.log('done', listeners() === first);`;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: folder, encoding: 'utf8', timeout: 60_000 },
  );
  return { end: signal ?? status, printed: stdout.trim().split('\n'), stderr };
}

const made = {
  file: 'A'.repeat(2000 * 1024),
  ...{ 'made/a.txt': 'new', 'made/mark.json': oldMark },
  ...{ 'there/a.txt': 'new', 'there/mark.json': oldMark },
};

describe.skipIf(process.platform === 'win32')('a process that ends while it writes', () => {
  it.each([
    ['SIGINT', `process.kill(process.pid, 'SIGINT')`, 'SIGINT'],
    ['SIGTERM', `process.kill(process.pid, 'SIGTERM')`, 'SIGTERM'],
    ['SIGHUP', `process.kill(process.pid, 'SIGHUP')`, 'SIGHUP'],
    ['two signals', `process.kill(process.pid, 'SIGINT'), process.kill(process.pid, 'SIGINT')`, 'SIGINT'],
    ['process.exit', 'process.exit(3)', 3],
    ['an uncaught error', `setImmediate(() => { throw new Error('not caught'); })`, 1],
    ['an unhandled rejection', `Promise.reject(new Error('not caught'))`, 1],
  ])('ends as it should on %s, and leaves what was there', async (_, middle, end) => {
    // Two siblings; the third lies in the folder that is there.
    expect(ended({ middle })).toMatchObject({ end, printed: ['hidden 2'] });
    expect(await content()).toEqual(old);
    expect(readdirSync(folder).sort()).toEqual(['file', 'there']);
  });

  it('leaves it to a listener of its own to end it', async () => {
    const before = `process.on('SIGINT', () => { console.log('heard'); process.exit(7); });`;
    expect(ended({ before, middle: `process.kill(process.pid, 'SIGINT')` })).toMatchObject({
      end: 7,
      printed: ['hidden 2', 'heard'],
    });
    expect(await content()).toEqual(old);
  });

  it.each(['on', 'once'])('goes on where a listener of its own (%s) wants it to', async (listen) => {
    const before = `process.${listen}('SIGINT', () => console.log('heard'));`;
    const middle = `process.kill(process.pid, 'SIGINT');`;
    expect(ended({ before, middle })).toEqual({
      end: 0,
      // A listener that listens once is not there any more.
      printed: ['hidden 2', 'heard', `done ${listen === 'on'}`],
      stderr: '',
    });
    expect(await content()).toEqual(made);
  });

  it('ends on the second signal, where its own listener wants to hear only the first', async () => {
    const before = `process.once('SIGINT', () => { console.log('heard'); process.kill(process.pid, 'SIGINT'); });`;
    const middle = `process.kill(process.pid, 'SIGINT');`;
    expect(ended({ before, middle })).toMatchObject({ end: 'SIGINT', printed: ['hidden 2', 'heard'] });
    expect(await content()).toEqual(old);
  });
});

const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'] as const;
const counts = () => events.map((event) => process.listenerCount(event));

describe('listeners', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are there once while anything is written, and gone after the last', async () => {
    const before = counts();
    const more = before.map((count) => count + 1);
    const seen: number[][] = [];
    const fill = async () => void seen.push(counts());
    await Promise.all([
      writeFolderAtomic(join(folder, 'a'), fill),
      writeFolderAtomic(join(folder, 'b'), fill),
    ]);
    await expect(
      writeFolderAtomic(join(folder, 'c'), async () => {
        await writeFileAtomic(join(folder, 'd'), 'd');
        seen.push(counts());
        throw new Error('no more');
      }),
    ).rejects.toThrow('no more');
    expect(seen).toEqual([more, more, more]);
    expect(counts()).toEqual(before);
  });

  /** What is listened with beside what was there. */
  async function whileWriting(act: (temporary: string) => void): Promise<void> {
    await withTemporary(join(folder, 'target'), async (temporary) => {
      mkdirSync(join(temporary, 'deep'), { recursive: true });
      act(temporary);
    });
  }

  it('remove what is unfinished, and what comes again behind their back', async () => {
    const earlier = new Set(process.listeners('exit'));
    await whileWriting((temporary) => {
      const [remove] = process.listeners('exit').filter((listener) => !earlier.has(listener));
      // A write that was under way while the first look was taken.
      let waits = 0;
      vi.spyOn(Atomics, 'wait').mockImplementation(() => {
        if (++waits < 3) mkdirSync(join(temporary, 'deep'), { recursive: true });
        return 'timed-out';
      });
      remove(0);
      expect(readdirSync(folder)).toEqual([]);
      expect(waits).toBe(3);
      // It is not waited for without end.
      waits = 0;
      vi.mocked(Atomics.wait).mockImplementation(() => {
        waits++;
        mkdirSync(temporary, { recursive: true });
        return 'timed-out';
      });
      remove(0);
      expect(waits).toBe(20);
    });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'send %s again where nobody else listens',
    async (signal) => {
      const others = process.rawListeners(signal) as (() => void)[];
      const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
      process.removeAllListeners(signal);
      try {
        await whileWriting(() => {
          const [ours] = process.listeners(signal);
          const other = () => {};
          process.once(signal, other);
          ours(signal);
          expect([readdirSync(folder).length, kill.mock.calls]).toEqual([1, []]);
          process.removeListener(signal, other);
          ours(signal);
          expect(readdirSync(folder)).toEqual([]);
          expect(kill.mock.calls).toEqual([[process.pid, signal]]);
          expect(process.listenerCount(signal)).toBe(0);
        });
      } finally {
        for (const listener of others) process.on(signal, listener);
      }
    },
  );
});

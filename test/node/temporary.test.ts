import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import { isTemporary, orphansOf, withTemporary, writeError } from '../../src/node/temporary.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-temporary-'));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  ['.run.json.123-0a1b2c3d.tmp', true],
  ['.a\nb.123-0a1b2c3d.tmp', true],
  ['run.json.123-0a1b2c3d.tmp', false],
  ['..123-0a1b2c3d.tmp', false],
  ['.run.json.-0a1b2c3d.tmp', false],
  ['.run.json.123-0a1b2c3.tmp', false],
  ['.run.json.123-0a1b2c3d0.tmp', false],
  ['.run.json.123-0a1b2c3g.tmp', false],
  ['.run.json.123-0a1b2c3d.tmp.saved', false],
  ['.run.json.123-0a1b2c3dxtmp', false],
])('isTemporary: %j is %s', (name, expected) => {
  expect(isTemporary(name)).toBe(expected);
});

describe('orphansOf', () => {
  const dead = () => spawnSync(process.execPath, ['--version']).pid;

  it('are those of the target whose process is gone', async () => {
    const gone = dead();
    const names = [
      `.x.${gone}-00000000.tmp`,
      `.x.${process.ppid}-00000001.tmp`,
      // One that had this process's number before it.
      `.x.${process.pid}-00000002.tmp`,
      `.y.${gone}-00000003.tmp`,
      `.x.y.${gone}-00000004.tmp`,
      `.x.${gone}-00000005.tmp.saved`,
      `..x.${gone}-00000006.tmp`,
    ];
    for (const name of names) writeFileSync(join(folder, name), '');
    await withTemporary(join(folder, 'x'), async (temporary) => {
      writeFileSync(temporary, '');
      const found = await orphansOf('/anywhere/x', folder);
      expect(found.sort()).toEqual([names[0], names[2]].map((name) => join(folder, name)).sort());
    });
    expect(readdirSync(folder).sort()).toEqual(names.sort());
    expect(await orphansOf('x', join(folder, 'none'))).toEqual([]);
  });

  it("are not those of other people's processes", async () => {
    writeFileSync(join(folder, '.x.12345-00000000.tmp'), '');
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error(), { code: 'EPERM' });
    });
    expect(await orphansOf('x', folder)).toEqual([]);
    expect(kill.mock.calls).toEqual([[12345, 0]]);
    kill.mockImplementation(() => {
      throw Object.assign(new Error(), { code: 'ESRCH' });
    });
    expect(await orphansOf('x', folder)).toHaveLength(1);
  });

  it.each([
    ['a'.repeat(200), /^\.a{200}\.\d+-/],
    // Of 255 bytes, as many as there can be.
    ['ü'.repeat(127), /^\.[0-9a-f]{64}\.\d+-/],
    ['b'.repeat(255), /^\.[0-9a-f]{64}\.\d+-/],
  ])('are known of long names, too', async (name, expected) => {
    await withTemporary(join(folder, name), async (temporary) => {
      expect(basename(temporary)).toMatch(expected);
      expect(isTemporary(basename(temporary))).toBe(true);
      writeFileSync(join(folder, basename(temporary).replace(/\d+-/, `${dead()}-`)), '');
    });
    expect(await orphansOf(join(folder, name), folder)).toHaveLength(1);
    expect(await orphansOf(join(folder, `${name}c`), folder)).toHaveLength(0);
    await writeFileAtomic(join(folder, name), 'x');
    expect(readdirSync(folder)).toContain(name);
  });
});

describe('writeError', () => {
  const thrown = (code: unknown) => Object.assign(new Error('why'), { code });

  it.each(['ENOSPC', 'EDQUOT'])('says that the disk is full: %s', (code) => {
    expect(writeError(thrown(code), '/x')).toMatchObject({
      message: 'the disk is full: /x was not written; free some space and run the command again',
      exitCode: 1,
      cause: { code },
    });
  });

  it.each(['EACCES', 'EBUSY', 'EFBIG', 'EIO', 'ENAMETOOLONG', 'ENOENT', 'EROFS', 'ESTALE', 'EXDEV'])(
    'says why there is no writing: %s',
    (code) => {
      expect(writeError(thrown(code), '/x')).toMatchObject({
        message: 'cannot write /x; received why; choose a place that can be written',
        exitCode: 1,
        cause: { code },
      });
    },
  );

  it.each([thrown('ERR_ASSERTION'), new TypeError('a fault of ours'), undefined, 'text'])(
    'leaves %s as it is',
    (error) => expect(writeError(error, '/x')).toBe(error),
  );
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { readLabelFile } from '../../src/node/label-file.ts';

let path: string;
beforeAll(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'labels-')), 'names.txt');
});
afterAll(() => rm(join(path, '..'), { recursive: true, force: true }));

const a2d = a2dLabels.names.join('\n');

describe('readLabelFile', () => {
  it("reads one label a line, and knows A2D's codes", async () => {
    await writeFile(path, '\ufeffa cat\r\n a dog \r\n');
    expect(await readLabelFile(path, 2, '"scores" [N, 2]')).toEqual({ names: ['a cat', 'a dog'], codes: [] });
    await writeFile(path, a2d);
    expect(await readLabelFile(path, 43, '"scores" [N, 43]')).toEqual({
      names: [...a2dLabels.names],
      codes: a2dLabels.codes,
    });
  });

  it.each([
    [
      '44 lines',
      `${a2d}\nfish-none\n`,
      /must have 43 lines, .*"scores" \[N, 43\]; received 44 lines in .*names\.txt; give the labels/,
    ],
    ['44 columns', Array(44).fill('a').join(','), /must have 43 lines, .*; received 44 columns in/],
    ['42 lines', a2d.slice(0, a2d.lastIndexOf('\n')), /received 42 lines/],
    ['nothing', '', /received 1 line in/],
    ['a label without a name', a2d.replace('cat-none', ''), /a name; received none in line \d+/],
    ['one label twice', a2d.replace('cat-none', 'dog-none'), /different; received dog-none twice/],
  ])('refuses %s', async (_, text, message) => {
    await writeFile(path, text);
    await expect(readLabelFile(path, 43, '"scores" [N, 43]')).rejects.toThrow(UserError);
    await expect(readLabelFile(path, 43, '"scores" [N, 43]')).rejects.toThrow(message);
  });

  it('reads UTF-16 with its mark, and refuses Latin-1 rather than spoil a name', async () => {
    await writeFile(path, Buffer.from('\ufeffmarché\r\ncourse', 'utf16le'));
    expect((await readLabelFile(path, 2, '')).names).toEqual(['marché', 'course']);
    await writeFile(path, Buffer.from('marché\ncourse', 'latin1'));
    await expect(readLabelFile(path, 2, '')).rejects.toThrow(
      `${path} must be text in UTF-8; received byte 0xE9 in line 1`,
    );
  });

  it('refuses a file that is not there', async () => {
    await expect(readLabelFile(`${path}x`, 43, '')).rejects.toThrow(/must be readable; received ENOENT/);
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { externalReader } from '../../src/node/model-file.ts';
import { readModelJson } from '../../src/node/model-json-file.ts';
import { readWhole } from '../../src/node/whole-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-whole-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('reads files of many pieces with their hash', async () => {
  const content = Buffer.alloc(2 ** 26 + 12_345, 'actionnx');
  writeFileSync(join(folder, 'large'), content);
  const { bytes, sha256 } = await readWhole(join(folder, 'large'));
  expect(content.equals(bytes)).toBe(true);
  expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
});

it.skipIf(process.platform === 'win32')('does not wait at a pipe', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expect(readWhole(join(folder, 'pipe'))).rejects.toThrow('is not a regular file');
  expect(() => externalReader(folder)('pipe', 0, 8)).toThrow('it is not a regular file');
  await expect(readWhole(folder)).rejects.toThrow('is not a regular file');
});

it('reads no weight file of a model.json twice', async () => {
  writeFileSync(join(folder, 'w.bin'), 'weights');
  const groups = [{ paths: ['w.bin', 'w.bin'], weights: [] }];
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ weightsManifest: groups }));
  const reading = readModelJson(join(folder, 'model.json'));
  await expect(reading).rejects.toThrow('must name each weight file once; received "w.bin" twice');
});

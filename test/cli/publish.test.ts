import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { published } from '../jobs/typed.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-publish-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each<[string[], string | RegExp]>([
  [
    ['--to', 'hf', '--out', 'made.onnx'],
    '--out of --to hf is a folder; received made.onnx; graphs will be inside',
  ],
  [['--to', 'hf'], /--to hf takes bundles; received .*, which has no bundle\.json; make one first: actionnx/],
  [['--to', 'triton'], /--to triton takes bundles; received .*, which has no bundle\.json/],
  [
    ['--to', 'hf', '--checkpoint', 'best'],
    '--checkpoint is for --to safetensors; received --to hf; leave it out',
  ],
  [
    ['--to', 'triton', '--backend', 'cpu'],
    '--backend is for --to safetensors; received --to triton; leave it out',
  ],
  [['again', '--to', 'safetensors'], /--to safetensors takes one run folder or model\.json; received 2: /],
])('refuses what does not go together: %j', async (flags, message) => {
  await expect(published(folder, ...flags)).rejects.toMatchObject({
    exitCode: 2,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
  expect(await readdir(folder)).toEqual([]);
});

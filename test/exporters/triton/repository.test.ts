import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTritonRepository } from '../../../exporters/triton/repository.ts';
import { tinyBundle } from '../../golden/tiny-bundle.ts';

const folder = await mkdtemp(join(tmpdir(), 'actionnx-triton-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const golden = (name: string) => readFile(new URL(`../../golden/${name}.pbtxt`, import.meta.url), 'utf8');

describe('a repository for Triton', async () => {
  const bundles = await Promise.all([tinyBundle('tiny-frame'), tinyBundle('tiny-clip')]);
  let target: string;
  let written: string[];
  beforeEach(async () => {
    target = join(await mkdtemp(join(folder, 'case-')), 'models');
    written = await writeTritonRepository(target, bundles);
  });

  it('has for each bundle a configuration, its labels and its graph', async () => {
    expect(written).toEqual([
      ...['tiny-frame/config.pbtxt', 'tiny-frame/labels.txt', 'tiny-frame/1/model.onnx'],
      ...['tiny-clip/config.pbtxt', 'tiny-clip/labels.txt', 'tiny-clip/1/model.onnx'],
      'actionnx.json',
    ]);
    expect(new Uint8Array(await readFile(join(target, 'tiny-clip/1/model.onnx')))).toEqual(bundles[1].graph);
    const labels = (await readFile(join(target, 'tiny-frame/labels.txt'), 'utf8')).trim().split('\n');
    expect(labels).toEqual(bundles[0].manifest.labels.names);
  });

  // test/golden/triton-config.py reads these files with Triton's own schema.
  it.each(['tiny-frame', 'tiny-clip'])('configures %s as Triton reads it', async (name) => {
    expect(await readFile(join(target, name, 'config.pbtxt'), 'utf8')).toBe(await golden(name));
  });

  it('replaces models of its own by the same names, and nothing else', async () => {
    await mkdir(join(target, 'resnet50'));
    await writeFile(join(target, 'tiny-frame', 'notes.txt'), '');
    await writeTritonRepository(target, [bundles[0]]);
    expect((await readdir(target)).sort()).toEqual(['actionnx.json', 'resnet50', 'tiny-clip', 'tiny-frame']);
    expect(existsSync(join(target, 'tiny-frame', 'notes.txt'))).toBe(true);
    const { models } = JSON.parse(await readFile(join(target, 'actionnx.json'), 'utf8'));
    expect(Object.keys(models).sort()).toEqual(['tiny-clip', 'tiny-frame']);
    await writeFile(join(target, 'actionnx.json'), '{"models":{"tiny-frame":"none of ours"}}');
    await expect(writeTritonRepository(target, bundles)).rejects.toThrow(
      'whose actionnx.json is not one that actionnx wrote for a model repository',
    );
    await rm(join(target, 'actionnx.json'));
    await expect(writeTritonRepository(target, bundles)).rejects.toThrow(
      `a model repository needs a folder of its own; received ${target}, which holds other files`,
    );
    await writeFile(join(folder, 'file'), '');
    await expect(writeTritonRepository(join(folder, 'file'), bundles)).rejects.toThrow('needs a folder');
  });

  it("keeps out of the way of another's model by the same name", async () => {
    const shared = join(folder, 'shared');
    await writeTritonRepository(shared, [bundles[0]]);
    await mkdir(join(shared, 'tiny-clip'));
    await writeFile(join(shared, 'tiny-clip', 'config.pbtxt'), 'theirs');
    await expect(writeTritonRepository(shared, bundles)).rejects.toThrow('config.pbtxt is in the way');
    expect(await readFile(join(shared, 'tiny-clip', 'config.pbtxt'), 'utf8')).toBe('theirs');
    expect(await readdir(join(shared, 'tiny-frame'))).toHaveLength(3);
  });

  it('refuses names that collide or lead elsewhere, before anything is written', async () => {
    const away = { ...bundles[0], manifest: { ...bundles[0].manifest, name: '../away' } };
    await expect(writeTritonRepository(join(folder, 'new'), [away])).rejects.toThrow('is named with letters');
    const twice = [bundles[0], bundles[0]];
    await expect(writeTritonRepository(join(folder, 'new'), twice)).rejects.toThrow('tiny-frame twice');
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });
});

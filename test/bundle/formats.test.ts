import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheKey } from '../../eval/cache/key.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { verifyGolden } from '../../web/golden.ts';

/** Bundles as the last version wrote them that knew formats 1 and 2, and what it answered with them. */
const root = fileURLToPath(new URL('../golden/bundles/', import.meta.url));
const answers: Record<string, { key: string; probabilities: number[] }> = JSON.parse(
  await readFile(join(root, 'answers.json'), 'utf8'),
);

const image = (t: number) => ({
  ...{ width: 9, height: 7 },
  data: Uint8Array.from({ length: 189 }, (_, i) => (i * 31 + t * 57) % 256),
});

describe.each(Object.keys(answers))('a bundle of %s', (name) => {
  it('is read as one of the latest, and is found in a cache of before', async () => {
    const { manifest } = await readBundle(join(root, name));
    expect(manifest.formatVersion).toBe(3);
    expect((await cacheKey(manifest, 'cpu')).hash).toBe(answers[name].key);
  });

  it.each([nodeRuntime, webRuntime()])('answers what it did, in $name', async (runtime) => {
    const bundle = await readBundle(join(root, name));
    const classifier = await Classifier.open(bundle, runtime);
    const { probabilities } = await classifier.predict([classifier.plan.sizes.map((_, t) => image(t))]);
    expect([...probabilities]).toEqual(answers[name].probabilities.map((value) => expect.closeTo(value, 6)));
    expect(await verifyGolden(classifier, await readGolden(join(root, name), bundle.manifest))).toBeLessThan(
      1e-5,
    );
    await classifier.release();
  });
});

describe('what earlier formats said', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'actionnx-formats-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has its place in the latest', async () => {
    const { manifest: frame } = await readBundle(join(root, 'format-1-frame'));
    expect(frame).toMatchObject({
      task: { kind: 'multi-label', threshold: 0.4 },
      inputs: [{ name: 'frames', kind: 'frame', options: { height: 6, width: 8 } }],
      outputs: [
        { name: 'probabilities', role: 'scores', shape: ['N', 5] },
        { name: 'attention', role: 'map', shape: ['N', 3, 4] },
      ],
      scores: [
        {
          ...{ dataset: 'a2d', split: 'val', samples: 10 },
          metrics: { 'precision/samples': 0.5, 'recall/samples': 0.5, 'f1/samples': 0.55 },
        },
      ],
    });
    const { manifest: clip } = await readBundle(join(root, 'format-1-clip'));
    expect(clip.inputs[0]).toMatchObject({
      ...{ kind: 'clip', options: { frames: 3, speed: 2, at: 'centre', edge: 'shift' } },
    });
    const { manifest: ensemble } = await readBundle(join(root, 'format-2-ensemble'));
    expect(ensemble.inputs[0]).toMatchObject({
      ...{
        kind: 'windows',
        options: { height: 6, width: 8, windows: [{ frames: 1 }, { frames: 3, speed: 2 }] },
      },
    });
    expect(ensemble.scores).toEqual([]);
  });

  it.each<[string, string, (json: { input: object }) => unknown, RegExp]>([
    [
      'a frame of three',
      'format-1-frame',
      (json) => ({ ...json, input: { ...json.input, frames: 3 } }),
      /frames: there is no such key/,
    ],
    [
      'windows that do not fill the clip',
      'format-2-ensemble',
      (json) => ({ ...json, input: { ...json.input, frames: 9 } }),
      /frames: there is no such key/,
    ],
    ['a threshold of 2', 'format-1-clip', (json) => ({ ...json, threshold: 2 }), /task\.threshold/],
    ['an unknown key', 'format-1-clip', (json) => ({ ...json, threshhold: 0.3 }), /threshhold/],
    [
      'a resize of another sort',
      'format-1-clip',
      (json) => ({ ...json, input: { ...json.input, resize: 'nearest' } }),
      /formatVersion/,
    ],
  ])('is refused where it was wrong then: %s', async (_, name, change, message) => {
    const copy = join(folder, 'copy');
    await cp(join(root, name), copy, { recursive: true });
    const json = JSON.parse(await readFile(join(copy, 'bundle.json'), 'utf8'));
    await writeFile(join(copy, 'bundle.json'), JSON.stringify(change(json)));
    await expect(readBundle(copy)).rejects.toThrow(message);
    await rm(copy, { recursive: true });
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { verifyGolden } from '../../web/golden.ts';
import { writeRandomBundles } from '../e2e/random-bundles.ts';

let folder: string;
/** A frame system with attention, and a clip system. */
let systems: { classifier: Classifier; golden: Record<string, Tensor> }[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-golden-'));
  const [, ...folders] = await writeRandomBundles(folder);
  systems = [];
  for (const path of folders) {
    const bundle = await readBundle(path);
    const classifier = await Classifier.open(bundle, webRuntime());
    systems.push({ classifier, golden: await readGolden(path, bundle.manifest) });
  }
});
afterAll(async () => {
  for (const { classifier } of systems) await classifier.release();
  await rm(folder, { recursive: true, force: true });
});

/** The golden values with one tensor's numbers changed. */
function changed(
  golden: Record<string, Tensor>,
  name: string,
  change: (data: Float32Array) => Float32Array,
): Record<string, Tensor> {
  return {
    ...golden,
    [name]: { ...golden[name], data: change(golden[name].data as Float32Array) } as Tensor,
  };
}

describe('verifyGolden', () => {
  it('believes a runtime that computes what the export did', async () => {
    for (const { classifier, golden } of systems) {
      const worst = await verifyGolden(classifier, golden);
      expect(worst).toBeGreaterThanOrEqual(0);
      expect(worst).toBeLessThan(classifier.manifest.golden.tolerance);
    }
  });

  // Each a little above the tolerance, and in one place only.
  it.each<[string, string, (data: Float32Array) => Float32Array]>([
    [
      'a probability above',
      'probabilities',
      (data) => data.map((value, i) => (i === 0 ? value + 0.01 : value)),
    ],
    [
      'a probability below',
      'probabilities',
      (data) => data.map((value, i) => (i === 0 ? value - 0.01 : value)),
    ],
    ['the last probability', 'probabilities', (data) => data.with(-1, data[data.length - 1] + 0.01)],
    ['a place of the attention', 'attention', (data) => data.with(3, data[3] - 0.01)],
    ['a probability that is none', 'probabilities', (data) => data.with(5, Number.NaN)],
    ['an attention that is none', 'attention', (data) => data.with(0, Number.NaN)],
    ['fewer probabilities', 'probabilities', (data) => data.slice(0, -1)],
    ['more probabilities', 'probabilities', (data) => Float32Array.of(...data, 0)],
    ['fewer places', 'attention', (data) => data.slice(1)],
  ])('refuses %s', async (_, name, change) => {
    const [{ classifier, golden }] = systems;
    await expect(verifyGolden(classifier, changed(golden, name, change))).rejects.toThrow(
      /^wasm computes apcd-resnet-tiny otherwise than its export did; received a difference of (0\.010|NaN)/,
    );
  });

  it('looks at the pictures: a clip with its frames in another order is another clip', async () => {
    const [, { classifier, golden }] = systems;
    const { name } = classifier.manifest.input;
    const turned = { ...golden[name], data: golden[name].data.slice().reverse() } as Tensor;
    await expect(verifyGolden(classifier, { ...golden, [name]: turned })).rejects.toThrow(
      /^wasm computes pcd-r2plus1d-tiny otherwise/,
    );
  });

  it.each(['frames', 'probabilities'])('needs the %s', async (missing) => {
    const [{ classifier, golden }] = systems;
    const { [missing]: _, ...rest } = golden;
    await expect(verifyGolden(classifier, rest)).rejects.toThrow(
      /^the golden file of apcd-resnet-tiny must hold frames and probabilities; received \w+, \w+; export/,
    );
  });
});

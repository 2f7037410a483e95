import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { verifyGolden } from '../../web/golden.ts';
import { writeRandomBundles } from '../e2e/random-bundles.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';
import { answeringGraph } from '../runtime/answering-graph.ts';

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
      /^wasm computes apcd-resnet-tiny otherwise than its export did; received a difference of (0\.010|Infinity)/,
    );
  });

  it('looks at the pictures: a clip with its frames in another order is another clip', async () => {
    const [, { classifier, golden }] = systems;
    const [{ name }] = classifier.manifest.inputs;
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

  it('says what a golden file without anything holds', async () => {
    const [{ classifier }] = systems;
    await expect(verifyGolden(classifier, {})).rejects.toThrow('received nothing; export the bundle again');
  });

  it('needs no attention where the golden file, or the system, has none', async () => {
    for (const { classifier, golden } of systems) {
      const { attention: _, ...rest } = golden;
      expect(await verifyGolden(classifier, rest)).toBeLessThan(1e-3);
      const other = { ...rest, attention: tensor(new Float32Array(9).fill(9), [1, 3, 3]) };
      const verified = verifyGolden(classifier, other);
      if (golden.attention) await expect(verified).rejects.toThrow('computes apcd-resnet-tiny otherwise');
      else expect(await verified).toBeLessThan(1e-3);
    }
  });

  it("goes by the manifest's tolerance, that itself included", async () => {
    const answers = { probabilities: tensor(new Float32Array(43).fill(0.5), [1, 43]) };
    const { manifest } = await tinyBundle('tiny-frame', {
      outputs: [{ name: 'probabilities', role: 'scores', shape: ['N', 43] }],
    });
    const verified = async (tolerance: number) => {
      const golden = { ...manifest.golden, tolerance };
      const bundle = { manifest: { ...manifest, golden }, graph: answeringGraph(answers) };
      const classifier = await Classifier.open(bundle, webRuntime());
      const data = new Float32Array(43).fill(0.5).with(7, 0.75).with(8, 0.375);
      const given = {
        frame: tensor(new Uint8Array(192), [1, 8, 8, 3]),
        probabilities: tensor(data, [1, 43]),
      };
      return verifyGolden(classifier, given).finally(() => classifier.release());
    };
    expect(await verified(0.25)).toBe(0.25);
    await expect(verified(0.249)).rejects.toThrow(
      'wasm computes tiny-frame otherwise than its export did; received a difference of 0.25',
    );
  });
});

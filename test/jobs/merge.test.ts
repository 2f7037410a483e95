import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voteAverage, voteAverageWeights } from '../../eval/ensemble.ts';
import { score } from '../../eval/score.ts';
import { writeBundle } from '../../exporters/bundle.ts';
import { goldenFrames } from '../../exporters/golden.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { openEnsemble } from '../../jobs/merge.ts';
import { tfjsReference } from '../../models/reference.ts';
import type { Bundle } from '../../src/bundle/manifest.ts';
import { a2dLabels, labelSetHash } from '../../src/core/labels.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { openA2d } from '../../src/datasets/a2d/a2d.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { Runtime } from '../../src/runtime/session.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { verifyGolden } from '../../web/golden.ts';
import { clips, f1Of, frames, validated } from '../bundle-parts.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { tinyFrame, writeTinyA2d } from '../golden/tiny-a2d.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';
import { merged } from './typed.ts';

const cpu = [{ runtime: nodeRuntime, provider: 'cpu' as const }];

let folder: string;
let members: string[];
/** All three of them as one. */
let all: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-ensemble-'));
  members = ['frame', 'clip', 'small'].map((name) => join(folder, name));
  await writeTinyBundle(members[0], await tinyBundle('tiny-frame', { scores: validated(0.5) }));
  await writeTinyBundle(members[1], await tinyBundle('tiny-clip', { scores: validated(0.6) }));
  await writeSmallClips(members[2]);
  all = join(folder, 'all');
  await ensembleOf(members, 'all');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A clip system of other frames: 3 × 6 × 5, each next to the other. */
async function writeSmallClips(target: string): Promise<void> {
  const clip = tf.input({ shape: [3, 6, 5, 3], name: 'clip' });
  const flat = tf.layers.flatten({ name: 'flatten' }).apply(clip);
  const dense = tf.layers.dense({ name: 'dense', units: 43, activation: 'sigmoid' });
  const model = tf.model({ inputs: clip, outputs: dense.apply(flat) as never, name: 'small' });
  seedWeights(model, 'small');
  const inputs = clips({ height: 6, width: 5, frames: 3 });
  await writeBundle(target, {
    ...{ name: 'small', labels: a2dLabels, inputs, scores: validated(0.45), provenance: {}, targets: cpu },
    onnx: exportOnnx(model, { frames: imagenetNormalization, outputs: ['probabilities'] }),
    card: { title: 'Small', summary: '', training: [] },
    reference: tfjsReference(model, ['probabilities'], imagenetNormalization),
  });
}

/**
 * A frame system whose label 0 is at 0.5 for the mean brightness that `at` gives of golden frames' first sample's, and
 * for every picture where that is NaN; its other labels are far from it.
 */
async function writeDense(name: string, at: (first: number) => number): Promise<string> {
  const frame = tf.input({ shape: [8, 8, 3], name: 'frame' });
  const flat = tf.layers.flatten({ name: 'flatten' }).apply(frame);
  const dense = tf.layers.dense({ name: 'dense', units: 43, activation: 'sigmoid' });
  const model = tf.model({ inputs: frame, outputs: dense.apply(flat) as never, name });
  const plain = { mean: [0, 0, 0], std: [1, 1, 1] } satisfies Record<string, [number, number, number]>;
  const first = goldenFrames([8, 8, 3]).data.slice(0, 192) as Uint8Array;
  const middle = at(first.reduce((sum, value) => sum + value, 0) / 255 / 192);
  const slope = Number.isNaN(middle) ? 0 : 1;
  const kernel = Array.from({ length: 192 }, () =>
    Array.from({ length: 43 }, (_, i) => (i === 0 ? slope / 192 : 0)),
  );
  const bias = Array.from({ length: 43 }, (_, i) => (i === 0 ? 1e-5 * slope - (slope && middle) : -1));
  dense.setWeights([tf.tensor2d(kernel), tf.tensor1d(bias)]);
  const inputs = frames({ height: 8, width: 8, ...plain });
  await writeBundle(join(folder, name), {
    ...{ name, labels: a2dLabels, inputs, scores: validated(0.5), provenance: {}, targets: cpu },
    onnx: exportOnnx(model, { frames: plain, outputs: ['probabilities'] }),
    card: { title: name, summary: '', training: [] },
    reference: tfjsReference(model, ['probabilities'], plain),
  });
  return join(folder, name);
}

async function ensembleOf(folders: readonly string[], name: string): Promise<Bundle> {
  const target = join(folder, name);
  const source = await openEnsemble(folders, { out: target });
  await writeBundle(target, { ...source, targets: [...cpu, { runtime: webRuntime(), provider: 'wasm' }] });
  return readBundle(target);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

/** The rule of eval over members that are run by themselves. */
async function harness(
  runtime: Runtime,
  bundles: readonly Bundle[],
  samplesOf: (classifier: Classifier) => Parameters<Classifier['predict']>[0],
): Promise<Float32Array> {
  const answers: Float32Array[] = [];
  for (const bundle of bundles) {
    const classifier = await Classifier.open(bundle, runtime);
    answers.push((await classifier.predict(samplesOf(classifier))).probabilities);
    await classifier.release();
  }
  const f1s = bundles.map(({ manifest }) => f1Of(manifest));
  return voteAverage(answers, voteAverageWeights(f1s));
}

describe('an ensemble as one graph', () => {
  it('sees every window of its members, and says so', async () => {
    const { manifest } = await readBundle(all);
    expect(manifest).toMatchObject({ name: 'all', formatVersion: 3, scores: [] });
    expect(manifest.inputs).toHaveLength(1);
    expect(manifest.inputs[0]).toMatchObject({ name: 'frames', kind: 'windows' });
    expect(manifest.inputs[0].options).toMatchObject({
      ...{ height: 8, width: 8 },
      windows: [
        { frames: 1, speed: 1, height: 8, width: 8 },
        { frames: 4, speed: 2, height: 8, width: 8 },
        { frames: 3, speed: 1, height: 6, width: 5 },
      ],
    });
    expect(manifest.outputs.map(({ name }) => name)).toEqual(['probabilities', 'attention']);
    const weights = voteAverageWeights([0.5, 0.6, 0.45]);
    expect(manifest.provenance.ensemble).toMatchObject(weights.map((weight) => ({ weight })));
    expect(await readFile(join(all, 'README.md'), 'utf8')).toContain(
      'the key frame, 8×8, then 4 frames of 8×8, 2 apart, around it, then 3 frames of 5×6 in the top left corner, around it;',
    );
  });

  it("gives eval's ensemble on a data set, at videos' ends too, within 1e-6", async () => {
    const root = join(folder, 'data');
    await writeTinyA2d(root);
    const dataset = await openA2d(root, { cacheFolder: join(folder, 'labels') });
    const whole = await readBundle(all);
    const bundles = await Promise.all(members.map(readBundle));
    const scored = await Promise.all(
      [...bundles, whole].map((bundle) =>
        score({
          ...{ bundle, dataset, split: 'val', runtime: nodeRuntime, provider: 'cpu' as const },
          cacheFolder: join(folder, 'cache'),
        }),
      ),
    );
    const weights = voteAverageWeights([0.5, 0.6, 0.45]);
    const combined = voteAverage(
      scored.slice(0, 3).map(({ probabilities }) => probabilities),
      weights,
    );
    expect(scored[3].ids).toEqual(scored[0].ids);
    expect(largestDifference(scored[3].probabilities, combined)).toBeLessThan(1e-6);
  });

  it.each([
    ['onnxruntime-node', nodeRuntime],
    ['onnxruntime-web', webRuntime()],
  ])('answers as its members do in %s, whose golden values hold', async (_, runtime) => {
    const whole = await readBundle(all);
    const classifier = await Classifier.open(whole, runtime);
    const image = tinyFrame(3, 'still', 1);
    const still = ({ plan }: Classifier) => [plan.sizes.map(() => image)];
    const { probabilities, attention } = await classifier.predict(still(classifier));
    const expected = await harness(runtime, await Promise.all(members.map(readBundle)), still);
    expect(largestDifference(probabilities, expected)).toBeLessThan(1e-6);
    expect(attention?.shape).toEqual([1, 2, 2]);
    const golden = await readGolden(all, whole.manifest);
    expect(await verifyGolden(classifier, golden)).toBeLessThan(1e-6);
    await classifier.release();
  });

  it('takes frames where all members do, and their preprocessing once', async () => {
    const other = join(folder, 'other');
    await writeTinyBundle(other, await tinyBundle('tiny-frame', { name: 'other', scores: validated(0.2) }));
    const { manifest } = await ensembleOf([members[0], other], 'frames');
    expect(manifest.inputs).toMatchObject([{ name: 'frames', kind: 'frame' }]);
    // The two graphs are the same, so all but the votes is shared.
    expect(manifest.graph.bytes).toBeLessThan((await readBundle(other)).graph.length + 2000);
  });

  it('is proven on frames on which no vote hangs by a rounding', async () => {
    // On the first draw of golden frames one probability is a hair from 0.5.
    const near = await writeDense('near', (first) => first);
    const { manifest } = await ensembleOf([members[0], near], 'clear');
    const { frames } = await readGolden(join(folder, 'clear'), manifest);
    expect(frames.shape).toEqual([3, 8, 8, 3]);
    expect(frames.data).not.toEqual(goldenFrames([8, 8, 3]).data);
    for (const member of [members[0], near]) {
      const bundle = await readBundle(member);
      const session = await nodeRuntime.open(bundle.graph, { provider: 'cpu' });
      const { probabilities } = await session.run({ [bundle.manifest.inputs[0].name]: frames });
      const distances = Array.from(probabilities.data, (p) => Math.abs(Number(p) - 0.5));
      expect(Math.min(...distances)).toBeGreaterThan(1e-3);
      await session.release();
    }
  });

  it('says where every draw leaves a vote hanging', async () => {
    const undecided = await writeDense('undecided', () => Number.NaN);
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    await openEnsemble([members[0], undecided], { onNotice });
    expect(notices).toEqual([
      expect.stringMatching(/^a probability lies within 0e\+0 of a threshold on the golden inputs/),
    ]);
  });

  it('never replaces a member', async () => {
    const before = await Promise.all(
      ['bundle.json', 'model.onnx'].map((name) => readFile(join(members[0], name))),
    );
    const [one, other] = members;
    for (const out of [one, join(other, '..', 'frame')]) {
      await expect(merged(one, other, '--out', out)).rejects.toMatchObject({
        message: expect.stringMatching(/^--out would replace what it is made from; received .*frame/),
        exitCode: 2,
      });
    }
    expect(await Promise.all(['bundle.json', 'model.onnx'].map((name) => readFile(join(one, name))))).toEqual(
      before,
    );
  });

  it('records what its members are: their target, the lowest precision, the largest tolerance', async () => {
    const graph = (changes: object) => ({ graph: { ...first.graph, ...changes } });
    const { manifest: first } = await tinyBundle('tiny-frame');
    const write = async (name: string, changes: object) => {
      await writeTinyBundle(
        join(folder, name),
        await tinyBundle('tiny-frame', { ...first, name, ...changes }),
      );
      return join(folder, name);
    };
    const cpu = await write('cpu', graph({ target: 'cpu' }));
    const wasm = await write('wasm', graph({ target: 'wasm' }));
    const golden = { ...first.golden, tolerance: 0.02 };
    const int8 = await write('int8', { ...graph({ precision: 'int8' }), golden });
    const open = (...folders: string[]) => openEnsemble(folders);
    expect(await open(members[0], members[1])).toMatchObject({ target: 'portable', precision: 'fp32' });
    expect(await open(members[1], cpu)).toMatchObject({ target: 'cpu', precision: 'fp32' });
    expect(await open(cpu, int8)).toMatchObject({ target: 'cpu', precision: 'int8', tolerance: 0.02 });
    await expect(open(cpu, members[1], wasm)).rejects.toThrow(
      'members of an ensemble must be written for one target; received cpu for cpu, wasm for wasm; export them again with the same --target',
    );
  });

  it.each<[string, () => Promise<string[]>, string]>([
    ['one bundle', async () => [members[0]], 'takes two bundles or more'],
    [
      'a bundle that was never validated',
      async () => {
        await writeTinyBundle(join(folder, 'raw'), await tinyBundle('tiny-frame', { scores: [] }));
        return [members[0], join(folder, 'raw')];
      },
      'weighs its members by their validation F1',
    ],
    [
      'other labels',
      async () => {
        const bundle = await tinyBundle('tiny-frame');
        const names = bundle.manifest.labels.names.toReversed();
        const labels = { names, codes: bundle.manifest.labels.codes };
        const hash = await labelSetHash(labels);
        await writeTinyBundle(
          join(folder, 'turned'),
          await tinyBundle('tiny-frame', { labels: { ...labels, hash } }),
        );
        return [members[0], join(folder, 'turned')];
      },
      'must have the same labels',
    ],
  ])('refuses %s', async (_, prepare, message) => {
    await expect(openEnsemble(await prepare())).rejects.toThrow(message);
  });

  it('refuses an ensemble as a member', async () => {
    const copy = join(folder, 'validated');
    await cp(all, copy, { recursive: true });
    const path = join(copy, 'bundle.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...manifest, scores: validated(0.5) }));
    const attempt = openEnsemble([members[0], copy]);
    await expect(attempt).rejects.toThrow('must be single systems');
  });
});

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleSource, unwrittenBundle, writeBundle } from '../../exporters/bundle.ts';
import { goldenFrames } from '../../exporters/golden.ts';
import { modelFile, type OnnxModel } from '../../exporters/onnx/onnx-model.ts';
import type { BundleManifest, PrecisionCost } from '../../src/bundle/manifest.ts';
import { decodeSafetensors } from '../../src/core/safetensors.ts';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { clips, frames, windowed } from '../bundle-parts.ts';
import { leftBehind } from '../left-behind.ts';
import { answeringGraph } from '../runtime/answering-graph.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-bundle-writing-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const fresh = () => join(folder, `bundle-${made++}`);
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** Enough labels for the answers to be worth a file of their own. */
const names = Array.from({ length: 1000 }, (_, i) => `label ${i}`);
const labels = { names, codes: names.map((_, i) => 11 + i) };

/** A half for each of three samples, but for one value. */
function answer(value = 0.5): Tensor {
  const data = new Float32Array(3 * names.length).fill(0.5);
  return tensor(data.with(1234, value), [3, names.length]);
}

const graphOf = (probabilities: Tensor) =>
  modelFile(parseModel(answeringGraph({ probabilities }), 'the graph'));

/** A bundle whose graph answers halves, whatever is expected of it. */
function source(changes: Partial<BundleSource> = {}): BundleSource {
  return {
    ...{ onnx: graphOf(answer()), name: 'halves', labels, scores: [], provenance: { made: 'by hand' } },
    inputs: frames({ height: 8, width: 8, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] }, 'frame'),
    card: { title: 'Halves', summary: 'Always a half.', training: [] },
    reference: async () => ({ probabilities: answer() }),
    targets: [{ runtime: nodeRuntime, provider: 'cpu' }],
    ...changes,
  };
}

const read = async (target: string) => {
  const bytes = (name: string) => readFile(join(target, name));
  return {
    graph: await bytes('model.onnx'),
    golden: await bytes('golden.safetensors'),
    json: String(await bytes('bundle.json')),
  };
};

describe('writeBundle', () => {
  it('says all of what it wrote, with what nobody chose', async () => {
    const target = fresh();
    const { manifest } = await writeBundle(target, source());
    const { graph, golden, json } = await read(target);
    expect(JSON.parse(json)).toEqual(manifest);
    expect(manifest).toEqual({
      ...{ format: 'actionnx-bundle', formatVersion: 3, name: 'halves' },
      task: { kind: 'multi-label', threshold: 0.5 },
      labels: { ...labels, hash: sha256(names.join('\n')) },
      inputs: [
        {
          ...{ name: 'frame', kind: 'frame' },
          options: { height: 8, width: 8, mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] },
        },
      ],
      outputs: [{ name: 'probabilities', role: 'scores', shape: [3, 1000] }],
      scores: [],
      graph: {
        ...{ file: 'model.onnx', sha256: sha256(graph), bytes: graph.length, opset: 17, parameters: 3000 },
        ...{ precision: 'fp32', target: 'portable', cost: null },
      },
      golden: { file: 'golden.safetensors', sha256: sha256(golden), tolerance: 0.001 },
      provenance: { made: 'by hand' },
    } satisfies BundleManifest);
    const { tensors, metadata } = decodeSafetensors(golden, 'golden');
    expect(metadata).toEqual({ bundle: 'halves' });
    expect(tensors).toEqual({ frame: goldenFrames([8, 8, 3]), probabilities: answer() });
    expect(json.endsWith('}\n')).toBe(true);
    expect(json).toContain('\n  "formatVersion": 3,\n');
  });

  it('says what was chosen, and what it cost', async () => {
    const cost: PrecisionCost = {
      ...{
        meanDifference: 0.001,
        maxDifference: 0.01,
        bytesRatio: 4,
        speedRatio: 3,
        f1: null,
        calibration: null,
      },
    };
    const task = { kind: 'multi-label', threshold: 0.3 } as const;
    const chosen = { task, target: 'cpu', precision: 'int8', tolerance: 0.02, cost } as const;
    const { manifest } = await writeBundle(fresh(), source(chosen));
    expect(manifest.task).toEqual(task);
    expect(manifest.golden.tolerance).toBe(0.02);
    expect(manifest.graph).toMatchObject({ target: 'cpu', precision: 'int8', cost });
  });

  const size = { height: 8, width: 8 };
  it.each<[string, BundleSource['inputs'], Record<string, number[]>]>([
    ['frames', frames(size, 'frame'), { frame: [3, 8, 8, 3] }],
    ['clips', clips({ ...size, frames: 4, speed: 2 }, 'clip'), { clip: [3, 4, 8, 8, 3] }],
    [
      'clips of windows',
      windowed({
        ...size,
        windows: [
          { frames: 1, speed: 1, height: 8, width: 8 },
          { frames: 2, speed: 2, height: 4, width: 4 },
        ],
      }),
      { frames: [3, 3, 8, 8, 3] },
    ],
    [
      'of two inputs, of which one has room for a single sample',
      [...frames(size, 'frame'), ...clips({ height: 224, width: 224, frames: 8 }, 'clip')],
      { frame: [1, 8, 8, 3], clip: [1, 8, 224, 224, 3] },
    ],
  ])('asks the reference about golden inputs that are %s', async (_, inputs, shapes) => {
    const asked: Readonly<Record<string, Tensor>>[] = [];
    const described = source({
      inputs,
      reference: async (given) => {
        asked.push(given);
        return { probabilities: answer() };
      },
      targets: [],
    });
    const { manifest } = await writeBundle(fresh(), described);
    expect(asked).toHaveLength(1);
    expect(Object.fromEntries(Object.entries(asked[0]).map(([name, { shape }]) => [name, shape]))).toEqual(
      shapes,
    );
    for (const [name, shape] of Object.entries(shapes)) {
      const { data } = goldenFrames(shape.slice(1));
      expect(
        Buffer.compare(
          asked[0][name].data as Uint8Array,
          data.subarray(0, asked[0][name].data.length) as Uint8Array,
        ),
      ).toBe(0);
    }
    expect(manifest.inputs).toEqual(inputs);
  });

  it('takes golden frames that are given', async () => {
    const golden = goldenFrames([8, 8, 3], 5);
    const target = fresh();
    await writeBundle(target, source({ golden: { frame: golden } }));
    expect(decodeSafetensors((await read(target)).golden, 'golden').tensors.frame).toEqual(golden);
  });

  it.each([-0.001, 1.001, Number.NaN])('refuses a reference that answers %f', async (value) => {
    const wrong = source({ reference: async () => ({ probabilities: answer(value) }) });
    await expect(writeBundle(fresh(), wrong)).rejects.toThrow(
      `the model's probabilities must lie in 0–1; received ${Math.fround(value)}; end the model in a sigmoid`,
    );
  });

  it.each([0, 1])('takes a reference that answers %i', async (value) => {
    const exact = { onnx: graphOf(answer(value)), reference: async () => ({ probabilities: answer(value) }) };
    const { verification } = await writeBundle(fresh(), source(exact));
    expect(verification).toMatchObject([{ maxDifference: 0, passed: true }]);
  });

  /** The graph is a hundredth away from it. */
  const off = { reference: async () => ({ probabilities: answer(0.51) }) };

  it('allows as much as it is told to, and refuses what is further off', async () => {
    await expect(writeBundle(fresh(), source(off))).rejects.toThrow(
      /agree with tfjs within 0\.0001; received a difference of 1\.0e-2 in probabilities/,
    );
    await expect(writeBundle(fresh(), source({ ...off, tolerance: 0.005 }))).rejects.toThrow(
      /agree with tfjs within 0\.005; received/,
    );
    const { manifest, verification } = await writeBundle(fresh(), source({ ...off, tolerance: 0.02 }));
    expect(verification[0].passed).toBe(true);
    expect(manifest.golden.tolerance).toBe(0.02);
  });

  it.each([
    // A spread of 0.005 allows 0.015, which other runtimes will need as well.
    [0.01, 0.005, 0.015],
    // One of 0.0002 allows 0.0006, and they have 0.001 anyway.
    [0.0005, 0.0002, 0.001],
  ])('off by %f, with a spread of %f, it has a tolerance of %f', async (by, spread, tolerance) => {
    const asked: unknown[] = [];
    const expected = { probabilities: answer(0.5 + by) };
    const target = fresh();
    const { manifest, verification } = await writeBundle(
      target,
      source({
        reference: async () => expected,
        spread: async (...given) => {
          asked.push(given);
          return { probabilities: spread };
        },
      }),
    );
    expect(asked).toEqual([[{ frame: goldenFrames([8, 8, 3]) }, expected]]);
    expect(verification).toMatchObject([{ passed: true, spread, allowed: 3 * spread }]);
    expect(manifest.golden.tolerance).toBeCloseTo(tolerance, 12);
    expect((await readBundle(target)).manifest).toEqual(manifest);
  });

  it('asks for the spread where one output of two is off', async () => {
    const attention = tensor(Float32Array.of(0.1, 0.2, 0.3), [3, 1]);
    const { verification } = await writeBundle(
      fresh(),
      source({
        onnx: modelFile(parseModel(answeringGraph({ probabilities: answer(), attention }), 'the graph')),
        reference: async () => ({ probabilities: answer(0.51), attention }),
        spread: async () => ({ probabilities: 0.005, attention: 0 }),
      }),
    );
    expect(verification).toMatchObject([
      { output: 'probabilities', passed: true, spread: 0.005 },
      { output: 'attention', passed: true },
    ]);
  });

  it('refuses what is further off than the spread explains, and does not ask where all agrees', async () => {
    const spread = async () => ({ probabilities: 0.003 });
    await expect(writeBundle(fresh(), source({ ...off, spread }))).rejects.toThrow(
      /within 0\.009; received a difference of 1\.0e-2 .*where tfjs's own answers differ by 3\.0e-3/,
    );
    const unasked = () => Promise.reject(new Error('asked'));
    const { manifest, verification } = await writeBundle(fresh(), source({ spread: unasked }));
    expect(verification[0]).not.toHaveProperty('spread');
    expect(manifest.golden.tolerance).toBe(0.001);
  });

  it('takes the place of an older bundle: its files go, those of others stay', async () => {
    const target = fresh();
    const { onnx } = source();
    const { manifest } = await writeBundle(target, source({ onnx: onnx.withExternalData() }));
    const { external, ...graph } = manifest.graph;
    const data = await readFile(join(target, 'model.onnx.data'));
    expect(external).toEqual({ file: 'model.onnx.data', sha256: sha256(data), bytes: data.length });
    expect(graph.sha256).toBe(sha256((await read(target)).graph));
    await writeFile(join(target, 'thesis.txt'), 'years of work');
    await writeBundle(target, source());
    const own = ['README.md', 'bundle.json', 'golden.safetensors', 'model.onnx'];
    expect((await readdir(target)).sort()).toEqual([...own, 'thesis.txt']);
    // Of a later version, with a file under another name.
    await writeFile(join(target, 'weights.bin'), 'theirs');
    const later = {
      format: 'actionnx-bundle',
      formatVersion: 9,
      graph: { file: 'model.onnx', external: { file: 'weights.bin' } },
      golden: { file: 'golden.safetensors' },
    };
    await writeFile(join(target, 'bundle.json'), JSON.stringify(later));
    await writeBundle(target, source());
    expect((await readdir(target)).sort()).toEqual([...own, 'thesis.txt']);
  });

  it('leaves no file open and no session behind, whatever fails', async () => {
    const torn: OnnxModel = {
      ...source().onnx,
      *chunks() {
        yield source().onnx.bytes().subarray(0, 100);
        throw new Error('no more weights');
      },
    };
    const left = await leftBehind(async () => {
      await writeBundle(fresh(), source());
      await expect(writeBundle(fresh(), source({ onnx: torn }))).rejects.toThrow('no more weights');
      await expect(writeBundle(fresh(), source(off))).rejects.toThrow('agree with tfjs');
      const spread = () => Promise.reject(new Error('no backend'));
      await expect(writeBundle(fresh(), source({ ...off, spread }))).rejects.toThrow('no backend');
    });
    expect(left).toEqual({});
    expect((await readdir(folder)).filter((name) => !name.startsWith('bundle-'))).toEqual([]);
  });
});

describe('unwrittenBundle', () => {
  it.each([false, true])(
    'is what would be written, but for the golden file (weights outside: %s)',
    async (outside) => {
      const { onnx } = source();
      const described = source(outside ? { onnx: onnx.withExternalData() } : {});
      const target = fresh();
      const { manifest: written } = await writeBundle(target, described);
      const bundle = await unwrittenBundle(described);
      const golden = { ...written.golden, sha256: sha256('') };
      expect(bundle.manifest).toEqual({ ...written, golden });
      expect(Buffer.from(bundle.graph)).toEqual((await read(target)).graph);
      expect(bundle.external && Buffer.from(bundle.external)).toEqual(
        outside ? await readFile(join(target, 'model.onnx.data')) : undefined,
      );
      expect('external' in bundle).toBe(outside);
    },
  );
});

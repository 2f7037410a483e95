import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleSource, writeBundle } from '../../exporters/bundle.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { verifyBundle } from '../../exporters/onnx/verify.ts';
import { tfjsReference } from '../../models/reference.ts';
import { UserError } from '../../src/core/errors.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { frames, validated } from '../bundle-parts.ts';
import { randomModel } from './random-run.ts';

const targets = [
  { runtime: nodeRuntime, provider: 'cpu' },
  { runtime: webRuntime(), provider: 'wasm' },
] as const;
const outputs = ['probabilities', 'attention'];

let folder: string;
let source: BundleSource;
let model: ReturnType<typeof randomModel>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  model = randomModel('apcd-resnet-tiny');
  const [, height, width] = model.inputs[0].shape as number[];
  source = {
    onnx: exportOnnx(model, { frames: imagenetNormalization, outputs }),
    name: 'tiny',
    labels: a2dLabels,
    inputs: frames({ height, width }),
    scores: validated(0.312, { precision: 0.5, recall: 0.25, samples: 9 }),
    provenance: { system: 'apcd-resnet', epoch: 3 },
    card: { title: 'Tiny', summary: 'A tiny model.', training: ['on nothing'] },
    reference: tfjsReference(model, outputs, imagenetNormalization),
    targets,
  };
  await writeBundle(join(folder, 'good'), source);
});

afterAll(async () => {
  model.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('writeBundle', () => {
  it('writes all that is needed, and reports how far each runtime is from tfjs', async () => {
    const target = join(folder, 'written');
    const { manifest, verification } = await writeBundle(target, source);
    expect((await readdir(target)).sort()).toEqual([
      'README.md',
      'bundle.json',
      'golden.safetensors',
      'model.onnx',
    ]);
    const bundle = await readBundle(target);
    expect(bundle.manifest).toEqual(manifest);
    expect(bundle.graph.length).toBe(manifest.graph.bytes);
    expect(manifest.outputs).toEqual([
      { name: 'probabilities', role: 'scores', shape: ['N', 43] },
      { name: 'attention', role: 'map', shape: ['N', 4, 4] },
    ]);
    expect(verification.map(({ runtime, provider, output }) => [runtime, provider, output])).toEqual([
      ['onnxruntime-node', 'cpu', 'probabilities'],
      ['onnxruntime-node', 'cpu', 'attention'],
      ['onnxruntime-web', 'wasm', 'probabilities'],
      ['onnxruntime-web', 'wasm', 'attention'],
    ]);
    for (const { maxDifference, passed } of verification) {
      expect(maxDifference).toBeLessThan(1e-5);
      expect(passed).toBe(true);
    }
  });

  it('describes the model in a card', async () => {
    const card = await readFile(join(folder, 'good', 'README.md'), 'utf8');
    for (const fact of [
      '# Tiny',
      '| a2d | val | 9 | 50.0 | 25.0 | 31.2 |',
      '- on nothing',
      '42. dog-none',
      '[N, 64, 64, 3]',
    ]) {
      expect(card).toContain(fact);
    }
  });

  it('writes equal bytes for equal models', async () => {
    const target = join(folder, 'again');
    await writeBundle(target, source);
    for (const file of await readdir(target)) {
      const [written, earlier] = await Promise.all(
        [target, join(folder, 'good')].map((path) => readFile(join(path, file))),
      );
      // Not by toEqual, which takes seconds for megabytes.
      expect(written.equals(earlier), file).toBe(true);
    }
  });

  /** The reference, with one value changed. */
  const changed =
    (output: string, value: number, index = 40) =>
    async (inputs: Readonly<Record<string, Tensor>>) => {
      const results = await source.reference(inputs);
      results[output].data[index] = value;
      return results;
    };

  it.each([
    ['probabilities', 0.5],
    ['attention', 0],
  ])(
    'leaves nothing behind when %s are not those of tfjs, and keeps an older bundle',
    async (output, value) => {
      const wrong = { ...source, reference: changed(output, value) };
      const absent = join(folder, 'absent');
      await expect(writeBundle(absent, wrong)).rejects.toThrow(
        new RegExp(
          `must agree with tfjs within 0.0001; received a difference of .* in ${output} on onnxruntime`,
        ),
      );
      expect(await readdir(folder)).not.toContain('absent');
      expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);

      const older = join(folder, 'older');
      await cp(join(folder, 'good'), older, { recursive: true });
      await expect(writeBundle(older, wrong)).rejects.toThrow(UserError);
      expect((await readBundle(older)).manifest.name).toBe('tiny');
    },
  );

  it('refuses a model whose outputs are not probabilities', async () => {
    const logits = { ...source, reference: changed('probabilities', 1.5) };
    await expect(writeBundle(join(folder, 'logits'), logits)).rejects.toThrow(
      "the model's probabilities must lie in 0–1; received 1.5; end the model in a sigmoid or softmax",
    );
    const broken = { ...source, reference: changed('attention', Number.NaN) };
    await expect(writeBundle(join(folder, 'broken'), broken)).rejects.toThrow(/received NaN/);
  });

  it('does not replace a folder that is not a bundle', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'thesis.txt'), 'years of work');
    await expect(writeBundle(other, source)).rejects.toThrow(
      /holds other files: thesis.txt; give another with --out/,
    );
    await expect(writeBundle(join(other, 'thesis.txt'), source)).rejects.toThrow(UserError);
    const theirs = join(folder, 'theirs');
    await mkdir(theirs);
    await writeFile(join(theirs, 'bundle.json'), '{"format":"another","graph":{"file":"model.onnx"}}');
    await expect(writeBundle(theirs, source)).rejects.toThrow(
      /whose bundle.json is not one that actionnx wrote/,
    );
    expect(await readdir(theirs)).toEqual(['bundle.json']);
    expect(await readFile(join(other, 'thesis.txt'), 'utf8')).toBe('years of work');
  });
});

describe('verifyBundle', () => {
  it('fails a graph whose output has another shape, or is missing, or is not a number', async () => {
    const bundle = await readBundle(join(folder, 'good'));
    const golden = await readGolden(join(folder, 'good'), bundle.manifest);
    const short = { ...golden, attention: tensor(golden.attention.data.slice(0, 45), [3, 3, 5]) };
    await expect(verifyBundle(bundle, short, targets)).rejects.toThrow(/\[3,3,5\]; received \[3,4,4\]/);
    const { probabilities: _, ...without } = golden;
    await expect(verifyBundle(bundle, without, targets)).rejects.toThrow(/none for probabilities/);
    const nan = { ...golden, attention: tensor(new Float32Array(48).fill(Number.NaN), [3, 4, 4]) };
    const rows = await verifyBundle(bundle, nan, targets.slice(0, 1));
    expect(rows.map(({ passed, maxDifference }) => [passed, maxDifference])).toEqual([
      [true, expect.any(Number)],
      [false, Number.POSITIVE_INFINITY],
    ]);
  });

  it('says that a graph which is not ONNX is not', async () => {
    const bundle = await readBundle(join(folder, 'good'));
    const golden = await readGolden(join(folder, 'good'), bundle.manifest);
    for (const graph of [bundle.graph.slice(0, 5000), new Uint8Array(100).fill(0xff)]) {
      for (const target of targets) {
        await expect(verifyBundle({ ...bundle, graph }, golden, [target])).rejects.toThrow(UserError);
      }
    }
  });
});

describe('readBundle', () => {
  /** A copy of the good bundle after `damage`. */
  async function damaged(name: string, damage: (copy: string) => Promise<void>): Promise<string> {
    const copy = join(folder, name);
    await cp(join(folder, 'good'), copy, { recursive: true });
    await damage(copy);
    return copy;
  }
  type Editable = { labels: { names: string[] }; graph: object; inputs?: object };
  const edit = (change: (manifest: Editable) => unknown) => async (copy: string) => {
    const path = join(copy, 'bundle.json');
    const manifest = JSON.parse(await readFile(path, 'utf8'));
    change(manifest);
    await writeFile(path, JSON.stringify(manifest));
  };

  it.each<[string, (copy: string) => Promise<void>, RegExp]>([
    [
      'changed-graph',
      async (copy) => {
        const path = join(copy, 'model.onnx');
        const bytes = await readFile(path);
        bytes[5000] ^= 1;
        await writeFile(path, bytes);
      },
      /model\.onnx is not the file that was exported; received sha256 \w{12}… where bundle\.json has \w{12}…; export/,
    ],
    [
      'cut-graph',
      (copy) => truncate(join(copy, 'model.onnx'), 1000),
      /model\.onnx is not the file that was exported/,
    ],
    ['no-graph', (copy) => rm(join(copy, 'model.onnx')), /model\.onnx must be readable; received ENOENT/],
    ['no-manifest', (copy) => rm(join(copy, 'bundle.json')), /no-manifest is not a bundle: its bundle\.json/],
    ['cut-manifest', (copy) => truncate(join(copy, 'bundle.json'), 100), /bundle\.json is not JSON/],
    [
      'other-format',
      edit((manifest) => Object.assign(manifest, { format: 'other' })),
      /not a valid bundle manifest; received format/,
    ],
    ['no-inputs', edit((manifest) => delete manifest.inputs), /not a valid bundle manifest; received inputs/],
    [
      'other-labels',
      edit(({ labels }) => Object.assign(labels.names, { 1: 'adult-dancing' })),
      /labels that do not match their hash/,
    ],
    [
      'outside',
      edit(({ graph }) => Object.assign(graph, { file: '../good/model.onnx' })),
      /not a valid bundle manifest; received graph\.file.*must be the name of a file in the bundle/,
    ],
  ])('refuses %s', async (name, damage, message) => {
    const copy = await damaged(name, damage);
    await expect(readBundle(copy)).rejects.toThrow(UserError);
    await expect(readBundle(copy)).rejects.toThrow(message);
  });

  it('refuses golden values that have changed', async () => {
    const copy = await damaged('changed-golden', (path) => truncate(join(path, 'golden.safetensors'), 900));
    const { manifest } = await readBundle(copy);
    await expect(readGolden(copy, manifest)).rejects.toThrow(
      /golden\.safetensors is not the file that was exported/,
    );
  });
});

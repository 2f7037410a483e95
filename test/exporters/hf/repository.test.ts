import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as transformers from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeHuggingFaceRepository } from '../../../exporters/hf/repository.ts';
import { framesInput } from '../../../src/bundle/frames-input.ts';
import type { Bundle } from '../../../src/bundle/manifest.ts';
import { Rng } from '../../../src/core/rng.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { readBundle } from '../../../src/node/bundle-folder.ts';
import { encodePng } from '../../../src/node/image-file.ts';
import { Classifier } from '../../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { f1Of } from '../../bundle-parts.ts';
import { writeRandomBundles } from '../../e2e/random-bundles.ts';

const { env, pipeline, RawImage } = transformers;

env.allowRemoteModels = false;

let folder: string;
let frames: string;
let clips: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-hf-'));
  [frames, , clips] = await writeRandomBundles(join(folder, 'bundles'));
  env.localModelPath = folder;
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const targets = [
  { runtime: nodeRuntime, provider: 'cpu' },
  { runtime: webRuntime(), provider: 'wasm' },
] as const;

/** Coarse coloured noise, so that the size matters: nothing is at the model's. */
function picture(seed: string, width: number, height: number): RgbImage {
  const rng = new Rng(seed);
  const cells = Array.from({ length: 12 * 9 }, () => [0, 0, 0].map(() => rng.integer(256)));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(cells[Math.floor((y * 9) / height) * 12 + Math.floor((x * 12) / width)], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/** What the code in a repository's README gives, for a photo or for `images`. */
async function runCard(
  name: string,
  { photo = '', images }: { photo?: string; images?: transformers.RawImage[] },
): Promise<{ probabilities: number[]; labels: string[] }> {
  const card = await readFile(join(folder, name, 'README.md'), 'utf8');
  const code = /```js\n(.*?)```/s.exec(card)?.[1] ?? '';
  const body = code
    .replace(/^import (\{.*\}) from '@huggingface\/transformers';$/m, 'const $1 = transformers;')
    .replace("'photo.jpg'", JSON.stringify(photo));
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const parameters = ['transformers', 'folder', 'images'];
  const run = new AsyncFunction(...parameters, `${body}\nreturn { probabilities, labels };`);
  return run(transformers, name, images);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}

describe('a repository of a frame system', () => {
  const sizes = [
    ['larger', 250, 187],
    ['of the size of the model', 64, 64],
    ['smaller', 40, 31],
  ] as const;

  let bundle: Bundle;
  let written: Awaited<ReturnType<typeof writeHuggingFaceRepository>>;
  beforeAll(async () => {
    bundle = await readBundle(frames);
    written = await writeHuggingFaceRepository(join(folder, 'frames'), [bundle], targets);
  });

  it('is what the hub expects', async () => {
    const { files, verification } = written;
    expect(files).toEqual(['config.json', 'preprocessor_config.json', 'onnx/model.onnx', 'README.md']);
    for (const file of files) expect(existsSync(join(folder, 'frames', file)), file).toBe(true);
    expect(verification.map(({ runtime }) => runtime)).toEqual(['onnxruntime-node', 'onnxruntime-web']);
    const card = await readFile(join(folder, 'frames', 'README.md'), 'utf8');
    expect(card).toMatch(/^---\nlibrary_name: transformers.js\npipeline_tag: image-classification\n/);
    expect(card).toContain(`- { type: f1, value: ${f1Of(bundle.manifest)}, name: "example-based f1" }`);
  });

  it.each(sizes)(
    'gives transformers.js the labels that we predict, for a picture %s',
    async (_, width, height) => {
      const image = picture('frame', width, height);
      const path = join(folder, 'picture.png');
      await writeFile(path, await encodePng(image));
      const classifier = await Classifier.open(bundle, nodeRuntime);
      const { probabilities } = await classifier.predict([[image]]);
      await classifier.release();

      const theirs = await runCard('frames', { photo: path });
      expect(largestDifference(theirs.probabilities, probabilities)).toBeLessThan(0.01);
      expect(theirs.labels).toEqual(
        Array.from(probabilities).flatMap((p, i) => (p >= 0.5 ? [bundle.manifest.labels.names[i]] : [])),
      );
      expect(theirs.labels.length).toBeGreaterThan(0);

      // The pipeline knows single labels only, as the card says: its order is right, its scores sum to 1.
      const classify = await pipeline('image-classification', 'frames', { dtype: 'fp32' });
      const all = (await classify(path, { top_k: null as never })) as { label: string; score: number }[];
      const best = probabilities.indexOf(Math.max(...probabilities));
      expect(all[0].label).toBe(bundle.manifest.labels.names[best]);
      expect(all.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 4);
    },
  );
});

it('a repository of a clip system runs as a bare model', async () => {
  const bundle = await readBundle(clips);
  await writeHuggingFaceRepository(join(folder, 'clips'), [bundle], targets);
  const images = Array.from({ length: framesInput(bundle.manifest)!.frames }, (_, i) =>
    picture(`clip ${i}`, 120, 90),
  );
  const classifier = await Classifier.open(bundle, nodeRuntime);
  const { probabilities } = await classifier.predict([images]);
  await classifier.release();

  const raw = images.map(
    ({ data, width, height }) => new RawImage(new Uint8ClampedArray(data), width, height, 3),
  );
  const theirs = await runCard('clips', { images: raw });
  expect(largestDifference(theirs.probabilities, probabilities)).toBeLessThan(0.01);
});

it('the card asks for the precision that there is, and who asks for none gets it', async () => {
  const { manifest, ...files } = await readBundle(frames);
  const quantized = {
    ...files,
    manifest: { ...manifest, graph: { ...manifest.graph, precision: 'int8-weights' } },
  };
  await writeHuggingFaceRepository(join(folder, 'quantized'), [quantized as Bundle], targets);
  const path = join(folder, 'picture.png');
  await writeFile(path, await encodePng(picture('quantized', 70, 80)));
  const { probabilities } = await runCard('quantized', { photo: path });
  expect(probabilities).toHaveLength(manifest.labels.names.length);
  const classify = await pipeline('image-classification', 'quantized');
  expect(await classify(path, { top_k: 3 })).toHaveLength(3);
});

it('bundles of different systems are refused, and nothing is written', async () => {
  const bundles = await Promise.all([frames, clips].map(readBundle));
  const target = join(folder, 'mixed');
  await expect(writeHuggingFaceRepository(target, bundles, targets)).rejects.toThrow(
    'the bundles of one repository must be of one system; received pcd-resnet-tiny and pcd-r2plus1d-tiny',
  );
  await expect(writeHuggingFaceRepository(target, [bundles[0], bundles[0]], targets)).rejects.toThrow(
    'must differ in precision; received fp32 twice',
  );
  expect(existsSync(target)).toBe(false);
});

describe('a folder that holds a repository', () => {
  it("of another's is left alone", async () => {
    const theirs = join(folder, 'theirs');
    await mkdir(join(theirs, 'onnx'), { recursive: true });
    const config = '{"model_type":"vit","num_labels":1000}';
    await writeFile(join(theirs, 'config.json'), config);
    await writeFile(join(theirs, 'onnx', 'model.onnx'), 'theirs');
    await expect(writeHuggingFaceRepository(theirs, [await readBundle(frames)], [])).rejects.toThrow(
      `a model repository needs a folder of its own; received ${theirs}, whose config.json is not one that actionnx wrote`,
    );
    expect(await readFile(join(theirs, 'onnx', 'model.onnx'), 'utf8')).toBe('theirs');
    expect(await readdir(theirs)).toEqual(['config.json', 'onnx']);
  });

  it('of ours, of this version or an earlier one, is replaced but for what others added', async () => {
    const ours = join(folder, 'ours');
    const bundle = await readBundle(frames);
    await writeHuggingFaceRepository(ours, [bundle], []);
    await writeFile(join(ours, 'onnx', 'model_q4.onnx'), 'theirs');
    await writeHuggingFaceRepository(ours, [bundle], []);
    const config = JSON.parse(await readFile(join(ours, 'config.json'), 'utf8'));
    delete config.actionnx.files;
    await writeFile(join(ours, 'config.json'), JSON.stringify(config));
    await writeHuggingFaceRepository(ours, [bundle], []);
    expect((await readdir(join(ours, 'onnx'))).sort()).toEqual(['model.onnx', 'model_q4.onnx']);
  });
});

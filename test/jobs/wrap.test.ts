import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WrapModelOptions, wrapModel } from '../../index.ts';
import { framesInput } from '../../src/bundle/frames-input.ts';
import { sizeOf, tensor } from '../../src/core/tensor.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { openBundle } from '../../src/runtime/open-bundle.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import known from '../golden/classifiers.json' with { type: 'json' };
import { leftBehind } from '../left-behind.ts';
import { wrapped } from './typed.ts';

const models = new URL('../golden/classifiers/', import.meta.url).pathname;
const model = (name: string) => join(models, `${name}.onnx`);

let folder: string;
let labels: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-wrap-'));
  labels = at('labels.txt');
  await writeFile(labels, 'a\nb\nc\n');
  await writeFile(at('two.txt'), 'a\nb\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As the script that made the models has them. */
function frames(shape: readonly number[]) {
  const data = Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (i * 37 + Math.floor(i / 5) * 11) % 256);
  return tensor(data, shape);
}

type Case = { shape: number[]; activation: string; normalization: number[][] | null; expected: number[][] };

/** What has to be said of a model, beside what its file says. */
function optionsOf(
  { activation, normalization }: Case,
  more: Partial<WrapModelOptions> = {},
): WrapModelOptions {
  return {
    ...{ labels, ...more },
    ...(activation !== 'none' && { activation: activation as 'softmax' | 'sigmoid' }),
    ...(normalization === null ? { normalized: false } : { mean: normalization[0], std: normalization[1] }),
  };
}

describe('a classifier of others as a bundle', () => {
  it.each<[keyof typeof known, Partial<WrapModelOptions>, object]>([
    ['logits', {}, { kind: 'frame', height: 8, width: 10 }],
    ['multi-label', {}, { kind: 'frame', mean: [0.5, 0.5, 0.5] }],
    ['probabilities', {}, { kind: 'frame', height: 8, width: 10 }],
    ['channels-last', {}, { kind: 'frame', height: 8, width: 10 }],
    ['any-size', { size: 12 }, { kind: 'frame', height: 12, width: 12 }],
    ['one-sample', {}, { kind: 'frame' }],
    ['raw', {}, { kind: 'frame', mean: [0, 0, 0] }],
    ['bytes', {}, { kind: 'frame', height: 8, width: 10 }],
    ['two-outputs', { output: 'scores' }, { kind: 'frame' }],
    ['as-map', {}, { kind: 'frame' }],
    ['clip', { speed: 2 }, { kind: 'clip', frames: 4, speed: 2, height: 8, width: 10 }],
    ['clip-last', {}, { kind: 'clip', frames: 4, speed: 1 }],
    ['older', {}, { kind: 'frame' }],
    ['outside', {}, { kind: 'frame' }],
  ])('%s: gives what PyTorch gives, in both runtimes', async (name, more, input) => {
    const { shape, expected } = known[name] as Case;
    const written = await wrapModel(model(name), { ...optionsOf(known[name], more), out: at(name) });
    expect(written.verification.map(({ runtime, passed }) => [runtime, passed])).toEqual([
      ['onnxruntime-node', true],
      ['onnxruntime-web', true],
    ]);
    expect(written.manifest).toMatchObject({ name, labels: { names: ['a', 'b', 'c'] } });
    expect(framesInput(written.manifest)).toMatchObject(input);
    const kind = optionsOf(known[name], more).activation === 'softmax' ? 'single-label' : 'multi-label';
    expect(written.manifest.task.kind).toBe(kind);
    const bundle = await readBundle(at(name));
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const session = await openBundle(bundle, runtime);
      const { probabilities } = await session.run({ frames: frames(shape) });
      await session.release();
      const off = expected.flat().map((value, i) => Math.abs(value - Number(probabilities.data[i])));
      expect(Math.max(...off)).toBeLessThan(1e-5);
    }
  });

  it('says how it went, and takes everything as flags', async () => {
    const stats = [
      '--mean',
      '.5,.5,.5',
      '--std',
      '.5,.5,.5',
      '--activation',
      'sigmoid',
      '--threshold',
      '0.3',
    ];
    const printed = await wrapped(model('multi-label'), '--labels', labels, ...stats, '--out', at('typed'));
    expect(printed).toMatch(/onnxruntime-web \S+ +wasm +probabilities +3 .* \d\.\de-\d\n/);
    expect(printed).toContain('Max difference from the model by itself');
    expect(printed).toMatch(/typed: typed, 3 labels, .* parameters$/);
    const { manifest } = await readBundle(at('typed'));
    expect(manifest).toMatchObject({
      task: { kind: 'multi-label', threshold: 0.3 },
      inputs: [{ options: { std: [0.5, 0.5, 0.5] } }],
    });
    expect(await readFile(join(at('typed'), 'README.md'), 'utf8')).toContain(
      'multi-label.onnx, a classifier',
    );
  });

  it.each<[string, Partial<WrapModelOptions>, number, string]>([
    ['two-inputs', { activation: 'softmax' }, 1, 'must take one input: an image or a clip; received "image"'],
    ['logits', { labels: 'two.txt', activation: 'softmax' }, 1, 'a score for each of the 2 labels'],
    ['any-size', { activation: 'softmax' }, 2, '--size must be given: '],
    ['logits', { activation: 'softmax', size: 9 }, 2, '--size must be what '],
    ['logits', { activation: 'softmax', output: 'others' }, 2, 'received others; it has "scores" float32'],
    [
      'logits',
      { activation: 'softmax', input: 'x' },
      2,
      'received x; it has "image" float32 [batch, 3, 8, 10]',
    ],
    ['two-outputs', { activation: 'softmax' }, 2, '--output must say which output of '],
    ['logits', {}, 2, '--activation must be softmax or sigmoid where scores are no probabilities; received '],
    ['logits', { activation: 'none' }, 2, '--activation must be softmax or sigmoid where '],
    ['probabilities', { activation: 'softmax' }, 2, '--activation softmax is for scores that are no prob'],
    ['logits', { activation: 'softmax', layout: 'nhwc' }, 2, '--layout nhwc must have 3 channels where '],
    ['logits', { activation: 'softmax', frames: 4 }, 2, '--frames is for models of clips'],
    ['logits', { activation: 'softmax', speed: 2 }, 2, "--speed is the step between a clip's frames"],
    ['raw', { normalized: false, mean: [0, 0, 0] }, 2, '--normalized none stands without --mean and --std'],
    ['bytes', { activation: 'sigmoid' }, 2, 'a model of uint8 frames normalises them itself; received '],
    ['keeps-batch', { activation: 'softmax' }, 1, 'must take any number of samples; received '],
    ['logits', { activation: 'softmax', threshold: 1 }, 2, '--threshold must lie between 0 and 1'],
    ['missing', {}, 1, 'must be an ONNX file that can be read'],
  ])('refuses %s with %j', async (name, options, exitCode, message) => {
    const file = options.labels ? at(options.labels) : labels;
    const before = await readdir(folder);
    await expect(wrapModel(model(name), { ...options, labels: file, out: at('none') })).rejects.toMatchObject(
      {
        exitCode,
        message: expect.stringContaining(message),
      },
    );
    expect(await readdir(folder)).toEqual(before);
  });

  it('names the file of weights that is not there', async () => {
    await cp(model('outside'), at('alone.onnx'));
    const alone = wrapModel(at('alone.onnx'), { labels, activation: 'softmax', out: at('none') });
    await expect(alone).rejects.toThrow(/outside\.bin must be readable: the model keeps its weights there/);
  });

  it('leaves nothing behind', async () => {
    const options = { labels, activation: 'softmax', out: at('again') } as const;
    const work = async () => {
      await wrapModel(model('one-sample'), options);
      await expect(wrapModel(model('keeps-batch'), options)).rejects.toThrow('any number of samples');
    };
    expect(await leftBehind(work, {})).toEqual({});
  });
});

import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { resolveSystem } from '../../../models/index.ts';
import { loadPretrained } from '../../../models/pretrained/load.ts';
import { tf } from '../../../models/tf.ts';
import { readWeights } from '../../../models/train/model-weights.ts';
import { UserError } from '../../../src/core/errors.ts';
import { encodeSafetensors } from '../../../src/core/safetensors.ts';
import { decodeWeights } from '../../../src/weights/decode.ts';
import { float32Of } from '../../../src/weights/float32.ts';
import type { StoredTensor, WeightFile } from '../../../src/weights/weight-file.ts';
import { formulaFile, formulaWeight } from './formula-weights.ts';

/** The tiny ResNet's tensors as torch would name and lay them out; `labels` outputs in its classifier. */
function tinyFile(outputs: number): WeightFile {
  const shapes = new Map<string, number[]>();
  const convolution = (name: string, filters: number, channels: number, kernel: number) =>
    shapes.set(`${name}.weight`, [filters, channels, kernel, kernel]);
  const norm = (name: string, channels: number) => {
    for (const key of ['weight', 'bias', 'running_mean', 'running_var'])
      shapes.set(`${name}.${key}`, [channels]);
  };
  convolution('conv1', 16, 3, 3);
  norm('bn1', 16);
  for (const [layer, width] of [16, 32, 64, 128].entries()) {
    const channels = layer === 0 ? 16 : width / 2;
    const block = `layer${layer + 1}.0`;
    convolution(`${block}.conv1`, width, channels, 3);
    norm(`${block}.bn1`, width);
    convolution(`${block}.conv2`, width, width, 3);
    norm(`${block}.bn2`, width);
    if (layer === 0) continue;
    convolution(`${block}.downsample.0`, width, channels, 1);
    norm(`${block}.downsample.1`, width);
  }
  shapes.set('fc.weight', [outputs, 128]);
  shapes.set('fc.bias', [outputs]);
  return formulaFile(shapes);
}

function changed(file: WeightFile, change: (tensors: Map<string, StoredTensor>) => void): WeightFile {
  const tensors = new Map(file.tensors);
  change(tensors);
  return { ...file, tensors };
}

/** All weights, as bytes: comparing them one by one takes seconds. */
function stateOf(model: ReturnType<typeof build>): string {
  return Buffer.from(encodeSafetensors(readWeights(model))).toString('base64');
}

function build(preset: string, seed = 1) {
  const { system, config } = resolveSystem(preset, { config: { size: 32 } });
  return system.build(config, seed);
}

const valuesOf = (name: string, shape: number[]) => float32Of(formulaWeight(name, shape), name);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('loadPretrained', () => {
  it('loads the backbone, transposed, and leaves a head for other labels as it is', () => {
    const model = build('pcd-resnet-tiny');
    const before = readWeights(model);
    const { matched, unmatched } = loadPretrained(model, tinyFile(1000), 'x');
    const after = readWeights(model);
    expect(matched.length).toBe(Object.keys(before).length - 2);
    expect(unmatched.filter(({ reason }) => reason === 'head')).toEqual([
      { name: 'probabilities/kernel', reason: 'head', detail: '"fc.weight" is [1000,128], not [86,128]' },
      { name: 'probabilities/bias', reason: 'head', detail: '"fc.bias" is [1000], not [86]' },
    ]);
    expect(after['probabilities/kernel']).toEqual(before['probabilities/kernel']);
    expect(after['layer2.0.bn1/moving_variance'].data).toEqual(valuesOf('layer2.0.bn1.running_var', [32]));
    // [filters, channels, h, w] to [h, w, channels, filters].
    const kernel = valuesOf('layer2.0.conv1.weight', [32, 16, 3, 3]);
    const { data, shape } = after['layer2.0.conv1/kernel'];
    expect(shape).toEqual([3, 3, 16, 32]);
    for (const [y, x, channel, filter] of [
      [0, 0, 0, 1],
      [2, 1, 7, 30],
      [1, 2, 15, 31],
    ]) {
      expect(data[((y * 3 + x) * 16 + channel) * 32 + filter]).toBe(
        kernel[((filter * 16 + channel) * 3 + y) * 3 + x],
      );
    }
    model.dispose();
  });

  it('loads a head that fits', () => {
    const model = build('pcd-resnet-tiny');
    const { unmatched } = loadPretrained(model, tinyFile(86), 'x');
    expect(unmatched.filter(({ reason }) => reason !== 'ignored')).toEqual([]);
    expect(readWeights(model)['probabilities/bias'].data).toEqual(valuesOf('fc.bias', [86]));
    model.dispose();
  });

  it('leaves the attention, which no file of torchvision has, as it is', () => {
    const model = build('apcd-resnet-tiny');
    const { unmatched } = loadPretrained(model, tinyFile(43), 'x');
    expect(unmatched.filter(({ reason }) => reason === 'head').map(({ name }) => name)).toEqual([
      'attention.conv/kernel',
      'attention.conv/bias',
    ]);
    model.dispose();
  });

  it('takes names behind a prefix, as DataParallel writes them', () => {
    const model = build('pcd-resnet-tiny');
    const { tensors, ...rest } = tinyFile(1000);
    const file = {
      ...rest,
      tensors: new Map([...tensors].map(([name, stored]) => [`module.${name}`, stored])),
    };
    expect(loadPretrained(model, file, 'x').matched.length).toBe(model.weights.length - 2);
    model.dispose();
  });

  it('takes a checkpoint of ours, head and all', () => {
    const model = build('pcd-resnet-tiny', 1);
    const other = build('pcd-resnet-tiny', 2);
    const weights = Object.entries(readWeights(other));
    const tensors = Object.fromEntries([
      ...weights.map(([name, value]) => [`model/${name}`, value]),
      ...weights.slice(0, 3).map(([name, value]) => [`velocity/${name}`, value]),
    ]);
    const report = loadPretrained(model, decodeWeights(encodeSafetensors(tensors), 'x'), 'x');
    expect(stateOf(model)).toBe(stateOf(other));
    expect(report.names).toBe('actionnx');
    expect(report.unmatched.map(({ reason }) => reason)).toEqual(['ignored', 'ignored', 'ignored']);
    model.dispose();
  });

  it.each<[string, (tensors: Map<string, StoredTensor>) => void, RegExp]>([
    [
      'a missing tensor',
      (t) => t.delete('layer3.0.bn2.bias'),
      /"layer3\.0\.bn2\/beta" unmatched \(no "layer3\.0\.bn2\.bias"\);/,
    ],
    [
      'a tensor of another shape',
      (t) => t.set('conv1.weight', formulaWeight('conv1.weight', [16, 3, 7, 7])),
      /"conv1\/kernel" unmatched \("conv1\.weight" is \[16,3,7,7\], not \[16,3,3,3\]\);/,
    ],
    [
      'tensors left over',
      (t) => t.set('a.weight', formulaWeight('a', [1])).set('b.weight', formulaWeight('b', [1])),
      /"a\.weight" left over, and 1 more;/,
    ],
    [
      'grouped convolutions',
      (t) => {
        for (const [layer, blocks] of [3, 4, 6, 3].entries()) {
          for (let i = 0; i < blocks; i++)
            t.set(`layer${layer + 1}.${i}.conv1.weight`, formulaWeight('x', [1]));
        }
        t.set('layer1.0.conv2.weight', formulaWeight('x', [128, 4, 3, 3]));
        t.set('layer1.0.conv3.weight', formulaWeight('x', [1]));
      },
      /received weights of resnext50_32x4d: .*no backbone here convolves in 32 groups/,
    ],
    [
      'a weight that is no number',
      (t) => t.set('bn1.bias', { dtype: 'float32', shape: [16], bytes: () => new Uint8Array(64).fill(0xff) }),
      /must hold finite weights; received NaN in "bn1\.bias"/,
    ],
  ])('refuses %s, and leaves the model as it was', (_, change, reason) => {
    const model = build('pcd-resnet-tiny');
    const before = stateOf(model);
    const load = () => loadPretrained(model, changed(tinyFile(1000), change), 'weights.pth');
    expect(load).toThrow(UserError);
    expect(load).toThrow(reason);
    expect(load).toThrow(/^weights\.pth [^\n]*$/);
    expect(stateOf(model)).toBe(before);
    model.dispose();
  });

  it('takes what fits where it need not be strict', () => {
    const model = build('pcd-resnet-tiny');
    const file = changed(tinyFile(86), (tensors) => tensors.delete('layer3.0.bn2.bias'));
    const { unmatched } = loadPretrained(model, file, 'x', { strict: false });
    expect(unmatched.filter(({ reason }) => reason === 'missing').map(({ name }) => name)).toEqual([
      'layer3.0.bn2/beta',
    ]);
    expect(readWeights(model)['probabilities/bias'].data).toEqual(valuesOf('fc.bias', [86]));
    model.dispose();
  });
});

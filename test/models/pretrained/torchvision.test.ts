import { readFileSync } from 'node:fs';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { r2plus1d } from '../../../models/backbones/r2plus1d.ts';
import { type ResnetDepth, resnet } from '../../../models/backbones/resnet.ts';
import { identifyArchitecture } from '../../../models/pretrained/architecture.ts';
import { loadPretrained } from '../../../models/pretrained/load.ts';
import { tf } from '../../../models/tf.ts';
import { selectBackend } from '../../../models/train/backend.ts';
import { namedWeights } from '../../../models/train/model-weights.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { gather, rowMajorStrides } from '../../../src/core/strided.ts';
import { formulaFile, uniform } from './formula-weights.ts';

type Model = ReturnType<typeof tf.model>;

/** What torchvision itself answers: test/golden/torchvision-outputs.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../golden/torchvision-outputs.json', import.meta.url), 'utf8'),
) as {
  outputs: Record<string, { input: number[]; tensors: string; logits: string }>;
  architectures: Record<string, Record<string, number[]>>;
};

beforeAll(async () => {
  await selectBackend('wasm');
});

/** Our backbone with torchvision's classifier behind it. */
function classifier(name: string, [height, width, frames]: readonly [number, number, number?]): Model {
  const shape = frames === undefined ? [height, width, 3] : [frames, height, width, 3];
  const input = tf.input({ shape });
  const features =
    frames === undefined
      ? resnet(input, { depth: name.replace('resnet', '') as ResnetDepth, seed: 0 })
      : r2plus1d(input, { depth: '18', seed: 0 });
  const units = frames === undefined ? 1000 : 400;
  const logits = tf.layers
    .dense({ units, kernelInitializer: 'zeros', name: 'probabilities' })
    .apply(features);
  return tf.model({ inputs: input, outputs: logits as SymbolicTensor, name });
}

const names = {
  ...{ kernel: 'weight', bias: 'bias', gamma: 'weight', beta: 'bias' },
  ...{ moving_mean: 'running_mean', moving_variance: 'running_var' },
};

/** torchvision's names and shapes, written down from the model: the golden hash of them all says whether rightly. */
function torchShapes(model: Model): Map<string, number[]> {
  return new Map(
    namedWeights(model).map(({ name, variable }) => {
      const [layer, parameter] = name.split('/') as [string, keyof typeof names];
      const [filters, channels, ...extents] = [...variable.shape].reverse();
      const shape = parameter === 'kernel' ? [filters, channels, ...extents.reverse()] : variable.shape;
      return [`${layer === 'probabilities' ? 'fc' : layer}.${names[parameter]}`, shape];
    }),
  );
}

/** [N, C, …] as [N, …, C]. */
function channelsLast(data: Float32Array, shape: readonly number[]): { data: Float32Array; shape: number[] } {
  const axes = [0, ...shape.slice(2).map((_, i) => i + 2), 1];
  const steps = rowMajorStrides(shape);
  const moved = axes.map((axis) => shape[axis]);
  const layout = { shape: moved, strides: axes.map((axis) => steps[axis]), offset: 0 };
  return { data: gather(data, new Float32Array(data.length), layout), shape: moved };
}

describe("torchvision's models, full size", () => {
  it.each(Object.entries(golden.outputs))(
    '%s: the same names and shapes, and outputs within 1e-4',
    async (name, known) => {
      const [, , ...extents] = known.input;
      const [height, width, frames] = extents.length === 2 ? extents : [extents[1], extents[2], extents[0]];
      const model = classifier(name, [height, width, frames]);
      const file = formulaFile(torchShapes(model));
      const listing = [...file.tensors]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { shape }]) => `${key} ${shape}\n`);
      expect(await sha256(listing.join(''))).toBe(known.tensors);

      const { matched, unmatched, architecture } = loadPretrained(model, file, name);
      expect(architecture?.name).toBe(name);
      expect(matched.length).toBe(model.weights.length);
      expect(new Set(unmatched.map(({ reason }) => reason))).toEqual(new Set(['ignored']));

      const input = channelsLast(uniform('input', known.input, -2, 2), known.input);
      const logits = tf.tidy(() =>
        (model.predict(tf.tensor(input.data, input.shape)) as ReturnType<typeof tf.tensor>).dataSync(),
      );
      const bytes = new Uint8Array(Buffer.from(known.logits, 'base64'));
      const due = new Float32Array(bytes.buffer);
      const worst = due.reduce((most, value, i) => Math.max(most, Math.abs(value - logits[i])), 0);
      expect(logits.length).toBe(due.length);
      expect(worst).toBeLessThan(1e-4);
      model.dispose();
    },
  );
});

describe('identifyArchitecture', () => {
  it.each(Object.entries(golden.architectures))("knows torchvision's %s by its tensors", (name, listed) => {
    expect(identifyArchitecture(new Map(Object.entries(listed)))?.name).toBe(name);
  });

  it('knows nothing of other files', () => {
    expect(identifyArchitecture(new Map([['features.0.weight', [64, 3, 3, 3]]]))).toBe(null);
    expect(identifyArchitecture(new Map([['conv1.weight', [64, 3, 7, 7]]]))).toBe(null);
  });
});

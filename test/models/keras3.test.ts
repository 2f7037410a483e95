import '@tensorflow/tfjs-backend-cpu';
import { readFile } from 'node:fs/promises';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { layersModelOf } from '../../models/layers-model-file.ts';
import { tf } from '../../models/tf.ts';

interface Golden {
  readonly name: string;
  readonly modelTopology: Record<string, unknown>;
  readonly weights: { name: string; shape: number[]; dtype: string }[];
  readonly data: string;
  readonly inputs: { shape: number[]; values: number[]; dtype: 'float32' | 'int32' }[];
  readonly outputs: number[][];
}

/** Made by Keras 3.8 and its converter: test/golden/keras3-models.py. */
const goldens: readonly Golden[] = JSON.parse(
  await readFile(new URL('../golden/keras3-models.json', import.meta.url), 'utf8'),
);

beforeAll(() => tf.setBackend('cpu'));

const read = (modelTopology: unknown, { weights, data }: Pick<Golden, 'weights' | 'data'>) =>
  layersModelOf({
    path: 'model.json',
    format: 'layers-model',
    json: { modelTopology, weightsManifest: [{ paths: ['w.bin'], weights }] },
    shards: [new Uint8Array(Buffer.from(data, 'base64'))],
  });

describe('a model.json of Keras 3', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))(
    'answers as Keras: %s',
    async (_, golden) => {
      const renamed = JSON.parse(
        JSON.stringify(golden.modelTopology).replaceAll('"batch_shape"', '"batch_input_shape"'),
      );
      for (const topology of [golden.modelTopology, renamed]) {
        const model = await read(topology, golden);
        const inputs = golden.inputs.map(({ values, shape, dtype }) => tf.tensor(values, shape, dtype));
        const answers = [model.predict(inputs.length === 1 ? inputs[0] : inputs)].flat() as Tensor[];
        expect(answers).toHaveLength(golden.outputs.length);
        for (const [i, expected] of golden.outputs.entries()) {
          const actual = answers[i].dataSync();
          expect(actual).toHaveLength(expected.length);
          for (const [j, value] of expected.entries()) expect(actual[j]).toBeCloseTo(value, 5);
        }
        model.dispose();
      }
    },
  );

  it('must have all weights, each once', async () => {
    const { modelTopology, weights, data } = goldens[0];
    const last = weights.at(-1)!;
    const bytes = Buffer.from(data, 'base64');
    const less = bytes
      .subarray(0, bytes.length - 4 * last.shape.reduce((a, b) => a * b, 1))
      .toString('base64');
    await expect(read(modelTopology, { weights: weights.slice(0, -1), data: less })).rejects.toThrow(
      /must be those of its layers; received none for "sequential_dense\/\w+\/\w+" of shape/,
    );
    const twice = weights.map((weight, i) => (i === 1 ? { ...weight, name: weights[0].name } : weight));
    await expect(read(modelTopology, { weights: twice, data })).rejects.toThrow('twice');
  });

  it.each([['"silu"', '"hard_sigmoid"', 'hard_sigmoid, which is steeper']])(
    'is refused where tfjs would answer otherwise: %s',
    async (from, to, message) => {
      const topology = JSON.parse(JSON.stringify(goldens[0].modelTopology).replaceAll(from, to));
      await expect(read(topology, goldens[0])).rejects.toThrow(message);
    },
  );
});

import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSystem } from '../../../models/index.ts';
import { tf } from '../../../models/tf.ts';
import { type Checkpoint, checkpointPath, writeCheckpoint } from '../../../models/train/checkpoint.ts';
import { loadRun } from '../../../models/train/load-run.ts';
import { readWeights } from '../../../models/train/model-weights.ts';
import { type RunRecord, writeRunRecord } from '../../../models/train/run-record.ts';

const { system, config, recipe } = resolveSystem('pcd-resnet-tiny', { config: { size: 32, labels: 2 } });
const record: RunRecord = {
  ...{ format: 'actionnx-run', formatVersion: 2, system: system.name, preset: 'pcd-resnet-tiny', config },
  recipe: structuredClone(recipe) as RunRecord['recipe'],
  seed: 7,
  dataset: {
    ...{ name: 'A2D', root: '/data/a2d' },
    ...{ train: { split: 'train', samples: 20 }, validation: { split: 'val', samples: 10 } },
  },
  labels: { names: ['cat', 'dog'], codes: [1, 2], hash: 'abc', space: 'pets', task: 'multi-label' },
  backend: { name: 'cpu', detail: 'JavaScript' },
  versions: { actionnx: '0.1.0' },
};

let folder: string;
let checkpoint: Checkpoint;
const validation = { loss: 2, precision: 0.5, recall: 0.25, f1: 0.4 };
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'actionnx-load-'));
  const model = system.build(config, 123);
  checkpoint = {
    ...{ epoch: 3, step: 0, partial: { loss: 0, samples: 0, seconds: 0 }, validation, best: 0.4 },
    ...{ schedule: null, average: { steps: 0, taken: 0 } },
    ...{ weights: readWeights(model), slots: {} },
  };
  model.dispose();
  await writeRunRecord(folder, record);
  await writeCheckpoint(folder, 'best', checkpoint);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run', () => {
  it('is loaded with the weights of its checkpoint, and the epoch and the scores of these', async () => {
    const { model, ...rest } = await loadRun(folder, 'best');
    expect(rest).toEqual({ run: record, checkpoint: { epoch: 3, validation } });
    expect(readWeights(model)).toEqual(checkpoint.weights);
    expect(model.outputs[0].shape).toEqual([null, 2]);
    model.dispose();
  });

  it('is told of as of the epoch that was cut short, which has no scores', async () => {
    await writeCheckpoint(folder, 'last', { ...checkpoint, step: 1 });
    const { model, checkpoint: loaded } = await loadRun(folder, 'last');
    expect(loaded).toEqual({ epoch: 4, validation: null });
    model.dispose();
  });

  it('is refused in one line that names the folder or the file', async () => {
    const place = join(folder, 'other');
    const load = () => loadRun(place, 'last');
    const tensors = tf.memory().numTensors;
    const expectRefusal = (message: string) => expect(load()).rejects.toMatchObject({ message, exitCode: 1 });
    await expectRefusal(`${place} holds no training run; name a folder that \`actionnx train\` wrote`);
    await writeRunRecord(place, record);
    await expectRefusal(`the run in ${place} has no last checkpoint yet; train at least one epoch`);

    const file = checkpointPath(place, 'last');
    const { weights } = checkpoint;
    const [first] = Object.keys(weights);
    const broken = { ...weights[first], data: weights[first].data.slice() };
    broken.data[3] = Number.NaN;
    await writeCheckpoint(place, 'last', {
      ...checkpoint,
      weights: { ...weights, [first]: broken as never },
    });
    await expect(load()).rejects.toThrow(new RegExp(`${file.replaceAll('.', '\\.')}.*${first}`));

    await writeCheckpoint(place, 'last', checkpoint);
    await writeRunRecord(place, { ...record, config: { ...config, size: -1 } });
    await expect(load()).rejects.toThrow(
      new RegExp(`^the run in ${place} has no configuration of pcd-resnet; received size: `),
    );
    expect(tf.memory().numTensors).toBe(tensors);

    await writeRunRecord(place, { ...record, config: { ...config, labels: 3 } });
    await expectRefusal(
      `the weights in ${file} do not fit the model; received probabilities/kernel of shape [128,4] where [128,6] is due; use the configuration they were trained with`,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

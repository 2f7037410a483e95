import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  checkpointPath,
  readCheckpoint,
  writeCheckpoint,
} from '../../../models/train/checkpoint.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/core/safetensors.ts';
import { tensor } from '../../../src/core/tensor.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const kernel = tensor(Float32Array.of(1.5, -2, Number.MIN_VALUE, 3e38), [2, 2]);
const bias = tensor(Float32Array.of(0.1), [1]);
const checkpoint: Checkpoint = {
  ...{ epoch: 3, step: 2, partial: { loss: 12.5, samples: 16, seconds: 1.25 } },
  ...{ validation: { loss: 2, precision: 0.5, recall: 0.25, f1: 1 / 3 }, best: 0.4 },
  ...{ schedule: { stale: 2 }, average: { steps: 3, taken: 1 } },
  weights: { 'cnn/kernel': kernel, bias },
  slots: {
    velocity: { 'cnn/kernel': tensor(Float32Array.of(1, 2, 3, 4), [2, 2]) },
    steps: { bias: tensor(Int32Array.of(7), []) },
  },
};

describe('a checkpoint', () => {
  it('is read as it was written, the best apart from the last', async () => {
    expect(await readCheckpoint(folder, 'last')).toBeNull();
    await writeCheckpoint(folder, 'last', checkpoint);
    expect(await readCheckpoint(folder, 'last')).toEqual(checkpoint);
    expect(await readCheckpoint(folder, 'best')).toBeNull();
    const first = { ...checkpoint, epoch: 0, step: 0, validation: null, best: null, slots: {} };
    await writeCheckpoint(folder, 'best', first);
    expect(await readCheckpoint(folder, 'best')).toEqual(first);
    expect(await readCheckpoint(folder, 'last')).toEqual(checkpoint);
  });

  it('is a safetensors file, weights under model/ and what goes with them under its name', async () => {
    const { tensors, metadata } = decodeSafetensors(
      await readFile(join(folder, 'checkpoints', 'last.safetensors')),
      'it',
    );
    expect(Object.keys(tensors).sort()).toEqual([
      ...['model/bias', 'model/cnn/kernel', 'steps/bias', 'velocity/cnn/kernel'],
    ]);
    const { weights, slots, ...progress } = checkpoint;
    expect(tensors['model/cnn/kernel']).toEqual(weights['cnn/kernel']);
    expect(tensors['velocity/cnn/kernel']).toEqual(slots.velocity['cnn/kernel']);
    expect(JSON.parse(metadata.progress)).toEqual(progress);
  });

  it('that is cut short anywhere is told by its name', async () => {
    const path = checkpointPath(join(folder, 'cut'), 'last');
    await writeCheckpoint(join(folder, 'cut'), 'last', checkpoint);
    const whole = await readFile(path);
    for (const length of [0, 4, 8, 100, whole.length - 16, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      await expect(readCheckpoint(join(folder, 'cut'), 'last'), `${length} bytes`).rejects.toMatchObject({
        name: 'UserError',
        message: expect.stringContaining(path),
        exitCode: 1,
      });
    }
  });

  const progress = { epoch: 1, step: 0, partial: { loss: 0, samples: 0, seconds: 0 } };
  const whole = {
    ...{ ...progress, validation: null, best: null, schedule: null, average: { steps: 0, taken: 0 } },
  };
  it.each<[string, string | undefined]>([
    ['no record of its progress', undefined],
    ['a damaged record of its progress', '{"epoch":1,'],
    ...[
      { ...whole, epoch: -1 },
      { ...whole, epoch: 0.5 },
      { ...whole, step: -1 },
      { ...whole, partial: { loss: 0, samples: -1, seconds: 0 } },
      { ...whole, partial: undefined },
      { ...whole, validation: { loss: 1, precision: 1, recall: 1 } },
      { ...whole, best: '0.5' },
      { ...whole, bestF1: '0.5' },
      { ...whole, average: { steps: 0, taken: -1 } },
    ].map((record): [string, string] => ['a damaged record of its progress', JSON.stringify(record)]),
  ])('with %s is none: %s', async (received, text) => {
    const other = join(folder, 'other');
    const path = checkpointPath(other, 'best');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      encodeSafetensors({ 'model/bias': bias }, text === undefined ? {} : { progress: text }),
    );
    await expect(readCheckpoint(other, 'best')).rejects.toMatchObject({
      message: `${path} is not a checkpoint of a run; received ${received}; train again, or export the other checkpoint`,
      exitCode: 1,
    });
  });

  it('of before there were stages is read as one of the first stage', async () => {
    const path = checkpointPath(join(folder, 'early'), 'last');
    await mkdir(dirname(path), { recursive: true });
    const record = { ...progress, validation: null, bestF1: 0.25 };
    const tensors = { 'model/bias': bias, 'velocity/bias': bias };
    await writeFile(path, encodeSafetensors(tensors, { progress: JSON.stringify(record) }));
    expect(await readCheckpoint(join(folder, 'early'), 'last')).toEqual({
      ...{ ...whole, best: 0.25 },
      ...{ weights: { bias }, slots: { velocity: { bias } } },
    });
  });

  it('that cannot be read at all is not taken for one that is not there', async () => {
    const path = checkpointPath(join(folder, 'odd'), 'last');
    await mkdir(path, { recursive: true });
    await expect(readCheckpoint(join(folder, 'odd'), 'last')).rejects.toThrow('EISDIR');
  });
});

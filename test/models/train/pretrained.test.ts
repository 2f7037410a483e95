import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleBasedScores } from '../../../eval/metrics/index.ts';
import { resolveSystem } from '../../../models/index.ts';
import type { PretrainedMatch } from '../../../models/pretrained/match.ts';
import { tf } from '../../../models/tf.ts';
import { type Backend, selectBackend } from '../../../models/train/backend.ts';
import { checkpointPath, readCheckpoint } from '../../../models/train/checkpoint.ts';
import { type TrainSettings, train } from '../../../models/train/fit.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { ensembleTask } from '../../../src/core/task.ts';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { synthesize } from '../../../src/datasets/synth/synthesize.ts';
import { readWeightFile, type WeightFileOnDisk } from '../../../src/node/weight-file.ts';

let root: string;
let dataset: Dataset;
let backend: Backend;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-pretrained-'));
  await synthesize(join(root, 'data'), { videos: 6, frames: 20, height: 48, seed: 3 });
  dataset = await openA2d(join(root, 'data'), { cacheFolder: join(root, 'cache') });
  backend = await selectBackend('wasm');
});

afterAll(() => rm(root, { recursive: true, force: true }));

function run(name: string, preset: string, settings: Partial<TrainSettings> = {}) {
  return train({
    ...resolveSystem(preset, {
      config: { size: 32 },
      epochs: 1,
      stages: { batch: 8, augment: [], rate: 0.02 },
    }),
    ...{ seed: 5, dataset, folder: join(root, name), backend },
    evaluate: (probabilities, truth, samples, labels, kind) =>
      exampleBasedScores({ probabilities, truth, samples, labels, task: ensembleTask(kind) }),
    ...settings,
  });
}

const bytesOf = (name: string) => readFile(checkpointPath(join(root, name), 'last'));

describe('a run that starts from weights', () => {
  let first: WeightFileOnDisk;
  beforeAll(async () => {
    await run('first', 'pcd-resnet-tiny');
    first = await readWeightFile(checkpointPath(join(root, 'first'), 'last'));
  });

  test('learns on from them, and records where they are from', async () => {
    let match: PretrainedMatch | undefined;
    const tiny = resolveSystem('pcd-resnet-tiny', {
      config: { size: 32 },
      epochs: 1,
      stages: { batch: 8, augment: [], rate: 1e-9, optimizer: sgd({ momentum: 0.9 }) },
    });
    const result = await run('second', 'pcd-resnet-tiny', {
      ...tiny,
      pretrained: first,
      onPretrained: (report) => (match = report),
    });
    expect(match?.unmatched.filter(({ reason }) => reason !== 'ignored')).toEqual([]);
    expect(result.run.pretrained).toEqual({
      file: 'last.safetensors',
      sha256: first.sha256,
      format: 'safetensors',
    });
    expect(JSON.parse(await readFile(join(root, 'second', 'run.json'), 'utf8'))).toEqual(result.run);
    const [before, after] = await Promise.all(
      ['first', 'second'].map(async (name) => (await readCheckpoint(join(root, name), 'last'))!.weights),
    );
    // At a rate of next to nothing, the kernels stay where they were.
    const kernel = 'layer2.0.conv1/kernel';
    const moved = after[kernel].data;
    let drift = 0;
    for (const [i, value] of before[kernel].data.entries())
      drift = Math.max(drift, Math.abs(value - moved[i]));
    expect(drift).toBeLessThan(1e-6);
  });

  test.each(['pcd-sig-resnet-tiny', 'apcd-resnet-tiny'])(
    '%s takes the backbone of another system',
    async (preset) => {
      let match: PretrainedMatch | undefined;
      await run(preset, preset, { pretrained: first, onPretrained: (report) => (match = report) });
      const reasons = new Set(match?.unmatched.map(({ reason }) => reason));
      expect(reasons).toEqual(new Set(['head', 'ignored']));
      expect(match?.matched.some(({ weight }) => weight.startsWith('layer4.0.'))).toBe(true);
    },
  );

  test('a clip system takes a clip backbone', async () => {
    const clips = {
      ...resolveSystem('pcd-r2plus1d-tiny', { config: { size: 32 }, epochs: 2, stages: { batch: 8 } }),
    };
    await run('clips', 'pcd-r2plus1d-tiny', clips);
    let match: PretrainedMatch | undefined;
    const pretrained = await readWeightFile(checkpointPath(join(root, 'clips'), 'last'));
    await run('more-clips', 'pcd-r2plus1d-tiny', {
      ...clips,
      pretrained,
      onPretrained: (report) => (match = report),
    });
    expect(match?.unmatched.filter(({ reason }) => reason !== 'ignored')).toEqual([]);
  });

  test('goes on with the same file only, and to the same end', async () => {
    await run('whole', 'pcd-resnet-tiny', { pretrained: first });
    const stop = new AbortController();
    const stopped = run('stopped', 'pcd-resnet-tiny', {
      pretrained: first,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toThrow(/--resume/);
    const other = await readWeightFile(checkpointPath(join(root, 'whole'), 'last'));
    await expect(run('stopped', 'pcd-resnet-tiny', { resume: true })).rejects.toThrow(
      /cannot be resumed with another pretrained; received null, where the run has "[0-9a-f]{64}"/,
    );
    await expect(run('stopped', 'pcd-resnet-tiny', { resume: true, pretrained: other })).rejects.toThrow(
      /cannot be resumed with another pretrained/,
    );
    let reports = 0;
    await run('stopped', 'pcd-resnet-tiny', {
      resume: true,
      pretrained: first,
      onPretrained: () => reports++,
    });
    expect(reports).toBe(0);
    expect((await bytesOf('stopped')).equals(await bytesOf('whole'))).toBe(true);
  });

  test('does not begin with weights that do not fit', async () => {
    const tensors = tf.memory().numTensors;
    await expect(run('misfit', 'pcd-r2plus1d-tiny', { pretrained: first })).rejects.toThrow(
      /last\.safetensors does not fit the backbone of pcd_r2plus1d; received "stem\.0\/kernel" unmatched/,
    );
    expect(existsSync(join(root, 'misfit'))).toBe(false);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

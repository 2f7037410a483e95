import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleBasedScores } from '../../eval/metrics/index.ts';
import { resolveSystem } from '../../models/index.ts';
import { readLayersModel } from '../../models/layers-model-file.ts';
import { loadPretrained } from '../../models/pretrained/load.ts';
import { tfjsReference } from '../../models/reference.ts';
import { tf } from '../../models/tf.ts';
import { type Backend, selectBackend } from '../../models/train/backend.ts';
import { readCheckpoint, writeCheckpoint } from '../../models/train/checkpoint.ts';
import { type TrainSettings, train } from '../../models/train/fit.ts';
import { checkGradients } from '../../models/train/gradient-check.ts';
import { loadRun } from '../../models/train/load-run.ts';
import { readWeights } from '../../models/train/model-weights.ts';
import { optimizers } from '../../models/train/optimizers/index.ts';
import { Optimizer } from '../../models/train/optimizers/optimizer.ts';
import { sgd } from '../../models/train/optimizers/sgd.ts';
import type { Stage } from '../../models/train/stage.ts';
import type { Normalization } from '../../src/core/normalization.ts';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { ensembleTask } from '../../src/core/task.ts';
import { tensor } from '../../src/core/tensor.ts';
import { openA2d } from '../../src/datasets/a2d/a2d.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import { synthesize } from '../../src/datasets/synth/synthesize.ts';
import { readWeightFile } from '../../src/node/weight-file.ts';
import { leftBehind } from '../left-behind.ts';

let root: string;
let dataset: Dataset;
let backend: Backend;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-models-released-'));
  backend = await selectBackend('wasm');
  await synthesize(join(root, 'data'), { videos: 5, frames: 8, height: 32, seed: 3 });
  dataset = await openA2d(join(root, 'data'), { cacheFolder: join(root, 'cache') });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Tensors, and the memory behind them, beside what the process has to give back. */
const left = (work: () => Promise<unknown>) =>
  leftBehind(work, {
    tensor: () => tf.memory().numTensors,
    'buffer of tensors': () => tf.memory().numDataBuffers,
  });

const resolved = ({ epochs = 1, ...stages }: Partial<Stage> = {}, preset = 'pcd-resnet-tiny') =>
  resolveSystem(preset, {
    config: { size: 16 },
    epochs,
    stages: { batch: 8, rate: 0.02, ...stages },
  });

describe('train gives every tensor back', () => {
  let run = 0;
  function trained(settings: Partial<TrainSettings> = {}, of = resolved()) {
    return train({
      ...{ ...of, seed: 5, dataset, backend, folder: join(root, `run-${run++}`) },
      evaluate: (probabilities, truth, samples, labels, kind) =>
        exampleBasedScores({ probabilities, truth, samples, labels, task: ensembleTask(kind) }),
      ...settings,
    });
  }
  const enough = () => {
    throw new Error('enough');
  };

  it.each<[string, () => Promise<unknown>]>([
    ['at its end', () => trained()],
    [
      'after a curriculum, whose stages are models of their own',
      () => trained({}, resolved({ epochs: 3 }, 'pcd-r2plus1d-tiny')),
    ],
    [
      'where the loss grows beyond all numbers',
      () => expect(trained({}, resolved({ rate: 1e30, epochs: 3 }))).rejects.toThrow('diverged'),
    ],
    ['where validation fails', () => expect(trained({ evaluate: enough })).rejects.toThrow('enough')],
    ['where its listener fails', () => expect(trained({ onProgress: enough })).rejects.toThrow('enough')],
    [
      'where it is stopped, and when it goes on',
      async () => {
        const folder = join(root, `stopped-${run++}`);
        const controller = new AbortController();
        const stopped = trained({
          folder,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        });
        await expect(stopped).rejects.toThrow('training stopped');
        await trained({ folder, resume: true });
      },
    ],
    [
      'where a checkpoint is of another model',
      async () => {
        const folder = join(root, `damaged-${run++}`);
        await trained({ folder });
        const checkpoint = (await readCheckpoint(folder, 'last'))!;
        const [name] = Object.keys(checkpoint.weights);
        const { [name]: _, ...weights } = checkpoint.weights;
        for (const which of ['last', 'best'] as const)
          await writeCheckpoint(folder, which, { ...checkpoint, weights });
        await expect(trained({ folder, resume: true })).rejects.toThrow(`none for ${name}`);
        await expect(loadRun(folder, 'best')).rejects.toThrow(`none for ${name}`);
      },
    ],
    [
      'where the weights to start from do not fit',
      async () => {
        const path = join(root, 'other.safetensors');
        await writeFile(path, encodeSafetensors({ 'conv1.weight': tensor(new Float32Array(2), [2]) }));
        const pretrained = await readWeightFile(path);
        await expect(trained({ pretrained })).rejects.toThrow('does not fit the backbone');
      },
    ],
    [
      'where a recipe makes no sense',
      () => expect(trained({}, resolved({ epochs: 0 }))).rejects.toThrow('epochs'),
    ],
  ])('%s', async (_, work) => {
    expect(await left(work)).toEqual({});
  });
});

describe('a model gives every tensor back', () => {
  const built = () => {
    const { system, config } = resolved();
    return system.build(config, 1);
  };

  it('that weights are loaded into, whether they fit or not', async () => {
    const path = join(root, 'weights.safetensors');
    const model = built();
    const weights = readWeights(model);
    model.dispose();
    await writeFile(path, encodeSafetensors(weights));
    const broken = join(root, 'broken.safetensors');
    const [[name, first]] = Object.entries(weights);
    const infinite = { ...first, data: Float32Array.from(first.data).fill(Number.POSITIVE_INFINITY) };
    await writeFile(broken, encodeSafetensors({ ...weights, [name]: infinite }));
    const load = async (file: string) => {
      const model = built();
      try {
        loadPretrained(model, await readWeightFile(file), file);
      } finally {
        model.dispose();
      }
    };
    const work = async () => {
      await load(path);
      await expect(load(broken)).rejects.toThrow('must hold finite weights');
    };
    expect(await left(work)).toEqual({});
  });

  it('that is read from a model.json, or refused there', async () => {
    const save = async (name: string, change: (data: Float32Array) => void) => {
      const x = tf.input({ shape: [2] });
      const model = tf.model({ inputs: x, outputs: tf.layers.dense({ units: 3 }).apply(x) as typeof x });
      await model.save(
        tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
          const data = new Float32Array(weightData as ArrayBuffer);
          change(data);
          await writeFile(join(root, `${name}.bin`), data);
          const weightsManifest = [{ paths: [`${name}.bin`], weights: weightSpecs }];
          await writeFile(
            join(root, `${name}.json`),
            JSON.stringify({ modelTopology, weightsManifest, format: 'layers-model' }),
          );
          return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
        }),
      );
      model.dispose();
      return join(root, `${name}.json`);
    };
    const good = await save('good', () => {});
    const infinite = await save('infinite', (data) => data.fill(Number.NaN));
    const work = async () => {
      (await readLayersModel(good)).dispose();
      await expect(readLayersModel(infinite)).rejects.toThrow('NaN');
    };
    expect(await left(work)).toEqual({});
  });

  it('that answers as a reference, or fails at it', async () => {
    const model = built();
    const frames = tensor(new Uint8Array(2 * 16 * 16 * 3), [2, 16, 16, 3]);
    const normalization: Normalization = { mean: [0, 0, 0], std: [1, 1, 1] };
    const reference = (predict: (x: never) => never) =>
      tfjsReference({ predict }, ['probabilities'], normalization);
    const work = async () => {
      await reference((x) => model.predict(x) as never)({ frames });
      const failing = reference(() => {
        throw new Error('no kernel');
      });
      await expect(failing({ frames })).rejects.toThrow('no kernel');
    };
    expect(await left(work)).toEqual({});
    model.dispose();
  });
});

it('an optimiser gives its velocities back, and what a step needs besides', async () => {
  const work = async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const weights = new Map([['w', weight]]);
    const optimizer = new Optimizer(optimizers.make(sgd({ momentum: 0.9, weightDecay: 0.1 })));
    const step = () => {
      const gradient = tf.tensor1d([0.5, -0.5]);
      optimizer.apply(weights, { w: gradient }, () => ({ rate: 0.1 }));
      gradient.dispose();
    };
    for (let i = 0; i < 3; i++) step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
    const state = optimizer.state();
    optimizer.restore(state);
    expect(tf.memory().numTensors).toBe(before);
    // A weight that the loss does not depend on.
    optimizer.apply(weights, { w: null }, () => ({ rate: 0.1 }));
    expect(optimizer.state()).toEqual(state);
    optimizer.dispose();
    weight.dispose();
  };
  // The tensor that a variable was made of is the test's own.
  expect(await left(() => tfScoped(work))).toEqual({});
});

/** Runs work whose own tensors are given back at its end. */
async function tfScoped(work: () => Promise<void>): Promise<void> {
  tf.engine().startScope();
  try {
    await work();
  } finally {
    tf.engine().endScope();
  }
}

it('the self-test of gradients gives every tensor back', async () => {
  expect(await left(async () => expect(checkGradients()).toBeNull())).toEqual({});
});

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { resolveSystem } from '../../models/index.ts';
import { withoutOutputs } from '../../models/train/auxiliary-outputs.ts';
import { writeCheckpoint } from '../../models/train/checkpoint.ts';
import { readWeights } from '../../models/train/model-weights.ts';
import { writeRunRecord } from '../../models/train/run-record.ts';
import { a2dLabels, type LabelSpace, labelSetHash } from '../../src/core/labels.ts';
import { seedWeights } from './onnx/parity.ts';

/** A system with seeded weights, as if it had been trained. */
export function randomModel(preset: string, seed = 'random'): LayersModel {
  const { system, config } = resolveSystem(preset);
  const model = system.build(config as never, 7);
  seedWeights(model, `${preset}/${seed}`);
  return model;
}

/** The same as it is exported: without the outputs that only training looks at. */
export function exportedModel(preset: string, seed?: string): LayersModel {
  return withoutOutputs(randomModel(preset, seed), resolveSystem(preset).system.auxiliary ?? []);
}

/** The folder of a run that has "trained" `randomModel` for three epochs. */
export async function writeRandomRun(
  folder: string,
  preset: string,
  space: LabelSpace = a2dLabels,
): Promise<void> {
  const { system, config, recipe } = resolveSystem(preset);
  await writeRunRecord(folder, {
    format: 'actionnx-run',
    formatVersion: 2,
    ...{ system: system.name, preset, config, recipe: structuredClone(recipe) as never, seed: 7 },
    dataset: {
      name: 'synthetic',
      root: 'data',
      train: { split: 'train', samples: 20 },
      validation: { split: 'val', samples: 10 },
    },
    labels: {
      names: [...space.names],
      codes: [...space.codes],
      space: space.name,
      task: space.task,
      hash: await labelSetHash(space),
    },
    backend: { name: 'cpu', detail: 'plain JavaScript, 1 thread' },
    versions: { actionnx: '0.1.0', node: '20' },
  });
  const weights = readWeights(randomModel(preset));
  const validation = { loss: 2.5, precision: 0.5, recall: 0.25, f1: 0.3 };
  const partial = { loss: 0, samples: 0, seconds: 0 };
  await writeCheckpoint(folder, 'best', {
    ...{ weights, slots: {}, epoch: 3, step: 0, partial, validation, best: 0.3, schedule: null },
    average: { steps: 0, taken: 0 },
  });
}

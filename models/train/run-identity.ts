import { basename } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { labelSetHash } from '../../src/core/labels.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { tf } from '../tf.ts';
import type { RunRecord } from './run-record.ts';
import type { Recipe, Stage } from './stage.ts';
import { describeSources } from './stage-source.ts';
import type { TrainSettings } from './train-settings.ts';
import { trainedSpace } from './trained-space.ts';

/** The record of a run that is about to start. @throws UserError when the system has another number of labels */
export async function describeRun(
  settings: TrainSettings,
  splits: { train: string; validation: string },
  training: number,
  validation: number,
): Promise<RunRecord> {
  const { system, preset, config, recipe, seed, dataset, backend, pretrained } = settings;
  const space = trainedSpace(settings);
  const { names, codes } = space;
  const sources = await describeSources(recipe);
  if ('labels' in config && config.labels !== names.length) {
    throw new UserError(`${preset} predicts ${config.labels} labels, ${space.name} has ${names.length}`, {
      remedy: 'configure the system for the data set',
    });
  }
  return {
    format: 'actionnx-run',
    formatVersion: 2,
    system: system.name,
    preset,
    config,
    recipe: structuredClone(recipe) as RunRecord['recipe'],
    seed,
    dataset: {
      name: dataset.name,
      root: dataset.root,
      train: { split: splits.train, samples: training },
      validation: { split: splits.validation, samples: validation },
    },
    labels: {
      names: [...names],
      codes: [...codes],
      hash: await labelSetHash(space),
      space: space.name,
      task: space.task,
    },
    ...(pretrained && {
      pretrained: {
        file: basename(pretrained.path),
        sha256: pretrained.sha256,
        format: pretrained.format,
      },
    }),
    ...(sources.length > 0 && { sources }),
    backend: { ...backend },
    versions: { actionnx: packageVersion, tfjs: tf.version_core, node: process.versions.node },
  };
}

/** @throws UserError when the folder's run may not be gone on with, or is another one */
export function checkSameRun(earlier: RunRecord, now: RunRecord, folder: string, resume: boolean): void {
  if (!resume) {
    throw new UserError(`${folder} already holds a run of ${earlier.preset}`, {
      remedy: 'add --resume to go on with it, or choose another --out',
    });
  }
  const identity = ({ system, config, recipe, seed, dataset, labels, pretrained, sources }: RunRecord) => ({
    system,
    config,
    recipe,
    seed,
    training: dataset.train,
    validation: dataset.validation,
    labels: labels.hash,
    task: labels.task,
    pretrained: pretrained?.sha256 ?? null,
    sources: sources?.map(({ sha256 }) => sha256) ?? [],
  });
  const [before, after] = [identity(earlier), identity(now)];
  for (const key of Object.keys(before) as (keyof typeof before)[]) {
    if (canonical(before[key]) === canonical(after[key])) continue;
    const received =
      key === 'recipe'
        ? differenceOf(earlier.recipe, now.recipe)
        : `${canonical(after[key])}, where the run has ${canonical(before[key])}`;
    throw new UserError(`${folder} cannot be resumed with another ${key}`, {
      received,
      remedy: 'give the same flags as at its start, or choose another --out',
    });
  }
}

/** The first field in which recipes differ. */
function differenceOf(before: Recipe, after: Recipe): string {
  if (before.length !== after.length) {
    return `${after.length} stages, where the run has ${before.length}`;
  }
  const fields = after.flatMap((stage, i) =>
    (Object.keys(stage) as (keyof Stage)[]).map((key) => ({
      ...{ place: `${key} of stage ${i + 1}`, own: canonical(stage[key]), other: canonical(before[i][key]) },
    })),
  );
  const different = fields.find(({ own, other }) => own !== other);
  return `${different?.own} for ${different?.place}, where the run has ${different?.other}`;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

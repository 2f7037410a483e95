import type { LayersModel } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from '../../src/core/errors.ts';
import { readWeightFile, type WeightFileOnDisk } from '../../src/node/weight-file.ts';
import { float32Of } from '../../src/weights/float32.ts';
import { loadPretrained } from '../pretrained/load.ts';
import { checkComplete, matchPretrained } from '../pretrained/match.ts';
import { tf } from '../tf.ts';
import { checkpointPath } from './checkpoint.ts';
import { type NamedWeight, namedWeights } from './model-weights.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';
import type { Recipe, Source } from './stage.ts';

function pathOf({ run, checkpoint = 'best', file }: Source): string {
  return run === undefined ? (file as string) : checkpointPath(run, checkpoint);
}

/** @throws UserError naming the run or the file that cannot be read */
export async function readSource(source: Source): Promise<WeightFileOnDisk> {
  if (source.run !== undefined && !(await readRunRecord(source.run))) {
    throw new UserError(`${source.run} holds no training run to take weights from`, {
      remedy: 'name a folder that `actionnx train` wrote',
    });
  }
  return readWeightFile(pathOf(source));
}

/** What a recipe's stages take weights from, for the record of its run. */
export async function describeSources(recipe: Recipe): Promise<{ path: string; sha256: string }[]> {
  const described: { path: string; sha256: string }[] = [];
  for (const source of recipe.flatMap(({ from }) => from)) {
    described.push({ path: pathOf(source), sha256: (await readSource(source)).sha256 });
  }
  return described;
}

/** A source as it was when the run began. @throws UserError where it has changed since */
export async function readUnchanged(source: Source, run: RunRecord): Promise<WeightFileOnDisk> {
  const file = await readSource(source);
  const recorded = run.sources?.find(({ path }) => path === file.path);
  if (recorded?.sha256 === file.sha256) return file;
  throw new UserError(`${file.path} must stay as it is while a stage is to begin from it`, {
    received: 'another file than when the run began',
    remedy: 'put the first one back, and add --resume',
  });
}

/**
 * Checks that a source has every weight that it is for.
 * @throws UserError naming the first that it lacks, or has in another shape
 */
export function checkSource(model: LayersModel, source: Source, file: WeightFileOnDisk): void {
  const weights = weightsFor(model, source);
  if (isOurs(weights, source, file)) for (const weight of weights) tensorFor(weight, source, file);
  else checkOthers(model, named(weights, source, file), source, file);
}

/** A file of others' fits as `--pretrained` does, heads of other labels left out; by a prefix, all that it is for. */
function checkOthers(
  model: LayersModel,
  weights: readonly NamedWeight[],
  { prefix }: Source,
  file: WeightFileOnDisk,
): void {
  const match = matchPretrained(shapesOf(weights), file);
  if (prefix === '') {
    checkComplete(match, file.path, model.name);
    return;
  }
  const matched = new Set(match.matched.map(({ weight }) => weight));
  const missing = weights.find(({ name }) => !matched.has(name));
  if (!missing) return;
  const detail = match.unmatched.find(({ name }) => name === missing.name)?.detail;
  throw lacking(file.path, `${quoted(missing.name)} unmatched (${detail})`);
}

/** Sets the weights that a source is for. @throws UserError as `checkSource`, and where a value is no finite number */
export function takeWeights(model: LayersModel, source: Source, file: WeightFileOnDisk): void {
  const weights = weightsFor(model, source);
  if (!isOurs(weights, source, file)) {
    const strict = source.prefix === '';
    loadPretrained(model, file, file.path, { weights: named(weights, source, file), strict });
    return;
  }
  for (const weight of weights) {
    const { name, stored } = tensorFor(weight, source, file);
    const values = float32Of(stored, name);
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new UserError(`${file.path} must hold finite weights`, {
        received: `${values[wrong]} in ${quoted(name)}`,
      });
    }
    tf.tidy(() => weight.variable.assign(tf.tensor(values, weight.variable.shape)));
  }
}

function weightsFor(model: LayersModel, { prefix }: Source): NamedWeight[] {
  const weights = namedWeights(model).filter(({ name }) => name.startsWith(prefix));
  if (weights.length > 0) return weights;
  throw new UserError('a stage must take weights that its model has', {
    received: `the prefix ${quoted(prefix)}, with which none of ${model.name} begins`,
    exitCode: 2,
  });
}

const shapesOf = (weights: readonly NamedWeight[]) =>
  weights.map(({ name, variable }) => ({ name, shape: variable.shape }));

/** The weights by their names in a file of others': those of a model inside by what they are called in it. */
function named(
  weights: readonly NamedWeight[],
  { prefix }: Source,
  file: WeightFileOnDisk,
): readonly NamedWeight[] {
  const isWhole = matchPretrained(shapesOf(weights), file).matched.length > 0;
  if (isWhole || !prefix.endsWith('/')) return weights;
  return weights.map((weight) => ({ ...weight, name: weight.name.slice(prefix.length) }));
}

/** What a weight may be called in a file of ours: as in the whole model, or as in the model inside. */
function namesOf({ name }: NamedWeight, { prefix }: Source): string[] {
  const names = prefix.endsWith('/') ? [name, name.slice(prefix.length)] : [name];
  return names.flatMap((each) => [`model/${each}`, each]);
}

/** Whether a file has our own names: all runs do, and safetensors that we have written. */
function isOurs(weights: readonly NamedWeight[], source: Source, { tensors }: WeightFileOnDisk): boolean {
  return (
    source.run !== undefined || weights.some((weight) => namesOf(weight, source).some((n) => tensors.has(n)))
  );
}

function tensorFor(weight: NamedWeight, source: Source, { tensors, path }: WeightFileOnDisk) {
  const name = namesOf(weight, source).find((each) => tensors.has(each));
  const stored = name === undefined ? undefined : tensors.get(name);
  const { shape } = weight.variable;
  if (name !== undefined && stored && `${stored.shape}` === `${shape}`) return { name, stored };
  const received = stored
    ? `${quoted(weight.name)} of shape [${stored.shape}] where [${shape}] is due`
    : `none for ${quoted(weight.name)}`;
  throw lacking(path, received);
}

function lacking(path: string, received: string): UserError {
  return new UserError(`${path} must have every weight that a stage takes from it`, {
    received,
    remedy: 'name what it has by its prefix, as in {"prefix":"layer4.","run":"…"}',
  });
}

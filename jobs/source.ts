import { basename, dirname, resolve } from 'node:path';
import type { BundleSource } from '../exporters/bundle.ts';
import { framesName } from '../exporters/onnx/frames.ts';
import { systems } from '../models/index.ts';
import { inputsOf } from '../models/system.ts';
import { type LoadedRun, loadRun } from '../models/train/load-run.ts';
import { readMetrics, type ValidationScores } from '../models/train/run-record.ts';
import type { Stage } from '../models/train/stage.ts';
import { UserError, usageError } from '../src/core/errors.ts';
import { imagenetNormalization, type Normalization } from '../src/core/normalization.ts';
import { mainMetric, type Task } from '../src/core/task.ts';
import { clip } from '../src/inputs/clip.ts';
import { frame } from '../src/inputs/frame.ts';
import { InputPlan, type NamedInput } from '../src/inputs/plan.ts';
import { type ExportableModel, exportableLayers, findModelJson, readExportable } from './exportable-model.ts';
import type { Listener } from './listener.ts';
import { labelsFor } from './model-outputs.ts';

/** What is exported: a model, and all of a bundle that does not follow from its graph. */
export interface ExportSource
  extends Pick<BundleSource, 'name' | 'labels' | 'inputs' | 'scores' | 'provenance' | 'card'> {
  /** Whether several of the labels may hold, or one does. */
  readonly task: Task['kind'];
  readonly model: ExportableModel;
}

/** What a model that carries no such thing is told to have been trained with. */
export interface ModelDetails {
  /** A file with one label a line, in the order of the scores. */
  readonly labels: string;
  /** Of R, G and B in 0–1. Default: ImageNet's. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** The step between a clip's frames. Default: 1. */
  readonly speed?: number;
}

export interface SourceOptions extends Partial<ModelDetails> {
  /** Which of a run's weights. Default: best. */
  readonly checkpoint?: 'best' | 'last';
  /** Where the bundle is to lie. Default: `bundles/<name>`. */
  readonly out?: string;
  /** What results call it. Default: a run's preset, or the name of `out`. */
  readonly name?: string;
}

/**
 * Whatever `path` holds: a run folder of `actionnx train`, or a tfjs `model.json` (or the folder it lies in). The caller
 * disposes the model.
 *
 * @throws UserError (exit 2) for options that have no effect on it
 */
export async function openSource(
  path: string,
  options: SourceOptions,
  listener: Listener,
): Promise<ExportSource> {
  const modelJson = await findModelJson(path);
  if (modelJson === undefined) {
    const { checkpoint = 'best', labels, mean, std, speed } = options;
    requireNone('tfjs models', { labels, mean, std, speed }, `${path}, a folder of a run`);
    const loaded = await loadRun(path, checkpoint);
    return orDispose(loaded.model, () => fromRun(path, loaded, { ...options, checkpoint }));
  }
  const { labels, checkpoint } = options;
  requireNone('runs', { checkpoint }, `${modelJson}, a tfjs model`);
  if (!labels) {
    throw usageError('a bundle of a tfjs model needs --labels: a file with one label a line', {
      received: modelJson,
      remedy: `a plain .onnx file needs none: actionnx convert ${modelJson}`,
    });
  }
  const normalization = readNormalization(options);
  const model = await readExportable(modelJson, listener);
  return orDispose(model, () => fromModelFile(modelJson, model, { ...options, labels, normalization }));
}

/** @throws UserError (exit 2) for an option of other sources */
function requireNone(what: string, options: Readonly<Record<string, unknown>>, received: string): void {
  const given = Object.keys(options).find((option) => options[option] !== undefined);
  if (given === undefined) return;
  throw usageError(`--${given} is for ${what}`, { received, remedy: 'leave it out' });
}

/** What is made of a model; or no trace of it, where that fails. */
export async function orDispose<T>(model: { dispose(): unknown }, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function fromRun(
  folder: string,
  loaded: LoadedRun,
  { checkpoint: which, name }: SourceOptions & Required<Pick<SourceOptions, 'checkpoint'>>,
) {
  const { run, checkpoint, model } = loaded;
  const system = systems.get(run.system);
  const inputs = graphNames(inputsOf(system, run.config));
  const { system: id, preset, config, recipe, seed, versions, backend, dataset, pretrained } = run;
  const epochs = await readMetrics(folder);
  return {
    model: exportableLayers(model),
    name: name ?? preset,
    labels: run.labels,
    task: run.labels.task,
    inputs,
    scores: checkpoint.validation
      ? [
          {
            dataset: dataset.name,
            ...dataset.validation,
            metrics: metricsOf(checkpoint.validation, run.labels.task),
          },
        ]
      : [],
    provenance: {
      ...(pretrained && { pretrained }),
      ...{ system: id, preset, config, recipe, seed, checkpoint: which, epoch: checkpoint.epoch },
      ...{ dataset: dataset.name, train: dataset.train, validation: dataset.validation, backend, versions },
      // The learning curve, for reports: see eval/training-history.ts.
      history: epochs.map(({ epoch, loss, validation }) => ({ epoch, loss, f1: validation.f1 })),
    },
    card: {
      title: `${system.title} (${preset})`,
      summary:
        `${system.title} for ${run.labels.task} action recognition: ${run.labels.names.length} labels for ` +
        `${inputTitles(inputs).join('; and ')}. Trained in TensorFlow.js, exported to ONNX by Actionnx.`,
      training: trainingFacts(loaded),
    },
  } satisfies ExportSource;
}

/** A graph of frames alone takes them as `frames`, whatever the model calls them. */
export function graphNames(inputs: readonly NamedInput[]): NamedInput[] {
  const isFramesAlone =
    inputs.length === 1 && new InputPlan(inputs).inputs.get(inputs[0].name)?.normalization;
  return isFramesAlone ? [{ ...inputs[0], name: framesName }] : [...inputs];
}

/** The one input of a model of frames. */
export function framesOf(frames: {
  readonly kind: 'frame' | 'clip';
  readonly height: number;
  readonly width: number;
  readonly frames: number;
  readonly speed?: number;
  readonly mean: Normalization['mean'];
  readonly std: Normalization['std'];
}): NamedInput {
  const { kind, height, width, speed } = frames;
  const [mean, std] = [frames.mean, frames.std].map(([r, g, b]): [number, number, number] => [r, g, b]);
  const options = { height, width, mean, std };
  const value = kind === 'clip' ? clip({ ...options, frames: frames.frames, speed }) : frame(options);
  return { name: framesName, ...value };
}

/** What inputs are, for people. */
function inputTitles(inputs: readonly NamedInput[]): string[] {
  return [...new InputPlan(inputs).inputs.values()].map(({ title }) => title);
}

/** Of a validation, under their full names. Where a sample has one label and one is predicted, F1 is the accuracy. */
function metricsOf({ precision, recall, f1 }: ValidationScores, task: Task['kind']): Record<string, number> {
  if (task === 'single-label') return { [mainMetric[task]]: f1 };
  return { 'precision/samples': precision, 'recall/samples': recall, 'f1/samples': f1 };
}

function trainingFacts({ run, checkpoint }: LoadedRun): string[] {
  const { recipe, dataset, seed, backend, pretrained } = run;
  const epochs = recipe.reduce((sum, stage) => sum + stage.epochs, 0);
  return [
    `data: ${dataset.name}, ${dataset.train.samples} samples of its ${dataset.train.split} split`,
    `epoch ${checkpoint.epoch} of ${epochs}, seed ${seed}`,
    pretrained ? `started from the weights in ${pretrained.file}` : 'started from random weights',
    ...recipe.map((stage) => `${recipe.length === 1 ? '' : `${stage.name}: `}${stageFacts(stage)}`),
    `backend: ${backend.name} (${backend.detail})`,
  ];
}

/** A stage in one line. */
function stageFacts(stage: Stage): string {
  const { epochs, batch, rate, loss, optimizer, schedule, augment, inputs, from, train, average, clip } =
    stage;
  const overrides = Object.entries(inputs).map(([key, value]) => `${key} ${value}`);
  const isWhole = train.length === 1 && train[0].weights === '*';
  return [
    `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} in batches of ${batch}${overrides.length > 0 ? `, with ${overrides.join(', ')}` : ''}`,
    `${valueText(loss)} loss`,
    `${valueText(optimizer)} at a rate of ${rate}, ${valueText(schedule)}`,
    ...from.map(({ prefix, run, file }) => `${prefix}* from ${basename(run ?? file ?? '')}`),
    ...(isWhole ? [] : [`trained: ${train.map(({ weights }) => weights).join(', ')}`]),
    ...(clip === null ? [] : [`gradients clipped at ${clip}`]),
    ...(average === null ? [] : [`averaged: ${valueText(average)}`]),
    `augmentation: ${augment.join(', ') || 'none'}`,
  ].join('; ');
}

/** `sgd (momentum 0.9, weightDecay 0)` */
function valueText({ kind, options }: Stage['loss']): string {
  const texts = Object.entries(options).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return texts.length === 0 ? kind : `${kind} (${texts.join(', ')})`;
}

async function fromModelFile(
  path: string,
  model: ExportableModel,
  options: SourceOptions & { labels: string; normalization: ReturnType<typeof readNormalization> },
): Promise<ExportSource> {
  const shape = model.inputs[0].shape;
  const [frames, height, width, depth] = shape.length === 5 ? shape.slice(1) : [1, ...shape.slice(1)];
  if (
    model.inputs.length !== 1 ||
    ![4, 5].includes(shape.length) ||
    !frames ||
    !height ||
    !width ||
    depth !== 3
  ) {
    throw new UserError('a model must take one input [N, H, W, 3] or [N, T, H, W, 3] of known extents', {
      received: model.inputs.map((input) => `[${input.shape.map((extent) => extent ?? 'any')}]`).join(', '),
      remedy: '`actionnx convert` makes a plain .onnx file of it',
    });
  }
  const kind = shape.length === 5 ? 'clip' : 'frame';
  requireSpeed(options.speed, kind);
  const labels = await labelsFor(options.labels, model.outputs);
  const name = bundleName(options, path);
  return {
    model,
    name,
    labels,
    task: 'multi-label',
    inputs: [framesOf({ kind, height, width, frames, speed: options.speed, ...options.normalization })],
    scores: [],
    provenance: { tfjsModel: basename(path) },
    card: {
      title: name,
      summary: `A TensorFlow.js model with ${labels.names.length} labels, exported to ONNX by Actionnx.`,
      training: [],
    },
  };
}

/** What a bundle of a model.json is called: as its own folder, or as the model's where none was named. */
export function bundleName({ name, out }: Pick<SourceOptions, 'name' | 'out'>, modelJson: string): string {
  return name ?? basename(resolve(out ?? dirname(modelJson)));
}

/** @throws UserError (exit 2) for a speed where there is one frame, or one that is no step */
export function requireSpeed(speed: number | undefined, kind: 'frame' | 'clip'): void {
  if (speed === undefined) return;
  if (kind === 'frame') {
    throw usageError("--speed is the step between a clip's frames", {
      received: 'a model of single frames',
      remedy: 'leave it out',
    });
  }
  if (Number.isInteger(speed) && speed > 0) return;
  throw usageError('--speed must be a positive whole number', { received: String(speed) });
}

/** What is said of the channels, or ImageNet's. @throws UserError (exit 2) */
export function readNormalization({ mean, std }: Pick<SourceOptions, 'mean' | 'std'>) {
  return {
    mean: channels('mean', mean) ?? imagenetNormalization.mean,
    std: channels('std', std) ?? imagenetNormalization.std,
  };
}

function channels(flag: string, values: readonly number[] | undefined): [number, number, number] | undefined {
  if (values === undefined) return undefined;
  const isDivisor = flag === 'std';
  const isRight = (value: number) => value >= 0 && value <= 1 && !(isDivisor && value === 0);
  if (values.length !== 3 || !values.every(isRight)) {
    throw usageError(
      `--${flag} must be three numbers in 0–1, for R, G and B${isDivisor ? ', none of them 0' : ''}`,
      {
        received: values.join(','),
        ...(values.some((value) => value > 1) && { remedy: 'divide those of pixels in 0–255 by 255' }),
      },
    );
  }
  const [red, green, blue] = values;
  return [red, green, blue];
}

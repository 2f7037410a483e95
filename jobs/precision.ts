import { exampleBasedScores } from '../eval/metrics/index.ts';
import { score } from '../eval/score.ts';
import { type BundleSource, unwrittenBundle } from '../exporters/bundle.ts';
import { goldenInputs } from '../exporters/golden.ts';
import { modelFile, type OnnxModel, storedIn } from '../exporters/onnx/onnx-model.ts';
import { openModel } from '../exporters/onnx/open-model.ts';
import type { Calibration } from '../exporters/onnx/quantize/calibrate.ts';
import { type Quantized, quantize } from '../exporters/onnx/quantize/quantize.ts';
import { clipsAsPlanes } from '../exporters/onnx/targets.ts';
import type { Precision, PrecisionCost } from '../src/bundle/manifest.ts';
import { UserError, usageError } from '../src/core/errors.ts';
import { largestDifference } from '../src/core/largest-difference.ts';
import { Rng } from '../src/core/rng.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { type Dataset, keyFrameOf, type Sample, truthIn } from '../src/datasets/dataset.ts';
import { framesAt, InputPlan } from '../src/inputs/plan.ts';
import { describeProcessor } from '../src/node/processor.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import type { InferenceSession } from '../src/runtime/session.ts';
import type { Listener } from './listener.ts';
import { race } from './race.ts';

/** A bundle's source whose graph is float32, and tfjs's outputs for frames. */
export type FloatSource = Omit<BundleSource, 'targets'>;

/** What numbers a graph is to hold and compute with, and what that may cost. */
export interface PrecisionOptions {
  /** Default: fp32. */
  readonly precision?: Precision;
  /** What a precision below fp32 is calibrated and measured on; int8 needs it. */
  readonly data?: Dataset;
  /** The split that int8 is calibrated on, and how many of its samples. Defaults: train, 64. */
  readonly calibrationSplit?: string;
  readonly calibrationSamples?: number;
  /** How int8 finds the range of a layer's values. Default: min-max. */
  readonly calibration?: Calibration;
  /** The split that the loss of F1 is measured on. Default: val. */
  readonly measureSplit?: string;
  /** The largest loss of F1 that is accepted, 0–1. Default: 0.005. */
  readonly maxF1Loss?: number;
  /** Folder of the predictions cache. Default: runs/cache. */
  readonly cache?: string;
}

export const precisionDefaults = {
  precision: 'fp32',
  calibrationSplit: 'train',
  calibrationSamples: 64,
  calibration: 'min-max',
  measureSplit: 'val',
  maxF1Loss: 0.005,
  cache: 'runs/cache',
} as const satisfies PrecisionOptions;

/** With what is used where nothing is said. */
type Filled = Required<Omit<PrecisionOptions, 'data'>> & Pick<PrecisionOptions, 'data'>;

function filled(options: PrecisionOptions): Filled {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...precisionDefaults, ...Object.fromEntries(given) };
}

/** Outputs of kernels of integers may round to the neighbouring step in another runtime. */
const integerTolerance = 0.02;

/** What the weights' rounding alone may do to an output on the golden inputs. int8 answers for its F1. */
export const largestDifferences = { fp16: 0.01, 'int8-weights': 0.1 } as const;

/**
 * The source in the precision asked for, with its measured cost: what it is further off, smaller, faster and worse.
 *
 * @throws UserError where that cost is too high; exit 2 as `requireCost`
 */
export async function inPrecision(
  source: FloatSource,
  options: PrecisionOptions,
  listener: Listener,
): Promise<FloatSource> {
  const args = filled(options);
  const { precision, data } = args;
  requireCost({ ...options, calibrate: data });
  if (precision === 'fp32') return source;
  const samples = data && precision === 'int8' ? await calibrationSamples(data, args) : [];
  const made = data && precision === 'int8' ? await calibrated(source, data, samples, args, listener) : null;
  const onnx = made
    ? modelFile(made.model, { parameters: source.onnx.parameters })
    : storedIn(source.onnx, precision as 'fp16' | 'int8-weights');
  const lossy: FloatSource = { ...source, onnx, precision };
  const feeds = goldenInputs(source.inputs);
  const expected = await source.reference(feeds);
  const [actual, speedRatio] = await compareSpeed([source.onnx, onnx], feeds);
  const golden = differences(actual.probabilities.data, expected.probabilities.data);
  requireNear(precision, golden.maxDifference);
  const measured = data && (await measure(source, lossy, data, samples, args, listener));
  const cost: PrecisionCost = {
    ...(measured?.differences ?? golden),
    bytesRatio: source.onnx.byteLength / onnx.byteLength,
    speedRatio,
    processor: await describeProcessor(),
    f1: measured?.f1 ?? null,
    calibration:
      made && data
        ? {
            ...{ dataset: data.name, split: args.calibrationSplit, samples: samples.length },
            ...{ method: args.calibration, layers: made.layers, inFloat: [...made.inFloat] },
          }
        : null,
  };
  return {
    ...lossy,
    cost,
    ...(precision === 'int8' && { tolerance: integerTolerance }),
    reference: async () => actual,
  };
}

function differences(actual: Tensor['data'], expected: Tensor['data']) {
  let sum = 0;
  expected.forEach((value, i) => {
    sum += Math.abs(actual[i] - value);
  });
  return { meanDifference: sum / expected.length, maxDifference: largestDifference(actual, expected) };
}

/**
 * To be asked before any work.
 *
 * @param options `calibrate` is the data set, or its name
 * @throws UserError (exit 2) for options of what a precision costs that do not go together
 */
export function requireCost({
  calibrate,
  ...options
}: PrecisionOptions & { readonly calibrate?: unknown }): void {
  const args = filled(options);
  const { precision, calibrationSamples: count, maxF1Loss } = args;
  if (precision === 'int8' && calibrate === undefined) {
    throw usageError('--precision int8 needs --calibrate: a data set to be calibrated and measured on');
  }
  if (precision === 'int8' && args.calibrationSplit === args.measureSplit) {
    throw usageError('the loss of F1 must be measured on another split than that of the calibration', {
      received: `--calibration-split ${args.calibrationSplit} --measure-split ${args.measureSplit}`,
    });
  }
  if (!(Number.isInteger(count) && count > 0)) {
    throw usageError('--calibration-samples must be a positive whole number', { received: String(count) });
  }
  if (!(maxF1Loss >= 0 && maxF1Loss <= 1)) {
    throw usageError('--max-f1-loss must lie in 0–1', { received: String(maxF1Loss) });
  }
}

function requireNear(precision: Precision, maxDifference: number): void {
  const limit = precision === 'fp16' || precision === 'int8-weights' ? largestDifferences[precision] : 1;
  if (maxDifference <= limit) return;
  throw new UserError(`outputs in ${precision} must be within ${limit} of tfjs's`, {
    received: `a difference of ${maxDifference.toPrecision(2)}`,
    remedy: 'no bundle was written; take --precision fp32',
  });
}

/** Some samples of the calibration split, drawn with a fixed seed. */
async function calibrationSamples(data: Dataset, args: Filled): Promise<Sample[]> {
  const pool = await data.samples(args.calibrationSplit);
  const rng = new Rng('calibration');
  const drawn = Array.from({ length: Math.min(args.calibrationSamples, pool.length) }, () =>
    pool.splice(rng.integer(pool.length), 1),
  ).flat();
  if (drawn.length > 0) return drawn;
  throw usageError(`the split ${args.calibrationSplit} of ${data.name} must have samples`);
}

async function calibrated(
  source: FloatSource,
  data: Dataset,
  samples: readonly Sample[],
  { calibration }: Filled,
  { onNotice }: Listener,
): Promise<Quantized> {
  const plan = new InputPlan(source.inputs);
  const inputs: Record<string, Tensor>[] = [];
  for (const sample of samples) {
    const { video, frameCount } = sample;
    const numbers = plan.needs({ key: keyFrameOf(sample), frameCount });
    const images = await framesAt(numbers, (present) => data.frames(video, present));
    inputs.push(await plan.pack([images]));
  }
  const { model } = source.onnx;
  const graph = clipsAsPlanes.reduce((current, pass) => pass.apply(current), model.graph);
  return quantize(
    { ...model, graph },
    {
      ...{ runtime: nodeRuntime, inputs, calibration },
      onStage: (stage) => onNotice?.(`int8 of ${source.name}: ${stage}`),
    },
  );
}

/** The second graph's outputs, and how much faster it is on onnxruntime-node's CPU. */
async function compareSpeed(
  graphs: readonly OnnxModel[],
  feeds: Readonly<Record<string, Tensor>>,
): Promise<[outputs: Record<string, Tensor>, ratio: number]> {
  const runners: { session: InferenceSession; feeds: typeof feeds }[] = [];
  try {
    for (const onnx of graphs) {
      runners.push({ session: await openModel(onnx, nodeRuntime, { provider: 'cpu', threads: 1 }), feeds });
    }
    const [before, after] = await race(runners);
    return [after.outputs, before.milliseconds / after.milliseconds];
  } finally {
    for (const { session } of runners) await session.release();
  }
}

/** Both on the split to be measured on: F1, and how far their probabilities are apart. @throws UserError when more is lost than is allowed */
async function measure(
  float32: FloatSource,
  lossy: FloatSource,
  data: Dataset,
  calibratedOn: readonly Sample[],
  { measureSplit: split, cache, maxF1Loss }: Filled,
  { onNotice, onProgress }: Listener,
): Promise<{ f1: PrecisionCost['f1']; differences: ReturnType<typeof differences> }> {
  const used = new Set(calibratedOn.map(({ id }) => id));
  const shared = (await data.samples(split)).filter(({ id }) => used.has(id));
  if (shared.length > 0) {
    throw usageError('the splits for calibration and for measurement must have no sample in common', {
      received: `${shared.length} common ones, such as ${shared[0].id}`,
    });
  }
  const scoresOf = async (source: FloatSource) => {
    const bundle = await unwrittenBundle(source);
    const { manifest } = bundle;
    const work = `${manifest.graph.precision} on ${split}`;
    const scored = await score({
      ...{ bundle, dataset: data, split, cacheFolder: cache, runtime: nodeRuntime },
      provider: 'cpu',
      onProgress: (done, total) => onProgress?.(work, done, total),
      onNotice: (message) => onNotice?.(`${source.name}: ${message}`),
    });
    return {
      samples: scored.samples.length,
      probabilities: scored.probabilities,
      ...exampleBasedScores({
        samples: scored.samples.length,
        labels: manifest.labels.names.length,
        probabilities: scored.probabilities,
        truth: await truthIn(data, scored.samples, scored.space.name),
        task: manifest.task,
      }),
    };
  };
  const before = await scoresOf(float32);
  const after = await scoresOf(lossy);
  if (before.f1 - after.f1 > maxF1Loss) {
    throw new UserError(`${lossy.precision} may lose ${points(maxF1Loss)} points of F1`, {
      received: `${points(before.f1 - after.f1)} on ${split}: ${percent(before.f1)} became ${percent(after.f1)}`,
      remedy: 'no bundle was written; try another --calibration or more --calibration-samples',
    });
  }
  return {
    f1: { dataset: data.name, split, samples: after.samples, float32: before.f1, here: after.f1 },
    differences: differences(after.probabilities, before.probabilities),
  };
}

const percent = (rate: number) => (100 * rate).toFixed(1);

/** Of F1, in percent: as many digits as tell small losses apart. */
function points(loss: number): string {
  return String(Number((100 * loss).toPrecision(2)));
}

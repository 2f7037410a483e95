import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { voteAverage, voteAverageWeights } from '../eval/ensemble.ts';
import { type KeyFrameProbabilities, type MediaInfo, predictFile } from '../eval/predict.ts';
import { validationWeights } from '../eval/validation-weights.ts';
import { type NamedBundle, readBundles } from '../jobs/bundles.ts';
import { recordedScore } from '../src/bundle/recorded-score.ts';
import { UserError, usageError } from '../src/core/errors.ts';
import { ensembleTask, predictedLabels, statedThreshold, type Task } from '../src/core/task.ts';
import { InputPlan } from '../src/inputs/plan.ts';
import { Classifier } from '../src/runtime/classifier.ts';
import { nodeProviders, nodeRuntime } from '../src/runtime/node.ts';
import { type Progress, progressBar } from './progress.ts';
import { table } from './table.ts';

interface Arguments {
  files: string[];
  rate: number;
  threshold?: number;
  weights?: string;
  provider: (typeof nodeProviders)[number];
  threads?: number;
  json: boolean;
}

/** Who predicts: a system, or the ensemble of all. */
interface Predictor {
  readonly name: string;
  readonly labels: readonly string[];
  readonly task: Task;
  probabilities(prediction: KeyFrameProbabilities): Float32Array;
}

/** `actionnx predict`: labels for one's own images and videos. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'predict <files..>',
  describe: 'labels for your own images and videos',
  builder: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'bundle folders, then image or video files',
      })
      .option('rate', { type: 'number', default: 1, describe: 'key frames a second of video' })
      .option('threshold', { type: 'number', describe: "least probability; default: the bundle's own" })
      .option('weights', {
        type: 'string',
        describe: 'ensemble weights, one a bundle: 0.5,0.3,0.2; default: the F1 recorded at export',
      })
      .option('provider', { choices: nodeProviders, default: 'auto' as const, describe: 'where graphs run' })
      .option('threads', { type: 'number', describe: 'threads a graph; default: all cores' })
      .option('json', { type: 'boolean', default: false, describe: 'print every probability as JSON' })
      .example('actionnx predict bundles/* match.mp4 --rate 2', 'two key frames a second, and the ensemble'),
  handler: async (args) => {
    if (args.threshold !== undefined && !(args.threshold > 0 && args.threshold < 1)) {
      throw usageError('--threshold must lie between 0 and 1', { received: String(args.threshold) });
    }
    if (!(args.rate > 0)) throw usageError('--rate must be above 0', { received: String(args.rate) });
    const { folders, files } = await sortArguments(args.files);
    const bundles = await readBundles(folders);
    requireThresholds(bundles, args.threshold);
    const weights = ensembleWeights(bundles, args.weights);
    const classifiers: Classifier[] = [];
    try {
      for (const bundle of bundles) {
        const onNotice = (message: string) => process.stderr.write(`${bundle.manifest.name}: ${message}\n`);
        classifiers.push(await Classifier.open(bundle, nodeRuntime, { ...args, onNotice }));
      }
      const predictors = predictorsOf(bundles, weights, args.threshold);
      const results: object[] = [];
      const failures: UserError[] = [];
      for (const file of files) {
        const { info, predictions, failure } = await predictAll(classifiers, file, args.rate);
        if (failure) failures.push(failure);
        if (args.json) results.push(asJson(file, info, predictions, predictors, failure));
        else if (info) console.log(asTable(file, info, predictions, predictors, bundles));
      }
      if (args.json) {
        const systems = classifiers.map(({ manifest: { name, labels }, provider }, i) => ({
          name,
          bundle: bundles[i].folder,
          provider,
          threshold: statedThreshold(predictors[i].task),
          labels: labels.names,
        }));
        const ensemble = weights && { rule: 'vote-average', weights };
        console.log(JSON.stringify({ systems, ensemble, files: results }, null, 2));
      }
      reportFailures(failures, files.length);
    } finally {
      await Promise.all(classifiers.map((classifier) => classifier.release()));
    }
  },
};

/** Folders with a `bundle.json` are bundles, the rest are files to predict. */
async function sortArguments(paths: readonly string[]): Promise<{ folders: string[]; files: string[] }> {
  const isBundle = await Promise.all(
    paths.map((path) =>
      stat(join(path, 'bundle.json')).then(
        (found) => found.isFile(),
        () => false,
      ),
    ),
  );
  const folders = paths.filter((_, i) => isBundle[i]);
  const files = paths.filter((_, i) => !isBundle[i]);
  for (const path of files) {
    const found = await stat(path).catch(() => null);
    if (!found) throw new UserError('there is no such file or bundle', { received: path });
    if (found.isDirectory()) {
      throw new UserError('a folder must be a bundle', { received: `${path}, which has no bundle.json` });
    }
  }
  if (folders.length === 0 || files.length === 0) {
    throw usageError('predict needs at least one bundle folder and one image or video file', {
      received: `${folders.length} bundles and ${files.length} files`,
    });
  }
  return { folders, files };
}

/** @throws UserError (exit 2) for a threshold where the most probable label is predicted */
function requireThresholds(bundles: readonly NamedBundle[], threshold: number | undefined): void {
  const single = bundles.find(({ manifest }) => manifest.task.kind === 'single-label');
  if (threshold === undefined || !single) return;
  throw usageError('--threshold is for labels of which several may hold', {
    received: `${single.folder}, which predicts the most probable one`,
    remedy: 'leave it out',
  });
}

/** Null for a single bundle, and, with a word on stderr, for bundles that cannot be combined. */
function ensembleWeights(
  bundles: readonly NamedBundle[],
  given: string | undefined,
): readonly number[] | null {
  if (given !== undefined) {
    const weights = given.split(',').map(Number);
    if (weights.length !== bundles.length || !weights.every((weight) => weight >= 0)) {
      throw usageError(`--weights must be ${bundles.length} numbers, one a bundle, with commas between`, {
        received: given,
      });
    }
    return voteAverageWeights(weights);
  }
  if (bundles.length === 1) return null;
  const systems = bundles.map(({ manifest, folder }) => {
    return { name: folder, labels: manifest.labels.hash, f1: recordedScore(manifest)?.value ?? null };
  });
  const { weights, fault } = validationWeights(systems, 'give --weights');
  if (fault) process.stderr.write(`no ensemble: ${fault.message}\n`);
  return weights;
}

function predictorsOf(
  bundles: readonly NamedBundle[],
  weights: readonly number[] | null,
  threshold: number | undefined,
): Predictor[] {
  const taskOf = (task: Task): Task => (threshold === undefined ? task : { kind: 'multi-label', threshold });
  const systems = bundles.map(
    ({ manifest }, k): Predictor => ({
      name: manifest.name,
      labels: manifest.labels.names,
      task: taskOf(manifest.task),
      probabilities: ({ probabilities }) => probabilities[k],
    }),
  );
  if (!weights) return systems;
  const ensemble: Predictor = {
    name: 'ensemble',
    labels: bundles[0].manifest.labels.names,
    task: taskOf(ensembleTask(bundles[0].manifest.task.kind)),
    probabilities: ({ probabilities }) => voteAverage(probabilities, weights),
  };
  return [...systems, ensemble];
}

/** What was predicted of a file: all of it, or what came before the failure. */
interface Outcome {
  /** Null where the file could not be opened. */
  readonly info: MediaInfo | null;
  readonly predictions: readonly KeyFrameProbabilities[];
  readonly failure: UserError | null;
}

/** @throws whatever is not the file's fault */
async function predictAll(classifiers: readonly Classifier[], file: string, rate: number): Promise<Outcome> {
  const done: KeyFrameProbabilities[] = [];
  let info: MediaInfo | null = null;
  let bar: Progress | undefined;
  try {
    const media = await predictFile(classifiers, file, { rate });
    info = media.info;
    if (info.keyFrames.length > 1) bar = progressBar(file, info.keyFrames.length);
    for await (const prediction of media.predictions) {
      done.push(prediction);
      bar?.update(done.length);
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { info, predictions: done, failure: error };
  } finally {
    bar?.stop();
  }
  return { info, predictions: done, failure: null };
}

/** @throws UserError when there is a failure: itself where it is the only one, after a line on each where not */
function reportFailures(failures: readonly UserError[], fileCount: number): void {
  if (failures.length === 1) throw failures[0];
  for (const { message } of failures) process.stderr.write(`${message}\n`);
  if (failures.length > 0) {
    throw new UserError('every file must be an image or a video that can be decoded', {
      received: `${failures.length} of ${fileCount} that cannot, named above`,
    });
  }
}

/** The labels that are predicted, most probable first. */
function labelsOf({ labels, task }: Predictor, probabilities: Float32Array) {
  const predicted = predictedLabels(task, probabilities, labels.length);
  return labels
    .map((label, i) => ({ label, probability: probabilities[i] }))
    .filter((_, i) => predicted[i])
    .sort((a, b) => b.probability - a.probability);
}

function asJson(
  file: string,
  info: MediaInfo | null,
  predictions: readonly KeyFrameProbabilities[],
  predictors: readonly Predictor[],
  failure: UserError | null,
): object {
  const error = failure && { error: failure.message };
  if (!info) return { file, ...error, keyFrames: [] };
  const { keyFrames: _, ...media } = info;
  return {
    file,
    ...error,
    ...media,
    keyFrames: predictions.map((prediction) => ({
      frame: prediction.frame,
      time: prediction.time,
      predictions: predictors.map((predictor) => {
        const probabilities = predictor.probabilities(prediction);
        return {
          system: predictor.name,
          labels: labelsOf(predictor, probabilities),
          probabilities: [...probabilities],
        };
      }),
    })),
  };
}

function asTable(
  file: string,
  info: MediaInfo,
  predictions: readonly KeyFrameProbabilities[],
  predictors: readonly Predictor[],
  bundles: readonly NamedBundle[],
): string {
  const size = `${info.width} × ${info.height}`;
  const count = predictions.length;
  const title =
    info.duration === null
      ? `${file}  ${size}`
      : `${file}  ${size}, ${info.duration.toFixed(1)} s, ${count} key frame${count === 1 ? '' : 's'}`;
  const clips = bundles.filter(({ manifest }) => new InputPlan(manifest.inputs).sizes.length > 1);
  const note =
    info.kind === 'image' && clips.length > 0
      ? `\na still image: ${clips.map(({ manifest }) => manifest.name).join(', ')} saw it repeated, without motion`
      : '';
  const rows = predictions.flatMap((prediction) =>
    predictors.map((predictor, i) => {
      const labels = labelsOf(predictor, predictor.probabilities(prediction)).map(
        ({ label, probability }) => `${label} ${probability.toFixed(2)}`,
      );
      const when = i === 0 && info.kind === 'video' ? `${prediction.time.toFixed(2)} s` : '';
      return [when, predictor.name, labels.join(', ') || 'nothing'];
    }),
  );
  const drawn =
    info.kind === 'video'
      ? table(['Time', 'System', 'Labels'], rows)
      : table(
          ['System', 'Labels'],
          rows.map(([, ...rest]) => rest),
        );
  return `${title}${note}\n${drawn}\n`;
}

import { basename, resolve } from 'node:path';
import type { BundleSource } from '../exporters/bundle.ts';
import { goldenInputs } from '../exporters/golden.ts';
import {
  type ClassifierPorts,
  classifierPorts,
  type PortOptions,
} from '../exporters/onnx/classifier-ports.ts';
import { framesName } from '../exporters/onnx/frames.ts';
import { modelFile, type OnnxModel } from '../exporters/onnx/onnx-model.ts';
import { openModel } from '../exporters/onnx/open-model.ts';
import { type Activation, wrapClassifier } from '../exporters/onnx/wrap.ts';
import { reasonOf, UserError, usageError } from '../src/core/errors.ts';
import type { Normalization } from '../src/core/normalization.ts';
import type { Task } from '../src/core/task.ts';
import { type Tensor, tensor } from '../src/core/tensor.ts';
import { readLabelFile } from '../src/node/label-file.ts';
import { readModelFile } from '../src/node/model-file.ts';
import { packageVersion } from '../src/node/package-info.ts';
import type { Model } from '../src/onnx/model.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import type { Listener } from './listener.ts';
import { normalizedFrames } from './normalized-frames.ts';
import { framesOf, type ModelDetails, readNormalization, requireSpeed } from './source.ts';
import {
  type BundleOptions,
  requireWritable,
  taskOf,
  type WrittenBundle,
  writeVerified,
} from './written-bundle.ts';

export interface WrapModelOptions extends ModelDetails, PortOptions, BundleOptions, Listener {
  /** False: the model takes values of 0–255 as they are, and neither `mean` nor `std` is given. Default: true. */
  readonly normalized?: boolean;
  /** What makes probabilities of its scores. Default: none, where they are probabilities already. */
  readonly activation?: Activation;
  /** Whether several labels may hold for a sample, or one does. Default: one where there is a softmax, else several. */
  readonly task?: Task['kind'];
}

/** (x / 255 − 0) / (1 / 255): x. */
const asTheyAre = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } satisfies Record<
  string,
  [number, number, number]
>;

/**
 * Makes a bundle of any ONNX classifier of images [N, 3, H, W] or [N, H, W, 3], or of clips [N, 3, T, H, W] or
 * [N, T, H, W, 3], once both runtimes give for uint8 frames what the classifier itself gives in onnxruntime-node for
 * the same frames, normalised.
 *
 * @param source the .onnx file; weights in files beside it are followed
 * @throws UserError when it is no such classifier, damaged, or a runtime disagrees; exit 2 where its graph leaves
 *   something open that has to be said. Nothing is written then
 * @example
 * await wrapModel('resnet50.onnx', { labels: 'imagenet.txt', activation: 'softmax', out: 'bundles/resnet50' });
 */
export async function wrapModel(source: string, options: WrapModelOptions): Promise<WrittenBundle> {
  await requireWritable(options, [source]);
  const normalization = normalizationOf(options);
  const model = await readModelFile(source);
  const labels = await readLabelFile(options.labels);
  const ports = classifierPorts(model, labels.names.length, options, source);
  if (ports.input.dtype === 'uint8' && options.normalized !== false) {
    throw usageError('a model of uint8 frames normalises them itself', {
      received: `${source}`,
      remedy: 'give --normalized none',
    });
  }
  const kind = ports.sample.length === 4 ? 'clip' : 'frame';
  requireSpeed(options.speed, kind);
  const [frames, height, width] = kind === 'clip' ? ports.sample : [1, ...ports.sample];
  const inputs = [framesOf({ kind, height, width, frames, speed: options.speed, ...normalization })];
  const golden = goldenInputs(inputs);
  const pictures = golden[framesName];
  const scores = await scoresOf(model, ports, normalization, pictures, labels.names.length);
  const activation = activationOf(scores, options.activation, source);
  const onnx = wrapClassifier(model, ports, { labels: labels.names.length, normalization, activation });
  if (ports.batch !== null) await requireOpenBatch(onnx, pictures, labels.names.length, source);
  const { out, threshold } = options;
  const name = options.name ?? basename(resolve(out ?? source.replace(/\.onnx$/, '')));
  const bundle: Omit<BundleSource, 'targets'> = {
    ...{ onnx, name, labels, inputs, golden, scores: [] },
    task: taskOf(options.task ?? (activation === 'softmax' ? 'single-label' : 'multi-label'), threshold),
    provenance: {
      wrapped: { model: basename(source), producer: model.producer, activation, output: ports.output.name },
      exporter: { actionnx: packageVersion },
    },
    card: {
      title: name,
      summary:
        `${basename(source)}, a classifier of ${labels.names.length} labels made elsewhere, with its preprocessing ` +
        `${activation === 'none' ? '' : `and a ${activation} `}in the graph. Wrapped by Actionnx.`,
      training: [],
    },
    reference: async () => ({ probabilities: activated(scores, activation) }),
  };
  return writeVerified(bundle, 'the model by itself', options, options);
}

function normalizationOf({ normalized = true, mean, std }: WrapModelOptions) {
  if (normalized) return readNormalization({ mean, std });
  if (mean === undefined && std === undefined) return asTheyAre;
  throw usageError('--normalized none stands without --mean and --std', { remedy: 'leave one of them out' });
}

/** What the model itself gives for frames, [N, labels]. */
async function scoresOf(
  model: Model,
  { input, output, layout, batch }: ClassifierPorts,
  normalization: Normalization,
  frames: Tensor,
  labels: number,
): Promise<Tensor> {
  const channels = layout === 'nchw' ? 'first' : 'last';
  const session = await openModel(modelFile(model), nodeRuntime, { provider: 'cpu' });
  try {
    const size = frames.data.length / frames.shape[0];
    const answers: Float32Array[] = [];
    for (let sample = 0; sample < frames.shape[0]; sample++) {
      const bytes = frames.data.slice(sample * size, (sample + 1) * size) as Uint8Array;
      // As many as the graph takes, where it says so.
      const copies = new Uint8Array(size * (batch ?? 1));
      for (let copy = 0; copy < copies.length; copy += size) copies.set(bytes, copy);
      const given = tensor(copies, [batch ?? 1, ...frames.shape.slice(1)]);
      const fed = normalizedFrames(given, input.dtype === 'uint8' ? null : normalization, channels);
      const { [output.name]: scores } = await session.run({ [input.name]: fed });
      const width = scores.data.length / (batch ?? 1);
      if (width !== labels || scores.dtype !== 'float32') {
        throw new UserError(`the model must give a score for each of the ${labels} labels`, {
          received: `"${output.name}" ${scores.dtype} [${scores.shape}]`,
        });
      }
      answers.push(scores.data.slice(0, labels) as Float32Array);
    }
    return tensor(Float32Array.from(answers.flatMap((answer) => [...answer])), [answers.length, labels]);
  } finally {
    await session.release();
  }
}

/** What makes probabilities of the scores. @throws UserError (exit 2) where what is said does not fit them */
function activationOf({ data }: Tensor, given: Activation | undefined, source: string): Activation {
  const outside = (data as Float32Array).find((value) => !(value >= 0 && value <= 1));
  if (outside !== undefined && (given === undefined || given === 'none')) {
    throw usageError('--activation must be softmax or sigmoid where scores are no probabilities', {
      received: `${outside.toPrecision(4)} from ${source}`,
      remedy: 'softmax for labels that exclude each other, sigmoid for others',
    });
  }
  if (outside === undefined && given !== undefined && given !== 'none') {
    throw usageError(`--activation ${given} is for scores that are no probabilities yet`, {
      received: `values in 0–1 from ${source}`,
      remedy: 'leave it out',
    });
  }
  return given ?? 'none';
}

function activated({ data, shape }: Tensor, activation: Activation): Tensor {
  const scores = data as Float32Array;
  if (activation === 'none') return tensor(scores, shape);
  if (activation === 'sigmoid')
    return tensor(
      scores.map((value) => 1 / (1 + Math.exp(-value))),
      shape,
    );
  const labels = shape[1];
  const result = new Float32Array(scores.length);
  for (let at = 0; at < scores.length; at += labels) {
    const row = scores.subarray(at, at + labels);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    row.forEach((value, i) => {
      result[at + i] = Math.exp(value - largest) / sum;
    });
  }
  return tensor(result, shape);
}

/** @throws UserError where a constant in the graph keeps it to the number of samples that it says */
async function requireOpenBatch(
  onnx: OnnxModel,
  frames: Tensor,
  labels: number,
  source: string,
): Promise<void> {
  const size = frames.data.length / frames.shape[0];
  const two = new Uint8Array(2 * size);
  for (const at of [0, size]) two.set(frames.data.subarray(0, size) as Uint8Array, at);
  const fixed = (received: string) =>
    new UserError(`${source} must take any number of samples`, {
      received,
      remedy:
        'export it again with a batch that is open (dynamic_shapes or dynamic_axes in torch.onnx.export)',
    });
  const session = await openModel(onnx, nodeRuntime, { provider: 'cpu' });
  try {
    const given = { frames: tensor(two, [2, ...frames.shape.slice(1)]) };
    const { probabilities } = await session.run(given).catch((cause) => {
      throw fixed(reasonOf(cause));
    });
    if (probabilities.shape.join() !== `2,${labels}`) throw fixed(`[${probabilities.shape}] for two`);
  } finally {
    await session.release();
  }
}

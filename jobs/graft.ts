import { basename } from 'node:path';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { BundleSource } from '../exporters/bundle.ts';
import { exportOnnx } from '../exporters/onnx/export.ts';
import { framesName } from '../exporters/onnx/frames.ts';
import { type Cut, cutBackbone, featureOrder, graft } from '../exporters/onnx/graft.ts';
import { modelFile } from '../exporters/onnx/onnx-model.ts';
import { openModel } from '../exporters/onnx/open-model.ts';
import { readLayersModel } from '../models/layers-model-file.ts';
import { tf } from '../models/tf.ts';
import { selectBackend } from '../models/train/backend.ts';
import { UserError, usageError } from '../src/core/errors.ts';
import type { Normalization } from '../src/core/normalization.ts';
import { type Tensor, tensor } from '../src/core/tensor.ts';
import { readModelFile } from '../src/node/model-file.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import { type ReferenceOptions, requireTolerance } from './export.ts';
import { findModelJson } from './exportable-model.ts';
import type { Listener } from './listener.ts';
import { labelsFor, outputNames, outputsOf } from './model-outputs.ts';
import { normalizedFrames } from './normalized-frames.ts';
import { inPrecision, type PrecisionOptions, requireCost } from './precision.ts';
import {
  bundleName,
  framesOf,
  type ModelDetails,
  orDispose,
  readNormalization,
  requireSpeed,
} from './source.ts';
import {
  type BundleOptions,
  requireWritable,
  taskOf,
  type WrittenBundle,
  writeVerified,
} from './written-bundle.ts';

export interface GraftBundleOptions
  extends ModelDetails,
    BundleOptions,
    PrecisionOptions,
    ReferenceOptions,
    Listener {
  /** The value of the backbone to cut at. */
  readonly at: string;
  /** A tfjs `model.json`, or the folder that it lies in, that takes the value. */
  readonly head: string;
}

/**
 * Writes a bundle of a backbone of any origin with a head of tfjs on it, once both runtimes give what the two give by
 * themselves.
 *
 * @param backbone an ONNX file that takes one image or clip as float32
 * @throws UserError when the two do not fit, or a runtime disagrees; nothing is written then
 * @example
 * await graftBundle('mobilenet.onnx', { at: 'pooled', head: 'head/model.json', labels: 'labels.txt' });
 */
export async function graftBundle(backbone: string, options: GraftBundleOptions): Promise<WrittenBundle> {
  const { head: headPath, backend = 'auto', tolerance } = options;
  requireTolerance(options);
  requireCost({ ...options, calibrate: options.data });
  await requireWritable(options, [backbone, headPath]);
  await selectBackend(backend);
  const { source, head } = await openGraft(backbone, options);
  try {
    const inAsked = await inPrecision(source, options, options);
    const tolerant = { ...inAsked, ...(tolerance !== undefined && { tolerance }) };
    return await writeVerified(tolerant, 'backbone and head by themselves', options, options);
  } finally {
    head.dispose();
  }
}

/** What a bundle is made of, and the model that its weights are read from. */
export interface Graft {
  readonly source: Omit<BundleSource, 'targets'>;
  readonly head: LayersModel;
}

/**
 * A backbone of any origin with a head of tfjs, as one bundle. Its golden outputs are those of the two by themselves:
 * the backbone's own file in onnxruntime-node up to the cut, then the head in tfjs. The caller disposes the head.
 *
 * @throws UserError when the two do not fit
 */
export async function openGraft(backbone: string, options: GraftBundleOptions): Promise<Graft> {
  const { at, head: headPath } = options;
  const normalization = readNormalization(options);
  const modelJson = await findModelJson(headPath);
  if (modelJson === undefined) throw usageError('--head is a tfjs model.json', { received: headPath });
  const cut = cutBackbone(await readModelFile(backbone), at, backbone);
  const head = await readLayersModel(modelJson);
  return orDispose(head, async () => {
    const source = await join(cut, head, backbone, modelJson, options, normalization);
    return { source, head };
  });
}

async function join(
  cut: Cut,
  head: LayersModel,
  path: string,
  modelJson: string,
  args: GraftBundleOptions,
  normalization: Normalization,
): Promise<Graft['source']> {
  const { at, labels: labelFile, name, out, threshold, speed } = args;
  if (head.inputs.length !== 1) {
    throw new UserError('a head must take one input: the features', {
      received: `${head.inputs.length} in ${modelJson}`,
    });
  }
  const labels = await labelsFor(labelFile, outputsOf(head));
  const outputs = outputNames(outputsOf(head), labels);
  const onnx = graft(cut, exportOnnx(head, { outputs, passes: [] }), {
    normalization,
    version: packageVersion,
  });
  const isClip = cut.frames.length === 4;
  const kind = isClip ? 'clip' : 'frame';
  requireSpeed(speed, kind);
  const [frames, height, width] = isClip ? cut.frames : [1, ...cut.frames];
  const title = bundleName({ name, out }, modelJson);
  return {
    ...{ onnx, name: title, labels, scores: [], task: taskOf('multi-label', threshold) },
    inputs: [framesOf({ kind, height, width, frames, speed, ...normalization })],
    provenance: {
      graft: { backbone: basename(path), at, head: basename(modelJson) },
      exporter: { actionnx: packageVersion },
    },
    card: {
      title,
      summary:
        `${basename(path)} up to ${at}, and a head trained in TensorFlow.js on its features: ` +
        `${labels.names.length} labels. Joined by Actionnx.`,
      training: [],
    },
    reference: reference(cut, head, outputs, normalization),
  };
}

function reference(
  cut: Cut,
  head: LayersModel,
  outputs: readonly string[],
  normalization: Normalization,
): BundleSource['reference'] {
  return async ({ [framesName]: frames }) => {
    const session = await openModel(modelFile(cut.model), nodeRuntime, { provider: 'cpu' });
    try {
      const input = normalizedFrames(frames, normalization, cut.channels);
      const { [cut.model.graph.outputs[0].name]: features } = await session.run({ [cut.input.name]: input });
      return await headAnswers(cut, head, outputs, features);
    } finally {
      await session.release();
    }
  };
}

async function headAnswers(
  cut: Cut,
  head: LayersModel,
  outputs: readonly string[],
  features: Tensor,
): Promise<Record<string, Tensor>> {
  const order = featureOrder(cut.features, head.inputs[0].shape.slice(1));
  const answers = tf.tidy(() => {
    const given = tf.tensor(features.data as Float32Array, [...features.shape]);
    const axes = [...cut.features.keys()].map((axis) => axis + 1);
    const moved = order === 'same' ? given : tf.transpose(given, [0, ...axes.slice(1), 1]);
    return [head.predict(moved) as TfTensor | TfTensor[]].flat();
  });
  try {
    const entries = answers.map(async (answer, i): Promise<[string, Tensor]> => {
      return [outputs[i], tensor((await answer.data()) as Float32Array, answer.shape)];
    });
    return Object.fromEntries(await Promise.all(entries));
  } finally {
    tf.dispose(answers);
  }
}

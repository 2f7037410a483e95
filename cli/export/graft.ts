import { basename } from 'node:path';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { BundleSource } from '../../exporters/bundle.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import type { Normalization } from '../../exporters/onnx/frames.ts';
import { type Cut, cutBackbone, featureOrder, graft } from '../../exporters/onnx/graft.ts';
import { modelFile } from '../../exporters/onnx/onnx-model.ts';
import { openModel } from '../../exporters/onnx/open-model.ts';
import { readLayersModel } from '../../models/layers-model-file.ts';
import { tf } from '../../models/tf.ts';
import { UserError, usageError } from '../../src/core/errors.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor.ts';
import { readModelFile } from '../../src/node/model-file.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { findModelJson } from './exportable-model.ts';
import { labelsFor, outputNames, outputsOf } from './model-outputs.ts';
import { bundleName, orDispose, requireSpeed } from './source.ts';

export interface GraftArguments {
  /** The backbone, an ONNX file. */
  readonly graft: string;
  readonly at?: string;
  readonly head?: string;
  readonly labels?: string;
  readonly name?: string;
  /** Where the bundle is to lie. */
  readonly out?: string;
  readonly threshold: number;
  readonly speed?: number;
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
 * @throws UserError when the two do not fit; exit 2 for missing flags
 */
export async function openGraft(args: GraftArguments, normalization: Normalization): Promise<Graft> {
  const { graft: path, at, head: headPath, labels: labelFile } = args;
  if (at === undefined || headPath === undefined || labelFile === undefined) {
    throw usageError('--graft needs --at, the value to cut at, --head, a tfjs model.json, and --labels', {
      received: Object.entries({ '--at': at, '--head': headPath, '--labels': labelFile })
        .filter(([, value]) => value === undefined)
        .map(([flag]) => `no ${flag}`)
        .join(', '),
    });
  }
  const modelJson = await findModelJson(headPath);
  if (modelJson === undefined) throw usageError('--head is a tfjs model.json', { received: headPath });
  const cut = cutBackbone(await readModelFile(path), at, path);
  const head = await readLayersModel(modelJson);
  return orDispose(head, async () => {
    const source = await join(cut, head, modelJson, { ...args, at, labels: labelFile }, normalization);
    return { source, head };
  });
}

async function join(
  cut: Cut,
  head: LayersModel,
  modelJson: string,
  args: GraftArguments & { readonly at: string; readonly labels: string },
  normalization: Normalization,
): Promise<Graft['source']> {
  const { graft: path, at, labels: labelFile, name, out, threshold, speed } = args;
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
    ...{ onnx, name: title, labels, threshold, validation: null },
    input: {
      ...{ kind, height, width, frames, speed: speed ?? 1 },
      ...{ mean: [...normalization.mean], std: [...normalization.std] },
    },
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
  return async (frames) => {
    const session = await openModel(modelFile(cut.model), nodeRuntime, { provider: 'cpu' });
    try {
      const input = normalized(frames, normalization, cut.channels);
      const { [cut.model.graph.outputs[0].name]: features } = await session.run({ [cut.input.name]: input });
      return await headAnswers(cut, head, outputs, features);
    } finally {
      await session.release();
    }
  };
}

/** uint8 frames as a backbone takes them. */
function normalized(
  { data, shape }: Tensor,
  { mean, std }: Normalization,
  channels: Cut['channels'],
): Tensor {
  const values = Float32Array.from(data, (value, i) => (value / 255 - mean[i % 3]) / std[i % 3]);
  if (channels === 'last') return tensor(values, shape);
  const [samples, ...frame] = shape;
  const pixels = sizeOf(frame) / 3;
  const planes = new Float32Array(values.length);
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < 3; channel++) {
      const at = (sample * 3 + channel) * pixels;
      for (let i = 0; i < pixels; i++) planes[at + i] = values[(sample * pixels + i) * 3 + channel];
    }
  }
  return tensor(planes, [samples, 3, ...frame.slice(0, -1)]);
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

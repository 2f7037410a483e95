import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { type ModelJsonFile, readModelJson } from '../src/node/model-json-file.ts';
import { tf } from './tf.ts';

/**
 * A model that `model.save` or the TensorFlow.js converter wrote as a LayersModel: `model.json` and the weight files
 * that it names. Custom layers must have been registered with tfjs before.
 *
 * @throws UserError naming the file that is missing, damaged, of another format, or outside the model's folder
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  return layersModelOf(await readModelJson(path));
}

/** The LayersModel of a file that has been read. @throws UserError when it holds none, or tfjs cannot load it */
export async function layersModelOf({ path, format, json, shards }: ModelJsonFile): Promise<LayersModel> {
  const { modelTopology, weightsManifest = [] } = json as Partial<io.ModelJSON>;
  const topology = Object(modelTopology);
  if (format === 'graph-model' || !('model_config' in topology || 'class_name' in topology)) {
    throw new UserError(`${path} must be a TensorFlow.js LayersModel`, {
      received: format === 'graph-model' ? 'a GraphModel' : 'JSON without a layers topology',
      remedy: 'save it with model.save, or convert it with --output_format tfjs_layers_model',
    });
  }
  try {
    return await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: topology,
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: joined(shards),
      }),
    );
  } catch (cause) {
    throw new UserError(`${path} cannot be loaded`, {
      received: reasonOf(cause),
      remedy: 'register custom layers first (export: --import), or save the model again',
      cause,
    });
  }
}

/**
 * Weight files as one buffer of their own. tfjs takes several too, but reads zeros from two of which the second is the
 * longer (CompositeArrayBuffer, 4.22).
 */
export function joined(files: readonly Uint8Array<ArrayBuffer>[]): ArrayBuffer {
  const whole = new Uint8Array(files.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const file of files) {
    whole.set(file, at);
    at += file.byteLength;
  }
  return whole.buffer;
}

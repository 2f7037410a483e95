import { readFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { tf } from './tf.ts';

/**
 * A model that `model.save` or the TensorFlow.js converter wrote as a LayersModel: `model.json` and the weight files
 * that it names, all in its own folder. Custom layers must have been registered with tfjs before.
 *
 * @throws UserError naming the file that is missing, damaged, of another format, or outside the folder
 */
export async function readLayersModel(path: string): Promise<LayersModel> {
  const json = parse(await read(path), path);
  if (
    json.format === 'graph-model' ||
    !('model_config' in Object(json.modelTopology) || 'class_name' in Object(json.modelTopology))
  ) {
    throw new UserError(`${path} must be a TensorFlow.js LayersModel`, {
      received: json.format === 'graph-model' ? 'a GraphModel' : 'JSON without a layers topology',
      remedy: 'save it with model.save, or convert it with --output_format tfjs_layers_model',
    });
  }
  const groups = json.weightsManifest ?? [];
  const files = groups.flatMap(({ paths }) => paths);
  const weightSpecs = groups.flatMap(({ weights }) => weights);
  const weightData = await Promise.all(files.map((file) => read(inside(dirname(path), file, path))));
  const { modelTopology } = json;
  try {
    return await tf.loadLayersModel(
      tf.io.fromMemory({ modelTopology, weightSpecs, weightData: weightData.map(exactBuffer) }),
    );
  } catch (cause) {
    throw new UserError(`${path} cannot be loaded`, {
      received: reasonOf(cause),
      remedy: 'register custom layers first, or save the model again',
      cause,
    });
  }
}

async function read(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause) => {
    throw new UserError(`${path} must be readable`, { received: reasonOf(cause), cause });
  });
}

function parse(bytes: Uint8Array, path: string): io.ModelJSON {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, {
      received: reasonOf(cause),
      remedy: 'name the model.json of a TensorFlow.js model',
      cause,
    });
  }
  return Object(json) as io.ModelJSON;
}

/** A weight file's path. @throws UserError when it leads out of the model's folder */
function inside(folder: string, file: string, source: string): string {
  const clean = normalize(String(file));
  if (clean.startsWith('..') || clean.startsWith(sep)) {
    throw new UserError(`${source} must name weight files in its own folder`, { received: String(file) });
  }
  return join(folder, clean);
}

/** The bytes as a buffer of their own: Node may hand out a view into a shared one. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

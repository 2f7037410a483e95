import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { quoted, reasonOf, UserError } from '../src/core/errors.ts';
import { requireFinite } from '../src/core/weights.ts';
import { type ModelJsonFile, readModelJson } from '../src/node/model-json-file.ts';
import { isKeras3, keras2Topology } from './keras3-topology.ts';
import { assignKeras3Weights } from './keras3-weights.ts';
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
    const unknown = unknownLayers(topology);
    if (unknown.length > 0) {
      throw new UserError(`${path} has layers of classes that tfjs does not know`, {
        received: unknown.join(', '),
        remedy:
          'register them first with tf.serialization.registerClass (on the command line, in a module given by --import)',
      });
    }
    if (isKeras3(topology)) return finite(await keras3Model(topology, weightsManifest, shards, path), path);
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: topology,
        weightSpecs: weightsManifest.flatMap(({ weights }) => weights),
        weightData: joined(shards),
      }),
    );
    return finite(model, path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path} cannot be loaded`, {
      received: reasonOf(cause),
      remedy: /memory|alloc/i.test(reasonOf(cause))
        ? 'if it is too large for this tfjs backend, choose another (export: --backend cpu)'
        : 'save the model again',
      cause,
    });
  }
}

function finite(model: LayersModel, path: string): LayersModel {
  return kept(model, () =>
    requireFinite(
      model.weights.map((weight) => ({
        name: weight.originalName,
        data: () => weight.read().dataSync() as Float32Array,
      })),
      path,
    ),
  );
}

/** The model, or no trace of it where what is done with it fails. */
function kept(model: LayersModel, work: () => void): LayersModel {
  try {
    work();
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A model that Keras 3 wrote, which tfjs 4.22 itself does not read. */
async function keras3Model(
  topology: unknown,
  manifest: io.WeightsManifestConfig,
  shards: ModelJsonFile['shards'],
  path: string,
): Promise<LayersModel> {
  const specs = manifest.flatMap(({ weights }) => weights);
  const twice = specs.find(({ name }, i) => specs.findIndex((other) => other.name === name) < i);
  if (twice) {
    throw new UserError(`every weight in ${path} must have a name of its own`, {
      received: `${quoted(twice.name)} twice`,
      remedy: 'give the layers names that differ, and convert the model again',
    });
  }
  const model = await tf.models.modelFromJSON(keras2Topology(topology) as never);
  return kept(model, () => {
    const weights = tf.io.decodeWeights(joined(shards), specs);
    try {
      assignKeras3Weights(model, weights, path);
    } finally {
      tf.dispose(weights);
    }
  });
}

/** Layers, at any depth of a topology, whose classes nobody registered: `LastStep ("last", in "reader" in "encoder")`. */
function unknownLayers(topology: unknown): string[] {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const found: string[] = [];
  const visit = (part: unknown, path: readonly string[]) => {
    const { class_name: className, config, model_config: model } = Object(part);
    if (model) return visit(model, path);
    const { name = '', layers, layer } = Object(config);
    if (typeof className === 'string' && !(className in classNameMap)) {
      const place = path.length > 0 ? `, in ${path.map(quoted).join(' in ')}` : '';
      found.push(`${className} (${quoted(String(name))}${place})`);
    }
    // Old Sequential models have a list for a configuration.
    const inside = [config, layers, layer && [layer]].flatMap((list) => (Array.isArray(list) ? list : []));
    for (const each of inside) visit(each, [String(name), ...path]);
  };
  visit(topology, []);
  return found;
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

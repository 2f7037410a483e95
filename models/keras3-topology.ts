/**
 * What Keras 3 writes as a model, in the words of Keras 2, which are those of tfjs. They differ in how objects are
 * written (`module`, `registered_name`), types (DTypePolicy), calls of layers (`args` and `kwargs` in place of lists), and
 * in the names of some options. All options that only matter for training are left out: the weights come from a file.
 */
import { quoted, UserError } from '../src/core/errors.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Whether Keras 3 wrote a model, whatever was renamed in it since. */
export function isKeras3(topology: unknown): boolean {
  const { keras_version: version } = Object(topology);
  if (typeof version === 'string' && /^[3-9]\./.test(version)) return true;
  return /"(batch_shape|__keras_tensor__|DTypePolicy|registered_name)"/.test(JSON.stringify(topology));
}

/** @throws UserError naming the layer that tfjs would compute differently */
export function keras2Topology(topology: unknown): JsonObject {
  const { model_config: model = topology } = Object(topology);
  return layerOf(model as JsonObject, '');
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a layer, a model or a cell, with what is inside it. */
function layerOf(written: JsonObject, place: string): JsonObject {
  const config = isObject(written.config) ? written.config : {};
  const own = String(written.name ?? config.name ?? '');
  const path = place === '' ? own : `${place}/${own}`;
  const described = { className: String(written.class_name), config, path };
  requireSame(described);
  const { layers, input_layers: inputs, output_layers: outputs } = config;
  const made: JsonObject = {
    class_name: className(described),
    config: {
      ...optionsOf(described),
      ...(Array.isArray(layers) && { layers: layers.map((layer) => layerOf(layer as JsonObject, path)) }),
      ...(inputs !== undefined && { input_layers: endsOf(inputs, layers) }),
      ...(outputs !== undefined && { output_layers: endsOf(outputs, layers) }),
    },
  };
  if (written.name !== undefined) made.name = written.name;
  const { inbound_nodes: nodes } = written;
  if (Array.isArray(nodes)) made.inbound_nodes = nodes as Json[];
  if (Array.isArray(layers)) callsOf(made.config as JsonObject, path);
  return made;
}

interface Described {
  readonly className: string;
  readonly config: JsonObject;
  readonly path: string;
}

function className({ className, config }: Described): string {
  return className === 'ReLU' && isSloped(config) ? 'LeakyReLU' : className;
}

const isSloped = ({ negative_slope: slope }: JsonObject) => typeof slope === 'number' && slope !== 0;

const renamed: Readonly<Record<string, string>> = { batch_shape: 'batch_input_shape' };
const ofTraining = /_(initializer|regularizer|constraint)$|^(build_config|synchronized|quantization_config)$/;

function optionsOf({ className, config, path }: Described): JsonObject {
  const options: JsonObject = {};
  for (const [key, value] of Object.entries(config)) {
    if (ofTraining.test(key)) continue;
    const name = key === 'negative_slope' ? 'alpha' : (renamed[key] ?? key);
    options[name] = key === 'dtype' ? dtypeOf(value) : optionOf(key, value, path);
  }
  // Every initialiser runs as a model is made, before its weights are there; zeros are the cheapest.
  for (const key of Object.keys(config)) if (key.endsWith('_initializer')) options[key] = zeros;
  // tfjs makes the backward layer of the forward one; Keras 3 writes both.
  if (className === 'Bidirectional') delete options.backward_layer;
  return options;
}

const zeros: Json = { class_name: 'Zeros', config: {} };

function dtypeOf(dtype: Json): Json {
  const name = isObject(dtype) ? (dtype.config as JsonObject)?.name : dtype;
  // Mixed precision keeps its weights in float32, in which all is computed here.
  return typeof name === 'string' && name.startsWith('mixed_') ? 'float32' : (name ?? 'float32');
}

function optionOf(key: string, value: Json, path: string): Json {
  if (Array.isArray(value)) return value.map((each) => optionOf(key, each, path));
  if (!isObject(value) || typeof value.class_name !== 'string') {
    return typeof value === 'string' && key.endsWith('activation') ? activationOf(value, path) : value;
  }
  if (value.class_name === 'DTypePolicy') return dtypeOf(value);
  if (key.endsWith('activation')) return activationOf(String(value.registered_name ?? value.config), path);
  return layerOf(value, path);
}

function activationOf(name: string, path: string): string {
  if (name === 'hard_sigmoid') throw different(path, "hard_sigmoid, which is steeper in tfjs than Keras 3's");
  return name === 'silu' ? 'swish' : name;
}

function different(path: string, received: string): UserError {
  return new UserError(`the layer ${quoted(path)} of Keras 3 must be one that tfjs computes alike`, {
    received,
    remedy: 'export the model as a SavedModel, and convert that to a GraphModel with tensorflowjs_converter',
  });
}

/** Options that tfjs passes over. */
function requireSame({ className, config, path }: Described): void {
  const is = (key: string) => config[key] !== undefined && config[key] !== null && config[key] !== false;
  const unknown = ['keepdims', 'rms_scaling', 'crop_to_aspect_ratio', 'pad_to_aspect_ratio'].find(is);
  if (unknown) throw different(path, `${className} with ${unknown}`);
  if (className === 'ReLU' && (config.threshold ?? 0) !== 0) throw different(path, 'ReLU with a threshold');
  if (className === 'ReLU' && isSloped(config) && is('max_value')) {
    throw different(path, 'ReLU with a slope and a greatest value');
  }
  if (Number(config.groups ?? 1) > 1) throw different(path, `${className} in ${config.groups} groups`);
}

/** A model's ends as lists of [layer, call, tensor]: Keras 3 writes a single one alone, and several by name or nested. */
function endsOf(ends: Json, layers: Json | undefined): Json[] {
  if (Array.isArray(ends) && typeof ends[0] === 'string') {
    const [name, call, tensor] = ends;
    return [[name, callIndex(String(name), Number(call), layers), tensor]];
  }
  const several = isObject(ends) ? Object.values(ends) : Array.isArray(ends) ? ends : [];
  return several.flatMap((end) => endsOf(end, layers));
}

/** In tfjs, as in Keras 2, the first call of a model is that of its making. */
function callIndex(name: string, call: number, layers: Json | undefined): number {
  const layer = Array.isArray(layers) ? layers.find((each) => isObject(each) && nameOf(each) === name) : null;
  const { layers: inside } = Object(Object(layer).config);
  return Array.isArray(inside) ? call + 1 : call;
}

const nameOf = (layer: JsonObject) => layer.name ?? Object(layer.config).name;

/** Writes the calls between a model's layers as lists: [[layer, call, tensor, options], …]. */
function callsOf(config: JsonObject, path: string): void {
  const layers = config.layers as JsonObject[];
  for (const layer of layers) {
    if (!Array.isArray(layer.inbound_nodes)) continue;
    layer.inbound_nodes = layer.inbound_nodes.map((node) => {
      if (!isObject(node)) return node;
      const { args, kwargs } = node;
      const { initial_state: state = [], ...options } = Object(kwargs) as JsonObject;
      const given = Object.entries(options).filter(([, value]) => tensorsOf(value, layers).length > 0);
      const numbers = [args].flat(3).some((value) => typeof value === 'number');
      if (given.length > 0 || numbers) {
        const what = numbers ? 'a number' : `${given.map(([key]) => key).join(', ')} of other layers`;
        throw different(`${path}/${nameOf(layer)}`, `a call with ${what}`);
      }
      return tensorsOf([args, state] as Json, layers);
    });
  }
}

function tensorsOf(value: Json, layers: readonly JsonObject[]): Json[] {
  if (Array.isArray(value)) return value.flatMap((each) => tensorsOf(each, layers));
  if (!isObject(value)) return [];
  if (value.class_name !== '__keras_tensor__') return [];
  const [name, call, tensor] = Object(value.config).keras_history as [string, number, number];
  return [[name, callIndex(name, call, layers as Json[]), tensor, {}]];
}

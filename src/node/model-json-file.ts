import { dirname, join, normalize, sep } from 'node:path';
import { quoted, reasonOf, UserError } from '../core/errors.ts';
import { decodeText } from '../core/text.ts';
import { readWhole } from './whole-file.ts';

/** A TensorFlow.js `model.json` of either format, read but not yet understood. */
export interface ModelJsonFile {
  readonly path: string;
  /** `layers-model` and `graph-model` are what tfjs writes; old files have none. */
  readonly format: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
  /** The contents of the weight files that it names, in order. */
  readonly shards: readonly Uint8Array<ArrayBuffer>[];
}

/**
 * A `model.json` and the weight files that it names, all in its own folder.
 *
 * @throws UserError naming the file that is missing, not JSON, or outside the folder
 */
export async function readModelJson(path: string): Promise<ModelJsonFile> {
  const json = parseModelJson(await read(path), path);
  const files = weightFiles(json, path).map((file) => inside(dirname(path), file, path));
  const shards = await Promise.all(files.map(read));
  requireBytes(json, path, shards);
  return { path, format: typeof json.format === 'string' ? json.format : undefined, json, shards };
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes } = await readWhole(path).catch((cause) => {
    throw new UserError(`${path} must be readable`, { received: reasonOf(cause), cause });
  });
  return bytes;
}

/** The files that a model lies in: its `model.json`, and the weight files that this names. */
export async function modelFiles(path: string): Promise<string[]> {
  const json = parseModelJson(await read(path), path);
  return [path, ...weightFiles(json, path).map((file) => inside(dirname(path), file, path))];
}

/** What people have instead, by its first bytes. */
const others = [
  { kind: 'HDF5, as Keras writes it', begins: [0x89, 0x48, 0x44, 0x46] },
  { kind: 'a zip archive, as Keras writes it', begins: [0x50, 0x4b, 3, 4] },
  { kind: "a protocol buffer, as TensorFlow's SavedModel is", begins: [0x08, 0x01, 0x12] },
];

/** Bytes an element, of the types that tfjs stores weights in. */
const widths: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, complex64: 8, float16: 2, uint16: 2, uint8: 1, bool: 1 },
};

/** @throws UserError where the weight files are not as long as the weights that they hold */
function requireBytes(
  { weightsManifest }: Record<string, unknown>,
  path: string,
  shards: readonly Uint8Array[],
) {
  const groups = Array.isArray(weightsManifest) ? weightsManifest : [];
  const lengths = groups
    .flatMap((group) => (Array.isArray(group?.weights) ? group.weights : [undefined]))
    .map((weight): number => {
      const { shape, dtype, quantization } = Object(weight);
      const width = widths[quantization?.dtype ?? dtype];
      return Array.isArray(shape) ? shape.reduce((size, extent) => size * extent, width) : Number.NaN;
    });
  const expected = lengths.reduce((sum, length) => sum + length, 0);
  const received = shards.reduce((sum, { byteLength }) => sum + byteLength, 0);
  // Of texts, and of what is no manifest, whoever reads the weights knows more.
  if (!Number.isSafeInteger(expected) || expected === received) return;
  throw new UserError(`the weight files of ${path} must have ${expected} bytes`, {
    received: `${received}`,
    remedy: 'fetch or save the model again',
  });
}

/** A `model.json`, as far as that is JSON. */
export function parseModelJson(bytes: Uint8Array, path: string): Record<string, unknown> {
  const rule = `${path} is no model.json of TensorFlow.js`;
  const other = others.find(({ begins }) => begins.every((byte, i) => bytes[i] === byte));
  if (other) {
    const remedy = 'convert it first, with tensorflowjs_converter';
    throw new UserError(rule, { received: other.kind, remedy });
  }
  const text = decodeText(bytes, path);
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    const remedy = 'name the model.json of a model';
    throw new UserError(rule, { received: reasonOf(cause), remedy, cause });
  }
}

function weightFiles({ weightsManifest = [] }: Record<string, unknown>, path: string): string[] {
  const groups = Array.isArray(weightsManifest) ? weightsManifest : [null];
  const files = groups.flatMap((group) => (Array.isArray(group?.paths) ? group.paths : [null]));
  const twice = files.find((file, i) => files.indexOf(file) < i);
  if (typeof twice === 'string') {
    throw new UserError(`${path} must name each weight file once`, { received: `${quoted(twice)} twice` });
  }
  if (files.every((file) => typeof file === 'string')) return files;
  throw new UserError(`${path} must list its weight files`, {
    received: 'a weightsManifest whose groups have no paths',
    remedy: 'convert or save the model again',
  });
}

/** A weight file's path. @throws UserError when it leads out of the model's folder */
function inside(folder: string, file: string, source: string): string {
  const clean = normalize(file);
  if (clean.split(/[\\/]/).includes('..') || clean.startsWith(sep)) {
    throw new UserError(`${source} must name weight files in its own folder`, {
      received: quoted(file),
    });
  }
  return join(folder, clean);
}

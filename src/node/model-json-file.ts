import { dirname, join, normalize, sep } from 'node:path';
import { quoted, reasonOf, UserError } from '../core/errors.ts';
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
  return { path, format: typeof json.format === 'string' ? json.format : undefined, json, shards };
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes } = await readWhole(path).catch((cause) => {
    throw new UserError(`${path} must be readable`, { received: reasonOf(cause), cause });
  });
  return bytes;
}

/** A `model.json`, as far as that is JSON. */
export function parseModelJson(bytes: Uint8Array, path: string): Record<string, unknown> {
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
  return Object(json);
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

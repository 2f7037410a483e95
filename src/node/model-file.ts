import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf, UserError } from '../core/errors.ts';
import type { Model } from '../onnx/model.ts';
import { parseModel } from '../onnx/parse.ts';
import type { ReadExternal } from '../onnx/parse-tensor.ts';

/**
 * The model in an ONNX file. Weights are read from it, and from the files beside it, when they are asked for.
 *
 * @throws UserError when the file cannot be read, or is not valid ONNX
 * @example const { graph } = await readModelFile('bundles/pcd/model.onnx');
 */
export async function readModelFile(path: string): Promise<Model> {
  const bytes = await readFile(path).catch((cause) => {
    throw new UserError(`${path} must be an ONNX file that can be read`, {
      received: reasonOf(cause),
      cause,
    });
  });
  return parseModel(bytes, path, externalReader(dirname(path)));
}

/** Reads external data of models in a folder: only the piece that is asked for. */
export function externalReader(folder: string): ReadExternal {
  return (location, offset, length) => {
    const path = join(folder, location);
    let file: number | undefined;
    try {
      // Without waiting for a writer, where it is a pipe.
      file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const status = fstatSync(file);
      if (!status.isFile()) throw new Error('it is not a regular file');
      // Looked at first, so that a length that the file does not have allocates nothing.
      const bytes = new Uint8Array(Math.max(0, Math.min(length, status.size - offset)));
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(file, bytes, filled, bytes.length - filled, offset + filled);
        if (count === 0) break;
        filled += count;
      }
      return bytes.subarray(0, filled);
    } catch (cause) {
      throw new UserError(`${path} must be readable: the model keeps its weights there`, {
        received: reasonOf(cause),
        remedy: 'fetch both files again',
        cause,
      });
    } finally {
      if (file !== undefined) closeSync(file);
    }
  };
}

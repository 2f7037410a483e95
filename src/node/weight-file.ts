import { dirname } from 'node:path';
import { reasonOf, UserError } from '../core/errors.ts';
import { decodeWeights } from '../weights/decode.ts';
import type { WeightFile } from '../weights/weight-file.ts';
import { externalReader } from './model-file.ts';
import { readWhole } from './whole-file.ts';

/** A file of weights on the disk. */
export interface WeightFileOnDisk extends WeightFile {
  readonly path: string;
  /** Of the file's bytes, in hex. */
  readonly sha256: string;
  readonly byteLength: number;
}

/**
 * The weights in a file of any format that `decodeWeights` knows, told by its content.
 * @throws UserError naming the file when it cannot be read, is damaged or of another format
 * @example const { tensors } = await readWeightFile('resnet18-f37072fd.pth');
 */
export async function readWeightFile(path: string): Promise<WeightFileOnDisk> {
  const { bytes, sha256 } = await readWhole(path).catch((cause) => {
    throw new UserError(`${path} must be a readable file of weights`, { received: reasonOf(cause), cause });
  });
  const file = decodeWeights(bytes, path, externalReader(dirname(path)));
  return { ...file, path, sha256, byteLength: bytes.length };
}

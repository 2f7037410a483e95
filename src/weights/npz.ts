import { quoted, UserError } from '../core/errors.ts';
import { decodeNpy, otherContent } from './npy.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';
import type { ZipEntry } from './zip.ts';

/**
 * The arrays of numbers in an `.npz` file, which is a zip of `.npy` files; deflated ones are inflated now. Arrays of text
 * and of objects, such as names kept beside weights, are left out: the metadata `leftOut` names them.
 *
 * @throws UserError when there are no others, or naming the array that is damaged or of another type
 */
export function decodeNpz(entries: ReadonlyMap<string, ZipEntry>, source: string): WeightFile {
  const tensors = new Map<string, StoredTensor>();
  const leftOut: string[] = [];
  for (const [path, entry] of entries) {
    if (!path.endsWith('.npy')) continue;
    const name = path.slice(0, -'.npy'.length);
    const called = `${quoted(path)} in ${source}`;
    const bytes = entry.bytes();
    if (otherContent(bytes, called) === null) tensors.set(name, decodeNpy(bytes, called));
    else leftOut.push(name);
  }
  if (leftOut.length > 0 && tensors.size === 0) {
    throw new UserError(`${source} must hold arrays of numbers`, { received: 'only text and objects' });
  }
  return { format: 'npz', tensors, metadata: leftOut.length > 0 ? { leftOut: leftOut.join(', ') } : {} };
}

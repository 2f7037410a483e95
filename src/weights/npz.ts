import { quoted } from '../core/errors.ts';
import { decodeNpy } from './npy.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';
import type { ZipEntry } from './zip.ts';

/**
 * The arrays of an `.npz` file, which is a zip of `.npy` files; deflated ones are inflated now.
 * @throws UserError naming the array that is damaged or of a type that is no plain number
 */
export function decodeNpz(entries: ReadonlyMap<string, ZipEntry>, source: string): WeightFile {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of entries) {
    if (!name.endsWith('.npy')) continue;
    tensors.set(name.slice(0, -'.npy'.length), decodeNpy(entry.bytes(), `${quoted(name)} in ${source}`));
  }
  return { format: 'npz', tensors, metadata: {} };
}

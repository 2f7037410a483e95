/** PyTorch's file format since 1.6: a zip of a pickle and one file a storage. See torch/serialization.py. */
import { quoted, UserError } from '../core/errors.ts';
import { unpickle } from './pickle.ts';
import { checkpointMetadata, findStateDict } from './state-dict.ts';
import { elementWidth } from './strided-tensor.ts';
import { torchHost } from './torch-objects.ts';
import type { WeightFile } from './weight-file.ts';
import type { ZipEntry } from './zip.ts';

/** The entry that a PyTorch file has, in whatever folder; undefined for other zip files. */
export function findTorchPickle(entries: ReadonlyMap<string, ZipEntry>): string | undefined {
  return [...entries.keys()].find((name) => /^[^/]*\/data\.pkl$/.test(name));
}

/**
 * The tensors of a state dict that `torch.save` wrote. Strides and shared storages are followed.
 *
 * @param entries of the zip file, which is `fileBytes` long
 * @throws UserError when the file is damaged, big-endian, TorchScript, or holds anything but plain data and tensors
 */
export function decodeTorchZip(
  entries: ReadonlyMap<string, ZipEntry>,
  fileBytes: number,
  source: string,
): WeightFile {
  const pickle = findTorchPickle(entries) ?? '';
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw new UserError(`${source} must hold weights, not a program`, {
      received: 'a TorchScript archive',
      remedy: 'save model.state_dict() with torch.save',
    });
  }
  checkByteOrder(entries.get(`${folder}byteorder`), source);
  const host = torchHost(
    ({ key, dtype, size }) => {
      const entry = entries.get(`${folder}data/${key}`);
      const width = elementWidth(dtype ?? 'uint8') ?? 1;
      if (entry?.size !== size * width) {
        throw new UserError(`${source} is not a valid PyTorch file`, {
          received: `${entry?.size ?? 'no'} bytes of storage ${quoted(key)}, where ${size * width} are due`,
          remedy: 'fetch or save the file again',
        });
      }
      return { dtype, size, bytes: () => entry.bytes() };
    },
    fileBytes,
    source,
  );
  const { value } = unpickle(entries.get(pickle)?.bytes() ?? new Uint8Array(), 0, host, source);
  const found = findStateDict(value, source);
  return { format: 'pytorch', tensors: found.tensors, metadata: checkpointMetadata(found, host.skipped) };
}

function checkByteOrder(entry: ZipEntry | undefined, source: string): void {
  const order = entry ? new TextDecoder().decode(entry.bytes()) : 'little';
  if (order === 'little') return;
  throw new UserError(`${source} must be little-endian`, {
    received: quoted(order),
    remedy: 'save it on another machine',
  });
}

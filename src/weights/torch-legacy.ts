/**
 * PyTorch's file format before 1.6: five pickles (a magic number, a version, the machine, the data, the storages'
 * keys), then each storage with its length. See `_legacy_save` in torch/serialization.py.
 */
import { quoted, UserError } from '../core/errors.ts';
import { type PickleHost, unpickle } from './pickle.ts';
import { MalformedPickle } from './pickle-input.ts';
import { type Pickled, PickledDict } from './pickle-stack.ts';
import { checkpointMetadata, findStateDict } from './state-dict.ts';
import { elementWidth } from './strided-tensor.ts';
import { torchHost } from './torch-objects.ts';
import type { WeightFile } from './weight-file.ts';

/** Every such file begins with a pickle of this number. */
const magic = 0x1950a86a20f9469cfc6cn;

const noObjects: PickleHost = {
  global: () => undefined,
  persistent: () => {
    throw new MalformedPickle('a storage in the header');
  },
};

export function isLegacyTorch(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x80) return false;
  try {
    return unpickle(bytes, 0, noObjects, '').value === magic;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** A storage as the data's pickle announces it; its bytes come later in the file. */
interface Announced {
  readonly size: number;
  readonly width: number;
  bytes: Uint8Array | null;
}

/**
 * The tensors of a state dict that `torch.save` wrote before PyTorch 1.6, or with
 * `_use_new_zipfile_serialization=False`, as views of `bytes` where they are contiguous.
 *
 * @throws UserError when the file is damaged, big-endian, or holds anything but plain data and tensors
 */
export function decodeTorchLegacy(bytes: Uint8Array, source: string): WeightFile {
  const damaged = (received: string) =>
    new UserError(`${source} is not a valid PyTorch file`, {
      received,
      remedy: 'fetch or save the file again',
    });
  const begin = unpickle(bytes, 0, noObjects, source);
  const version = unpickle(bytes, begin.end, noObjects, source);
  if (version.value !== 1001) throw damaged('a protocol version other than 1001');
  const machine = unpickle(bytes, version.end, noObjects, source);
  checkMachine(machine.value, source);

  const announced = new Map<string, Announced>();
  const host = torchHost(
    ({ key, dtype, size, view }) => {
      const width = elementWidth(dtype ?? 'uint8') ?? 1;
      const known = announced.get(key) ?? { size, width, bytes: null };
      if (known.size !== size || known.width !== width) throw damaged(`storage ${quoted(key)} in two sizes`);
      announced.set(key, known);
      const part = view ?? { offset: 0, size };
      if (part.offset + part.size > size) throw damaged(`a view that leaves storage ${quoted(key)}`);
      const content = () =>
        (known.bytes ?? new Uint8Array()).subarray(part.offset * width, (part.offset + part.size) * width);
      return { dtype, size: part.size, bytes: content };
    },
    bytes.length,
    source,
  );
  const data = unpickle(bytes, machine.end, host, source);
  const keys = unpickle(bytes, data.end, noObjects, source);
  readStorages(bytes, keys.end, keys.value, announced, damaged);
  const missing = [...announced].find(([, storage]) => storage.bytes === null);
  if (missing) throw damaged(`no storage ${quoted(missing[0])}`);
  const found = findStateDict(data.value, source);
  return {
    format: 'pytorch-legacy',
    tensors: found.tensors,
    metadata: checkpointMetadata(found, host.skipped),
  };
}

function checkMachine(value: Pickled, source: string): void {
  if (value instanceof PickledDict && value.entries.get('little_endian') === true) return;
  throw new UserError(`${source} must be little-endian`, {
    received: 'a file from a machine of another byte order',
    remedy: 'save it on another machine',
  });
}

/** Each storage in the keys' order: its number of elements in 8 bytes, then the elements. */
function readStorages(
  bytes: Uint8Array,
  start: number,
  keys: Pickled,
  announced: ReadonlyMap<string, Announced>,
  damaged: (received: string) => UserError,
): void {
  if (!Array.isArray(keys)) throw damaged('no list of storages');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? announced.get(key) : undefined;
    if (!storage) throw damaged('a storage that no tensor uses');
    const end = at + 8 + storage.size * storage.width;
    if (end > bytes.length) throw damaged(`${bytes.length} bytes where ${end} are due`);
    const size = view.getBigUint64(at, true);
    if (size !== BigInt(storage.size))
      throw damaged(`storage ${quoted(key)} of ${size} elements, where ${storage.size} are due`);
    storage.bytes = bytes.subarray(at + 8, end);
    at = end;
  }
  if (at !== bytes.length) throw damaged(`${bytes.length - at} bytes after the last storage`);
}

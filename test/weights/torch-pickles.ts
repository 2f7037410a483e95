/** PyTorch's files by hand: pickles of tensors that torch itself would never write, and what lies around them. */
import { zipSync } from 'fflate';

export const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

/** An integer of four bytes. */
export function word(value: number): string {
  return String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255);
}

export const int = (value: number) => `J${word(value)}`;
export const text = (value: string) => `X${word(value.length)}${value}`;
export const tuple = (...items: string[]) => `(${items.join('')}t`;
export const extents = (values: readonly number[]) => tuple(...values.map(int));
export const call = (name: string, ...args: string[]) =>
  `c${name.replace(/\.([^.]*)$/, '\n$1')}\n${tuple(...args)}R`;

/** A storage by its persistent id; legacy files have a view in it, or nothing. */
export function storage(key: string, size: number, type = 'torch.FloatStorage', ...view: string[]): string {
  const name = `c${type.replace(/\.([^.]*)$/, '\n$1')}\n`;
  return `${tuple(text('storage'), name, text(key), text('cpu'), int(size), ...view)}Q`;
}

export function tensor(
  held: string,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): string {
  return call(
    'torch._utils._rebuild_tensor_v2',
    held,
    int(offset),
    extents(shape),
    extents(strides),
    '\x89',
    '}',
  );
}

/** The pickle of a dict. */
export function dictOf(entries: Readonly<Record<string, string>>): string {
  const items = Object.entries(entries).map(([name, value]) => text(name) + value);
  return `\x80\x02}(${items.join('')}u.`;
}

/** A file of PyTorch's zip format. */
export function zipped(
  entries: Readonly<Record<string, string>>,
  storages: Readonly<Record<string, Uint8Array>>,
  more: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const files = { 'm/data.pkl': latin1(dictOf(entries)), ...more };
  const data = Object.entries(storages).map(([key, bytes]) => [`m/data/${key}`, bytes]);
  return zipSync({ ...files, ...Object.fromEntries(data) }, { level: 0 });
}

/** What a legacy file is made of, each as a whole pickle; `storages` is what follows them. */
export interface LegacyParts {
  readonly magic: string;
  readonly version: string;
  readonly machine: string;
  readonly data: string;
  readonly keys: string;
  readonly storages: string;
}

/** A file of PyTorch's format before 1.6. */
export function legacy(parts: Pick<LegacyParts, 'data'> & Partial<LegacyParts>): Uint8Array {
  const all: LegacyParts = {
    magic: '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.',
    version: '\x80\x02M\xe9\x03.',
    machine: dictOf({ protocol_version: 'M\xe9\x03', little_endian: '\x88' }),
    keys: `\x80\x02](${text('a')}e.`,
    storages: legacyStorage(Float32Array.of(0, 1, 2, 3, 4, 5)),
    ...parts,
  };
  return latin1(inOrder(all));
}

const inOrder = ({ magic, version, machine, data, keys, storages }: LegacyParts) =>
  magic + version + machine + data + keys + storages;

/** A storage's length, and its elements. */
export function legacyStorage(elements: Float32Array, length = elements.length): string {
  return `${word(length)}\0\0\0\0${Buffer.from(elements.buffer).toString('latin1')}`;
}

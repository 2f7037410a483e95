import { expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, readSafetensors } from '../../src/core/safetensors.ts';
import { sizeOf, type Tensor } from '../../src/core/tensor.ts';
import { decodeSafetensorsWeights } from '../../src/weights/safetensors.ts';
import { fc, runs } from '../properties.ts';

/** Names as nobody would choose them: numbers, quotes, other scripts, what objects are made of. */
const name = fc.oneof(
  fc.constantFrom('10', '9', '__proto__', 'constructor', 'a/b', 'a"b', 'naïve', '\u{1f600}', '\uff5e', ''),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const tensor: fc.Arbitrary<Tensor> = fc.array(fc.nat(3), { maxLength: 3 }).chain((shape) => {
  const bytesOf = (width: number) => {
    const length = sizeOf(shape) * width;
    // Somewhere inside a buffer, as tensors of files are.
    return fc.uint8Array({ minLength: length + 8, maxLength: length + 8 }).map(({ buffer }) => buffer);
  };
  return fc.oneof(
    bytesOf(4).map((buffer) => ({
      dtype: 'float32' as const,
      shape,
      data: new Float32Array(buffer, 4, sizeOf(shape)),
    })),
    bytesOf(4).map((buffer) => ({
      dtype: 'int32' as const,
      shape,
      data: new Int32Array(buffer, 4, sizeOf(shape)),
    })),
    bytesOf(1).map((buffer) => ({
      dtype: 'uint8' as const,
      shape,
      data: new Uint8Array(buffer, 3, sizeOf(shape)),
    })),
  );
});
const tensors = fc.uniqueArray(fc.tuple(name, tensor), {
  ...{ maxLength: 6, selector: ([name]: readonly [string, Tensor]) => name },
});
const metadata = fc.option(
  fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'binary' })), { selector: ([key]) => key }),
  {
    nil: undefined,
  },
);

const hex = ({ data }: Tensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
const plain = (all: readonly (readonly [string, Tensor])[]) =>
  new Map(all.map(([name, one]) => [name, [one.dtype, one.shape, hex(one)]]));
const encode = (
  all: readonly (readonly [string, Tensor])[],
  metadata?: readonly (readonly [string, string])[],
) => encodeSafetensors(Object.fromEntries(all), metadata && Object.fromEntries(metadata));

it('tensors come back as they were, bit by bit, wherever the file lies in memory', () => {
  fc.assert(
    fc.property(tensors, metadata, fc.nat(7), (all, metadata, shift) => {
      const bytes = encode(all, metadata);
      const file = new Uint8Array(bytes.length + shift).subarray(shift);
      file.set(bytes);
      const decoded = decodeSafetensors(file, 'x');
      expect(plain(Object.entries(decoded.tensors))).toEqual(plain(all));
      expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(metadata ?? []));
      const stored = decodeSafetensorsWeights(file, 'x').tensors;
      expect(
        new Map([...stored].map(([name, { bytes }]) => [name, Buffer.from(bytes()).toString('hex')])),
      ).toEqual(new Map(all.map(([name, one]) => [name, hex(one)])));
    }),
    runs(200),
  );
});

it('the order in which tensors are given changes no byte, and they lie by type, then by the bytes of their names', () => {
  fc.assert(
    fc.property(tensors, metadata, (all, metadata) => {
      const bytes = encode(all, metadata);
      expect(encode(all.toReversed(), metadata?.toReversed())).toEqual(bytes);
      const types = ['F32', 'I32', 'U8'];
      // Of tensors without elements, nothing is told by where they lie.
      const entries = readSafetensors(bytes, 'x').entries.filter((entry) => entry.bytes.length > 0);
      const sorted = entries.toSorted(
        (a, b) =>
          types.indexOf(a.dtype) - types.indexOf(b.dtype) ||
          Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
      );
      const lying = entries.toSorted((a, b) => a.bytes.byteOffset - b.bytes.byteOffset);
      expect(lying.map(({ name }) => name)).toEqual(sorted.map(({ name }) => name));
    }),
    runs(200),
  );
});

it('a header is padded to eights, so that data begin where every type may', () => {
  fc.assert(
    fc.property(tensors, metadata, (all, metadata) => {
      const bytes = encode(all, metadata);
      const data = all.reduce((sum, [, one]) => sum + one.data.byteLength, 0);
      expect((bytes.length - data) % 8).toBe(0);
    }),
  );
});

import { crc32 as zlibCrc32 } from 'node:zlib';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { sizeOf } from '../../src/core/tensor.ts';
import { crc32 } from '../../src/weights/crc32.ts';
import { decodeWeights } from '../../src/weights/decode.ts';
import { float32Of } from '../../src/weights/float32.ts';
import { readZip } from '../../src/weights/zip.ts';
import { fc, runs } from '../properties.ts';

const codes = {
  f8: ['float64', Float64Array],
  f4: ['float32', Float32Array],
  i8: ['int64', BigInt64Array],
  u8: ['uint64', BigUint64Array],
  i4: ['int32', Int32Array],
  u4: ['uint32', Uint32Array],
  i2: ['int16', Int16Array],
  u2: ['uint16', Uint16Array],
  i1: ['int8', Int8Array],
  u1: ['uint8', Uint8Array],
} as const;

/** An array, its elements in the order of its axes, and the file that numpy would write of it. */
const array = fc
  .record({
    code: fc.constantFrom(...(Object.keys(codes) as (keyof typeof codes)[])),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    version: fc.constantFrom(1, 2, 3),
    isFortran: fc.boolean(),
  })
  .chain(({ code, shape, version, isFortran }) => {
    const [dtype, Elements] = codes[code];
    const width = Elements.BYTES_PER_ELEMENT;
    const length = sizeOf(shape) * width;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      const elements = Array.from(new Elements(bytes.buffer) as ArrayLike<number | bigint>);
      const places = [...elements.keys()];
      const lying = isFortran ? fortranOrder(places, shape) : places;
      const data = Buffer.concat(lying.map((at) => bytes.subarray(at * width, (at + 1) * width)));
      const order = code.endsWith('1') ? '|' : '<';
      const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
      const header = `{'descr': '${order}${code}', 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': (${extents}), }`;
      return { dtype, shape, elements, file: npy(version, header, data) };
    });
  });

/** The first axis fastest. */
function fortranOrder<T>(elements: readonly T[], shape: readonly number[]): T[] {
  if (shape.length === 0) return [...elements];
  const rest = shape.slice(1);
  const size = sizeOf(rest);
  const rows = Array.from({ length: shape[0] }, (_, i) =>
    fortranOrder(elements.slice(i * size, (i + 1) * size), rest),
  );
  return Array.from({ length: size }, (_, i) => rows.map((row) => row[i])).flat();
}

function npy(version: number, header: string, data: Uint8Array): Uint8Array {
  const lengthBytes = version === 1 ? 2 : 4;
  const before = 8 + lengthBytes;
  const padded = `${header.padEnd(Math.ceil((before + header.length + 1) / 64) * 64 - before - 1)}\n`;
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(padded.length, 0, lengthBytes);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
      length,
      Buffer.from(padded),
      data,
    ]),
  );
}

it('arrays of every type, order and version are read element by element, alone or zipped', () => {
  const archive = fc.dictionary(fc.stringMatching(/^[a-z/._]{0,8}[a-z0-9]$/), array, {
    minKeys: 1,
    maxKeys: 3,
  });
  fc.assert(
    fc.property(archive, fc.constantFrom(0, 6), (arrays, level) => {
      fc.pre(
        Object.keys(arrays).every((name) => !name.startsWith('/') && !/(^|\/)\.\.?(\/|$)|\/\//.test(name)),
      );
      const files = Object.entries(arrays).map(
        ([name, { file }]) => [`${name}.npy`, [file, { level }]] as const,
      );
      const { tensors, format } = decodeWeights(zipSync(Object.fromEntries(files) as never), 'x.npz');
      expect(format).toBe('npz');
      expect([...tensors.keys()].sort()).toEqual(Object.keys(arrays).sort());
      for (const [name, { dtype, shape, elements, file }] of Object.entries(arrays)) {
        const alone = decodeWeights(file, 'x.npy').tensors.get('array')!;
        for (const stored of [alone, tensors.get(name)!]) {
          expect([stored.dtype, stored.shape]).toEqual([dtype, shape]);
          expect(float32Of(stored, name)).toEqual(Float32Array.from(elements, Number));
        }
      }
    }),
    runs(150),
  );
});

it('what is in a zip comes out again, by its name, and any byte of it that changes is noticed', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', 'é', '走', '/', '.', '\ufeff'),
    minLength: 1,
    maxLength: 6,
  });
  const isFile = (name: string) =>
    !name.startsWith('/') && !name.endsWith('/') && !/(^|\/)\.\.(\/|$)/.test(name);
  const entries = fc.uniqueArray(
    fc.tuple(name.filter(isFile), fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(0, 6)),
    {
      ...{ selector: ([name]: readonly [string, Uint8Array, number]) => name, minLength: 1, maxLength: 4 },
    },
  );
  fc.assert(
    fc.property(entries, fc.nat(999), fc.integer({ min: 1, max: 255 }), (entries, share, change) => {
      const file = zipSync(
        Object.fromEntries(
          entries.map(([name, bytes, level]) => [
            name,
            [bytes, { level, extra: { 51966: bytes.subarray(0, 3) } }],
          ]),
        ) as never,
      );
      const read = readZip(file, 'x');
      expect([...read.keys()].sort()).toEqual(entries.map(([name]) => name).sort());
      for (const [name, bytes] of entries) {
        expect(read.get(name)?.size).toBe(bytes.length);
        expect(Buffer.compare(read.get(name)!.bytes(), bytes)).toBe(0);
      }
      const [name, content] = entries[0];
      if (entries[0][2] !== 0) return;
      const stored = readZip(file, 'x').get(name)!.bytes();
      stored[Math.floor((share * content.length) / 1000)] ^= change;
      expect(() => readZip(file, 'x').get(name)!.bytes()).toThrow('with another checksum');
    }),
  );
});

it("the checksum is zlib's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(9), (bytes, start) => {
      const part = bytes.subarray(start);
      expect(crc32(part)).toBe(zlibCrc32(part));
    }),
    runs(200),
  );
});

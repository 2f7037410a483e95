import { expect, it } from 'vitest';
import { sizeOf } from '../../src/core/tensor.ts';
import { bytesOf, elementsOf, storageOf, storedBytes } from '../../src/onnx/element-type.ts';
import { smallestOutside } from '../../src/onnx/external-data.ts';
import type { Initializer } from '../../src/onnx/graph.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { Message } from '../../src/onnx/proto.ts';
import { serializeModel, serializeOutside } from '../../src/onnx/serialize.ts';
import { fc, runs } from '../properties.ts';
import { elementTypes, model, plain, tensorOf } from './random-model.ts';

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const joined = (chunks: Iterable<Uint8Array>) => Buffer.concat(Array.from(chunks, (chunk) => chunk.slice()));

it('a model that is written is read again as it was, and gives the same bytes again', () => {
  fc.assert(
    fc.property(model, (model) => {
      const message = serializeModel(model);
      const bytes = message.whole();
      expect(bytes.length).toBe(message.byteLength);
      expect(equal(joined(message.chunks()), bytes)).toBe(true);
      const read = parseModel(bytes, 'm');
      expect(plain(read)).toEqual(plain(model));
      expect(equal(serializeModel(read).whole(), bytes)).toBe(true);
    }),
    runs(100),
  );
});

it('what others write into a model that we have no use for is passed on', () => {
  // Fields that no version of the format has, and doc strings.
  const other = fc.tuple(fc.constantFrom(6, 60, 999), fc.string());
  fc.assert(
    fc.property(model, fc.array(other, { maxLength: 3 }), (model, others) => {
      const extra = others
        .reduce((message, [field, text]) => message.string(field, text), new Message())
        .whole();
      const bytes = serializeModel({ ...model, ...(extra.length > 0 && { extra }) }).whole();
      const read = parseModel(bytes, 'm');
      expect(equal(read.extra ?? new Uint8Array(), extra)).toBe(true);
      expect(equal(serializeModel(read).whole(), bytes)).toBe(true);
    }),
    runs(30),
  );
});

it('large tensors lie outside, at pages, and are read from there', () => {
  const large = fc
    .tuple(fc.constantFrom('a', 'b'), fc.constantFrom(1023, 1024, 1025, 2048))
    .map(([name, size]): Initializer => {
      const data = Float32Array.from({ length: size }, (_, i) => i + name.charCodeAt(0));
      return { name, dtype: 'float32', shape: [size], learnt: true, data: () => data };
    });
  fc.assert(
    fc.property(model, fc.uniqueArray(large, { selector: ({ name }) => name }), (model, tensors) => {
      const initializers = new Map([
        ...model.graph.initializers,
        ...tensors.map((one) => [one.name, one] as const),
      ]);
      const whole = { ...model, graph: { ...model.graph, initializers } };
      const { model: message, data } = serializeOutside(whole, 'model.onnx.data');
      const file = data.whole();
      expect(equal(joined(data.chunks()), file)).toBe(true);
      const asked: number[] = [];
      const read = parseModel(message.whole(), 'm', (location, offset, length) => {
        expect(location).toBe('model.onnx.data');
        asked.push(offset);
        return file.subarray(offset, offset + length);
      });
      expect(plain(read)).toEqual(plain(whole));
      const outside = tensors.filter(({ shape }) => 4 * sizeOf(shape) >= smallestOutside);
      expect(asked).toHaveLength(outside.length);
      expect(asked.filter((offset) => offset % 4096 !== 0)).toEqual([]);
    }),
    runs(30),
  );
});

/** A tensor as others write it: its elements as numbers, packed or one a field. */
function typedModel(tensor: Initializer, isPacked: boolean): Uint8Array {
  const { name, dtype, shape } = tensor;
  const { field, code } = storageOf(dtype);
  const message = new Message().integer(2, code).string(8, name);
  for (const extent of shape) message.integer(1, extent);
  const elements = tensor.data();
  const each = Array.from(elements as ArrayLike<number | bigint>, (value) => {
    const one = new Message();
    if (field === 4) return one.float(4, Number(value));
    if (field === 10) {
      // The tag of a double, which the writer does not know.
      const bytes = new Uint8Array(9);
      bytes[0] = (10 << 3) | 1;
      new DataView(bytes.buffer).setFloat64(1, Number(value), true);
      return one.encoded(bytes);
    }
    return one.integer(field, value);
  });
  if (isPacked) {
    // Without their tags, which are all of one byte.
    message.bytes(field, Buffer.concat(each.map((one) => one.whole().subarray(1))));
  } else for (const one of each) message.encoded(one.whole());
  return new Message().integer(1, 8).message(7, new Message().message(5, message)).whole();
}

it('elements are the same whether they are written as bytes or as numbers, of any type', () => {
  const tensor = fc
    .constantFrom(...elementTypes)
    .chain(tensorOf)
    .map((tensor) => {
      // Which NaN it is, numbers do not say.
      const isFloat = /^(float(32|64)|complex)/.test(tensor.dtype);
      const data = isFloat
        ? (tensor.data() as Float32Array).map((value) => (Number.isNaN(value) ? 1 : value))
        : tensor.data();
      return { ...tensor, data: () => data };
    });
  fc.assert(
    fc.property(tensor, fc.boolean(), (tensor, isPacked) => {
      const { initializers } = parseModel(typedModel(tensor, isPacked), 'm').graph;
      expect(plain(initializers)).toEqual(plain(new Map([[tensor.name, tensor]])));
    }),
    runs(300),
  );
});

it('raw elements are views where they may be, whole elements of any alignment, and as many bytes as their type takes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...elementTypes), fc.nat(20), fc.nat(9), (dtype, size, shift) => {
      const length = storedBytes(dtype, size);
      expect(length).toBe(Math.ceil((size * storageOf(dtype).bits) / 8));
      const bytes = Uint8Array.from({ length: shift + length }, (_, i) => 7 * i).subarray(shift);
      const elements = elementsOf(dtype, bytes);
      expect(Buffer.from(bytesOf(elements))).toEqual(Buffer.from(bytes));
      const isAligned = bytes.byteOffset % elements.BYTES_PER_ELEMENT === 0;
      expect(elements.buffer === bytes.buffer).toBe(isAligned);
    }),
  );
});

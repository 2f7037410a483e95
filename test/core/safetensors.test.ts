import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/core/safetensors.ts';
import { tensor } from '../../src/core/tensor.ts';

/** Written by the reference library: test/golden/safetensors-file.py. */
const golden = JSON.parse(readFileSync(new URL('../golden/safetensors-file.json', import.meta.url), 'utf8'));
const goldenBytes = new Uint8Array(Buffer.from(golden.file, 'base64'));

const goldenTensors = {
  '10': tensor(new Uint8Array([0, 1, 2]), [3]),
  'head/bias': tensor(new Float32Array([-1.5, 0.25]), [2]),
  a: tensor(
    Float32Array.from([0, 1, 2, 3, 4, 5], (value) => value / 7),
    [2, 3],
  ),
  steps: tensor(new Int32Array([-(2 ** 31), 7]), [2]),
  empty: tensor(new Float32Array(0), [0, 4]),
  scalar: tensor(new Float32Array([3.5]), []),
  'naïve "name"': tensor(new Uint8Array([4, 3, 2, 1, 0]), [5]),
};

/** A file with the given header text and `dataBytes` zero bytes. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

/** Where the golden file's data begin. */
const headerEnd = 8 + Number(new DataView(goldenBytes.buffer).getBigUint64(0, true));

/** One byte more than a header may have, and right otherwise. */
const longHeader = new Uint8Array(8 + 25_000_001).fill(0x20);
new DataView(longHeader.buffer).setBigUint64(0, 25_000_001n, true);
longHeader.set([0x7b, 0x7d], 8);

describe('encodeSafetensors', () => {
  it("writes the reference library's bytes", () => {
    expect(encodeSafetensors(goldenTensors, { format: 'pt' })).toEqual(goldenBytes);
  });

  it('writes equal bytes whatever the order of the record', () => {
    const reversed = Object.fromEntries(Object.entries(goldenTensors).reverse());
    expect(encodeSafetensors(reversed, { format: 'pt' })).toEqual(goldenBytes);
  });

  it('orders names beyond U+FFFF as the reference library does', () => {
    const one = tensor(new Float32Array(1), [1]);
    const bytes = encodeSafetensors({ '😀': one, '～': one, é: one, z: one });
    const header = new TextDecoder().decode(bytes.subarray(8));
    // safetensors 0.8.0: the names in the header of save({...}).
    expect(header.match(/"[^"]+"(?=:\{)/g)).toEqual(['"z"', '"é"', '"～"', '"😀"']);
    const longer = encodeSafetensors({ 'z\u0001': one, 'z\0': one, z: one });
    expect(new TextDecoder().decode(longer).match(/"z[^"]*"/g)).toEqual(['"z"', '"z\\u0000"', '"z\\u0001"']);
  });

  it('writes metadata in the order of its names, whatever the order of the record', () => {
    const bytes = encodeSafetensors({}, { b: '2', a: '1' });
    expect(new TextDecoder().decode(bytes.subarray(8)).trimEnd()).toBe('{"__metadata__":{"a":"1","b":"2"}}');
    expect(encodeSafetensors({}, { a: '1', b: '2' })).toEqual(bytes);
  });

  it('fills the header up to a multiple of 8 with spaces, and not where it is one', () => {
    for (const value of ['', '1', '12', '123', '1234', '12345', '123456', '1234567']) {
      const bytes = encodeSafetensors({}, { a: value });
      const json = `{"__metadata__":{"a":"${value}"}}`;
      const length = Math.ceil(json.length / 8) * 8;
      expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(length));
      expect(new TextDecoder().decode(bytes.subarray(8))).toBe(json.padEnd(length));
    }
  });

  it('writes only the part of a buffer that a tensor views', () => {
    const view = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const { tensors } = decodeSafetensors(encodeSafetensors({ view: tensor(view, [2]) }), 'memory');
    expect([...tensors.view.data]).toEqual([1, 2]);
  });

  it('refuses a tensor named __metadata__', () => {
    expect(() => encodeSafetensors({ __metadata__: tensor(new Uint8Array(1), [1]) })).toThrow(/__metadata__/);
  });
});

describe('decodeSafetensors', () => {
  it("reads the reference library's file", () => {
    expect(decodeSafetensors(goldenBytes, 'golden')).toEqual({
      tensors: goldenTensors,
      metadata: { format: 'pt' },
    });
  });

  it.each([1, 2, 3, 5])('reads a file that lies at byte %d of a larger buffer', (shift) => {
    const buffer = new Uint8Array(goldenBytes.length + shift);
    buffer.set(goldenBytes, shift);
    expect(decodeSafetensors(buffer.subarray(shift), 'golden').tensors).toEqual(goldenTensors);
  });

  it('gives views of the file where elements lie as they should, and copies elsewhere', () => {
    const { tensors } = decodeSafetensors(goldenBytes, 'golden');
    for (const { data } of Object.values(tensors)) expect(data.buffer).toBe(goldenBytes.buffer);
    const shifted = new Uint8Array([0, ...goldenBytes]).subarray(1);
    const { a, 10: bytes } = decodeSafetensors(shifted, 'golden').tensors;
    expect(a.data.buffer).not.toBe(shifted.buffer);
    expect(bytes.data.buffer).toBe(shifted.buffer);
  });

  it.each([
    [
      'before',
      '{"e":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',
    ],
    [
      'behind',
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"e":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ],
  ])('reads an empty tensor that lies where another begins and is described %s it', (_, header) => {
    const { tensors } = decodeSafetensors(file(header, 2), 'x');
    expect(tensors).toEqual({ a: tensor(new Uint8Array(2), [2]), e: tensor(new Uint8Array(0), [0]) });
  });

  it('reads names that occur inside others, and as extents of none', () => {
    const entry = '{"dtype":"U8","shape":[],"data_offsets":[0,0]}';
    const header = `{"__metadata__":{"a":"a","a:":"a"},"a":${entry.replace('0,0', '0,1')},"a:":${entry.replace('0,0', '1,2')}}`;
    expect(Object.keys(decodeSafetensors(file(header, 2), 'x').tensors)).toEqual(['a', 'a:']);
  });

  it('keeps a tensor called __proto__ as an ordinary entry', () => {
    const bytes = file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1);
    const { tensors } = decodeSafetensors(bytes, 'x');
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
  });

  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /0 bytes, fewer than the 8/],
    ['a header longer than the file', goldenBytes.subarray(0, 100), /a header of \d+ bytes in a file of 100/],
    ['a header length of 2^64 − 1', new Uint8Array(16).fill(255), /a header of 18446744073709551615 bytes/],
    ['truncated data', goldenBytes.subarray(0, goldenBytes.length - 1), /bytes of data where the header/],
    ['data beyond the tensors', new Uint8Array([...goldenBytes, 0]), /bytes of data where the header/],
    [
      'a header longer than the file by a byte',
      goldenBytes.subarray(0, headerEnd - 1),
      /a header of \d+ bytes in/,
    ],
    ['a header of nothing', new Uint8Array(8), /not JSON/],
    ['a header that is longer than any', longHeader, /a header of 25000001 bytes in a file of 25000009/],
    ['a header that is not JSON', file('{"a":'), /not JSON/],
    [
      'a name that is not UTF-8',
      file('{"\u00ff":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', 1).with(11, 0x20),
      /not JSON/,
    ],
    ['a header that is not UTF-8', new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0xff]), /not JSON/],
    [
      'two tensors of one name, one of them escaped',
      file(
        '{"a/b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a\\u002fb":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}',
        2,
      ),
      /two tensors called "a\/b"/,
    ],
    [
      'two tensors of one long name, with room behind it',
      file(
        `{"${'n'.repeat(60)}" :{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"${'n'.repeat(60)}"\n: {"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`,
        2,
      ),
      /two tensors called "n{60}"/,
    ],
    ['a tensor described by a name', file('{"a":"a","b":{}}'), /no description of tensor "a"/],
    ['a tensor that is nothing', file({ a: null }), /no description of tensor "a"/],
    ['a header that is nothing', file('null'), /not a JSON object/],
    ['metadata that is nothing', file({ __metadata__: null }), /__metadata__/],
    [
      'an end that is no number',
      file({ a: f32([1], [0, '4']) }, 4),
      /data_offsets are not a begin and an end/,
    ],
    ['a begin below zero', file({ a: f32([1], [-4, 0]) }), /data_offsets are not a begin and an end/],
    ['three offsets', file({ a: f32([1], [0, 4, 4]) }, 4), /data_offsets are not a begin and an end/],
    ['a header that is a list', file('[]'), /not a JSON object/],
    ['metadata that is not strings', file({ __metadata__: { epoch: 1 } }), /__metadata__/],
    ['a tensor that is a number', file({ a: 3 }), /no description of tensor "a"/],
    ['a tensor without a type', file({ a: { shape: [], data_offsets: [0, 0] } }), /without a type/],
    ['a negative extent', file({ a: f32([-1], [0, 4]) }, 4), /shape of whole numbers/],
    ['a fractional extent', file({ a: f32([0.5], [0, 2]) }, 2), /shape of whole numbers/],
    ['a shape larger than its bytes', file({ a: f32([1e9, 1e9], [0, 4]) }, 4), /in 4 bytes of F32/],
    [
      'offsets that run backwards',
      file({ a: f32([1], [4, 0]) }, 4),
      /data_offsets are not a begin and an end/,
    ],
    ['one offset', file({ a: f32([1], [0]) }, 4), /data_offsets/],
    [
      'offsets beyond the file',
      file({ a: f32([2], [0, 8]) }, 4),
      /4 bytes of data where the header describes 8/,
    ],
    ['a gap', file({ a: f32([1], [4, 8]) }, 8), /at byte 4 where 0 was due/],
    [
      'overlapping tensors',
      file({ a: f32([1], [0, 4]), b: f32([1], [2, 6]) }, 6),
      /at byte 2 where 4 was due/,
    ],
    [
      'a type we do not read',
      file({ a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } }, 4),
      /received F16; store it as F32, I32, U8$/,
    ],
  ])('refuses %s in one line that names the file', (_, bytes, reason) => {
    const read = () => decodeSafetensors(bytes, 'weights.safetensors');
    expect(read).toThrow(UserError);
    expect(read).toThrow(/^weights\.safetensors [^\n]*$/);
    expect(read).toThrow(reason);
  });
});

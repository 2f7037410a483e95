import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/onnx/graph.ts';
import { modelOf } from '../../src/onnx/model.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { decodeWeights } from '../../src/weights/decode.ts';
import { float32Of } from '../../src/weights/float32.ts';
import { reach, stridedTensor } from '../../src/weights/strided-tensor.ts';
import { readAll } from './golden-files.ts';
import { latin1, word } from './torch-pickles.ts';

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const read = (bytes: Uint8Array) => readAll(decodeWeights(bytes, 'x').tensors);

/** An npy file; numpy.load reads each of those that are read here. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const length = version === 1 ? word(header.length).slice(0, 2) : word(header.length);
  return Uint8Array.from([
    ...latin1(`\x93NUMPY${String.fromCharCode(version)}\0${length}${header}`),
    ...data,
  ]);
}

const header = (shape: string, descr = '<f4', order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;

describe('npy', () => {
  it.each([
    ['a row', header('2,'), [2]],
    ['a scalar', header(''), []],
    ['a plane', header('1, 2'), [1, 2]],
    ['no spaces', "{'descr':'<f4','fortran_order':False,'shape':(2,1)}", [2, 1]],
    ['more spaces', "{'descr':   '<f4',   'fortran_order':   False,   'shape':   (2 , 1),  }  \n", [2, 1]],
    ['a header of 10,000 bytes', header('2,').padEnd(10_000), [2]],
  ])('reads %s', (_, text, shape) => {
    const values = [1.5, -2].slice(0, shape.length === 0 ? 1 : 2);
    expect(read(npy(text, floats(...values)))).toEqual({ array: { dtype: 'float32', shape, values } });
  });

  it('reads its columns first where it says so', () => {
    const { array } = read(npy(header('2, 3', '<f4', 'True'), floats(1, 2, 3, 4, 5, 6)));
    expect(array.values).toEqual([1, 3, 5, 2, 4, 6]);
  });

  const damaged = (received: string) =>
    `x is not a valid npy file; received ${received}; fetch or save the file again`;
  it.each<[string, Uint8Array, string]>([
    ['of version 0', npy(header('2,'), floats(1, 2), 0), damaged('no header of version 1 to 3')],
    ['of version 4', npy(header('2,'), floats(1, 2), 4), damaged('no header of version 1 to 3')],
    ['of its first words alone', latin1('\x93NUMPY\x01\0\x01'), damaged('no header of version 1 to 3')],
    ['of a version that is not there', latin1('\x93NUMPY'), damaged('no header of version 1 to 3')],
    [
      'whose header is not there',
      latin1('\x93NUMPY\x01\0\x07\0'),
      damaged('a header of 7 bytes in a file of 10'),
    ],
    [
      'with a header of 10,001 bytes',
      npy(header('2,').padEnd(10_001), floats(1, 2)),
      damaged('a header of 10001 bytes'),
    ],
    ['with too little', npy(header('2,'), floats(1)), damaged('4 bytes of data where 8 are due')],
    ['with too much', npy(header('2,'), floats(1, 2, 3)), damaged('12 bytes of data where 8 are due')],
    [
      'with something before its header',
      npy(`x${header('2,')}`, floats(1, 2)),
      'x must hold an array of plain numbers; received "x{',
    ],
    [
      'with something behind it',
      npy(`${header('2,')}x`, floats(1, 2)),
      'x must hold an array of plain numbers; received "{',
    ],
    [
      'of records',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", floats(1, 2)),
      'save it with numpy.save, without objects or records',
    ],
    ['of half extents', npy(header('1.5,'), floats(1, 2)), 'x must hold an array of plain numbers'],
    ['of dates', npy(header('2,', '<M8[s]'), floats(1, 2)), 'x must hold an array of plain numbers'],
  ])('refuses a file %s', (_, bytes, words) => {
    expect(() => decodeWeights(bytes, 'x')).toThrow(words);
  });
});

describe('npz', () => {
  const array = npy(header('2,'), floats(1, 2));
  it('has arrays beside other files, and says nothing where nothing is left out', () => {
    const { tensors, metadata } = decodeWeights(
      zipSync({ 'a.npy': array, 'readme.txt': latin1('words'), 'b/c.npy': array }),
      'x',
    );
    expect([[...tensors.keys()], metadata]).toEqual([['a', 'b/c'], {}]);
  });

  it('is no zip of other files', () => {
    expect(() => decodeWeights(zipSync({ 'a.npy.txt': array }), 'x')).toThrow(
      'x must hold weights; received a zip file without a data.pkl or an .npy; give safetensors,',
    );
  });
});

describe('safetensors', () => {
  const file = (dtype: string, bytes: number, shape: number[]) => {
    const text = JSON.stringify({ w: { dtype, shape, data_offsets: [0, bytes] } });
    return latin1(`${word(text.length)}\0\0\0\0${text}${'\x01'.repeat(bytes)}`);
  };

  it.each([
    ['F64', 'float64', 8],
    ['F32', 'float32', 4],
    ['F16', 'float16', 2],
    ['BF16', 'bfloat16', 2],
    ['F8_E4M3', 'float8e4m3fn', 1],
    ['F8_E5M2', 'float8e5m2', 1],
    ['I64', 'int64', 8],
    ['I32', 'int32', 4],
    ['I16', 'int16', 2],
    ['I8', 'int8', 1],
    ['U64', 'uint64', 8],
    ['U32', 'uint32', 4],
    ['U16', 'uint16', 2],
    ['U8', 'uint8', 1],
    ['BOOL', 'bool', 1],
  ])('has %s', (code, dtype, width) => {
    const stored = decodeWeights(file(code, 3 * width, [3]), 'x').tensors.get('w');
    expect([stored?.dtype, stored?.shape, stored?.bytes().length]).toEqual([dtype, [3], 3 * width]);
    expect(() => decodeWeights(file(code, 3 * width, [2]), 'x')).toThrow(
      `x is not a valid safetensors file; received tensor "w" whose ${3 * width} bytes of ${code} are not its shape's; fetch`,
    );
  });

  it('refuses a type that it does not know, and one called like what all objects have', () => {
    for (const code of ['F4', 'constructor']) {
      expect(() => decodeWeights(file(code, 4, [1]), 'x')).toThrow(
        `x holds tensor "w" of a type that Actionnx does not read; received "${code}"; store it as one of F64, F32,`,
      );
    }
  });

  it.each([8, 0x108, 0x7f08])('is told from ONNX by the length of its header: %i', (length) => {
    const name = 'n'.repeat(Math.max(0, length - 60));
    const entry = JSON.stringify({ [name]: { dtype: 'U8', shape: [1], data_offsets: [0, 1] } });
    const bytes = latin1(
      `${word(length)}\0\0\0\0${(length === 8 ? '{}' : entry).padEnd(length)}${length === 8 ? '' : '\x07'}`,
    );
    expect(bytes[0]).toBe(0x08);
    expect(decodeWeights(bytes, 'x').format).toBe('safetensors');
  });
});

describe('ONNX', () => {
  const graph: Graph = {
    ...{ name: 'g', nodes: [], inputs: [], outputs: [] },
    initializers: new Map([
      ['w', { name: 'w', dtype: 'float32', shape: [2], learnt: true, data: () => Float32Array.of(1, 2) }],
    ]),
  };
  const written = (producer: string) =>
    serializeModel(modelOf(graph, { name: producer, version: '' })).whole();

  it.each(['ab\0c{', 'abc\0{', 'abcd{'])(
    'is told from safetensors by what lies before the brace: %j',
    (producer) => {
      const bytes = written(producer);
      expect(bytes[8]).toBe(0x7b);
      expect(decodeWeights(bytes, 'x').format).toBe('onnx');
    },
  );

  it('has numbers, and leaves text out', () => {
    // Field 8, type; field 1, extents; field 6, text; field 8, name.
    const strings = latin1('\x08\x01\x10\x08\x32\x01a\x42\x01s');
    const graphBytes = latin1(
      `\x2a${String.fromCharCode(strings.length)}${Buffer.from(strings).toString('latin1')}`,
    );
    const model = latin1(
      `\x08\x08\x3a${String.fromCharCode(graphBytes.length)}${Buffer.from(graphBytes).toString('latin1')}`,
    );
    expect([...decodeWeights(model, 'x').tensors.keys()]).toEqual([]);
    expect(read(written('p'))).toEqual({ w: { dtype: 'float32', shape: [2], values: [1, 2] } });
  });
});

describe('other files', () => {
  it.each<[string, Uint8Array]>([
    ['what begins like a zip file', latin1('PK\x03\x05 and more')],
    ['what begins like an npy file', latin1('\x93NUMPX and more')],
    ['what begins like ONNX', latin1('\x08\x80\x01')],
    ['text', latin1('Pretrained weights')],
  ])('are refused: %s', (_, bytes) => {
    expect(() => decodeWeights(bytes, 'x')).toThrow(
      'x must hold weights; received a file of another format; give safetensors, a .pth or .pt of a state dict, .npz,' +
        ' .npy or an ONNX model',
    );
  });
});

describe('float32Of', () => {
  it.each<[string, Uint8Array, number[]]>([
    ['uint64', new Uint8Array(BigUint64Array.of(7n, 2n ** 63n).buffer), [7, 2 ** 63]],
    ['int64', new Uint8Array(BigInt64Array.of(-7n, -(2n ** 63n)).buffer), [-7, -(2 ** 63)]],
    [
      'float64',
      new Uint8Array(Float64Array.of(0.1, -1e300).buffer),
      [Math.fround(0.1), Number.NEGATIVE_INFINITY],
    ],
    ['bool', Uint8Array.of(0, 1), [0, 1]],
    ['bfloat16', new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer), [1, -2]],
  ])('makes numbers of %s', (dtype, bytes, values) => {
    const stored = { dtype: dtype as 'bool', shape: [2], bytes: () => bytes };
    expect([...float32Of(stored, 'w')]).toEqual(values);
  });

  it('views what is float32, and refuses what is no plain number', () => {
    const bytes = floats(1, 2);
    expect(float32Of({ dtype: 'float32', shape: [2], bytes: () => bytes }, 'w').buffer).toBe(bytes.buffer);
    for (const dtype of ['complex64', 'float8e4m3fn', 'string', 'int4'] as const) {
      expect(() => float32Of({ dtype, shape: [2], bytes: () => bytes }, 'w')).toThrow(
        `w must hold real numbers; received ${dtype}; store it as float32`,
      );
    }
  });
});

describe('stridedTensor', () => {
  it('reaches to its last element, and nowhere where it has none', () => {
    expect(reach({ shape: [2, 3], strides: [10, 2], offset: 5 })).toBe(5 + 10 + 4 + 1);
    expect(reach({ shape: [], strides: [], offset: 5 })).toBe(6);
    expect(reach({ shape: [4, 0], strides: [10, 2], offset: 5 })).toBe(0);
  });

  it.each([
    ['uint8', 1],
    ['int16', 2],
    ['float32', 4],
    ['float64', 8],
  ] as const)('turns %s where they lie, at any byte of a file', (dtype, width) => {
    const content = Uint8Array.from({ length: 6 * width }, (_, i) => i);
    for (const shift of [0, 1, width]) {
      const file = new Uint8Array(content.length + shift);
      file.set(content, shift);
      const layout = { shape: [2, 2], strides: [1, 3], offset: 1 };
      const turned = stridedTensor(dtype, layout, () => file.subarray(shift)).bytes();
      const expected = [1, 4, 2, 5].flatMap((i) => [...content.subarray(i * width, (i + 1) * width)]);
      expect([...turned]).toEqual(expected);
    }
  });
});

/** NumPy's array format, versions 1 to 3: numpy/lib/format.py. */
import { quoted, UserError } from '../core/errors.ts';
import { rowMajorStrides } from '../core/strided.ts';
import { sizeOf } from '../core/tensor.ts';
import type { ElementType } from '../onnx/element-type.ts';
import { elementWidth, stridedTensor } from './strided-tensor.ts';
import type { StoredTensor } from './weight-file.ts';

/** By numpy's type strings, without the byte order. */
const types: Readonly<Record<string, ElementType>> = {
  ...{ f8: 'float64', f4: 'float32', f2: 'float16', b1: 'bool' },
  ...{ i8: 'int64', i4: 'int32', i2: 'int16', i1: 'int8' },
  ...{ u8: 'uint64', u4: 'uint32', u2: 'uint16', u1: 'uint8' },
};

/** What is in an array whose elements are no numbers, by the letter that its type begins with. */
const others: Readonly<Record<string, 'text' | 'objects'>> = { U: 'text', S: 'text', O: 'objects' };

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** What numpy writes, key by key in this order; others differ in spaces. */
const headerPattern =
  /^\{'descr': *'([<>|=])(\w{1,8})', *'fortran_order': *(True|False), *'shape': *\(([\d, ]*)\),? *\}\s*$/;

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/**
 * The array of an `.npy` file; its elements are views of `bytes` where they lie in row-major order.
 * @throws UserError when the file is damaged, big-endian, or of a type that is no plain number
 */
export function decodeNpy(bytes: Uint8Array, source: string): StoredTensor {
  const { order, code, isFortran, shape, dataStart } = readHeader(bytes, source);
  const dtype = dtypeOf(order, code, source);
  const width = elementWidth(dtype) ?? 1;
  const due = sizeOf(shape) * width;
  if (due !== bytes.length - dataStart) {
    throw damaged(source, `${bytes.length - dataStart} bytes of data where ${due} are due`);
  }
  // In Fortran's order, the first axis varies fastest.
  const strides = isFortran ? rowMajorStrides(shape.toReversed()).reverse() : rowMajorStrides(shape);
  return stridedTensor(dtype, { shape, strides, offset: 0 }, () => bytes.subarray(dataStart));
}

/** Whether an `.npy` file holds text or objects; null for numbers. @throws UserError when its header is damaged */
export function otherContent(bytes: Uint8Array, source: string): 'text' | 'objects' | null {
  return others[readHeader(bytes, source).code[0]] ?? null;
}

function dtypeOf(order: string, code: string, source: string): ElementType {
  const dtype = Object.hasOwn(types, code) ? types[code] : undefined;
  if (dtype && order !== '>') return dtype;
  const found = quoted(order + code);
  if (dtype) {
    throw new UserError(`${source} must hold little-endian numbers`, {
      received: found,
      remedy: `convert it with .astype('<${code}')`,
    });
  }
  const other = others[code[0]];
  throw new UserError(`${source} must hold plain numbers`, {
    received: other ? `an array of ${other} (${found})` : found,
    remedy: other ? 'give an array of numbers' : 'convert it to integers or floats with .astype',
  });
}

function damaged(source: string, received: string): UserError {
  return new UserError(`${source} is not a valid npy file`, {
    received,
    remedy: 'fetch or save the file again',
  });
}

function readHeader(bytes: Uint8Array, source: string) {
  const { header, dataStart } = headerText(bytes, source);
  const match = headerPattern.exec(header);
  if (!match) {
    throw new UserError(`${source} must hold an array of plain numbers`, {
      received: quoted(header.trim()),
      remedy: 'save it with numpy.save, without objects or records',
    });
  }
  const [, order, code, fortran, extents] = match;
  const shape = extents
    .split(',')
    .filter((extent) => extent.trim() !== '')
    .map(Number);
  return { order, code, isFortran: fortran === 'True', shape, dataStart };
}

function headerText(bytes: Uint8Array, source: string) {
  const version = bytes[magic.length];
  const lengthBytes = version === 1 ? 2 : 4;
  const start = magic.length + 2 + lengthBytes;
  if (!isNpy(bytes) || bytes.length < start || version < 1 || version > 3)
    throw damaged(source, 'no header of version 1 to 3');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(start - 2, true) : view.getUint32(start - 4, true);
  if (start + length > bytes.length)
    throw damaged(source, `a header of ${length} bytes in a file of ${bytes.length}`);
  const dataStart = start + length;
  // A header holds a few words; numpy itself refuses long ones.
  if (length > 10_000) throw damaged(source, `a header of ${length} bytes`);
  return { header: new TextDecoder().decode(bytes.subarray(start, dataStart)), dataStart };
}

/** What MATLAB puts in front of the HDF5 part: 116 bytes of text, and its version and byte-order marks. */
function userBlock(): Uint8Array {
  const block = new Uint8Array(512);
  const text =
    'MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 1970 HDF5 schema 1.00 .';
  block.set(new TextEncoder().encode(text.padEnd(116)));
  block.set([0x00, 0x02, 0x49, 0x4d], 124);
  return block;
}

/** Formats of MATLAB's and Octave's files before 7.3, by how they begin. */
const otherFormats: readonly (readonly [begins: RegExp, name: string])[] = [
  [/^MATLAB 5\.0 MAT-file/, "MATLAB's version 5, as save -v6, save -v7 and scipy.io.savemat write it"],
  [/^# Created by Octave/, "Octave's text format"],
  [/^Octave-1-[BL]/, "Octave's binary format"],
];

/** What a file is that has another format than version 7.3; null where that is not known. */
export function otherMatFormat(bytes: Uint8Array): string | null {
  const begin = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  const found = otherFormats.find(([begins]) => begins.test(begin));
  return found?.[1] ?? (isVersion4(bytes) ? "MATLAB's version 4" : null);
}

/** Five int32s begin it: a type, rows, columns, whether complex, and the length of the name that follows. */
function isVersion4(bytes: Uint8Array): boolean {
  if (bytes.length < 20) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [type, rows, columns, complex, length] = [0, 4, 8, 12, 16].map((at) => view.getInt32(at, true));
  if (type < 0 || type > 52 || rows < 0 || columns < 0 || complex >> 1 !== 0) return false;
  const name = Buffer.from(bytes.subarray(20, 20 + length - 1)).toString('latin1');
  return length > 1 && length <= 64 && bytes[19 + length] === 0 && /^[A-Za-z]\w*$/.test(name);
}

const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * What is wrong with an HDF5 file as a whole: that it is none, or shorter than its superblock says (HDF5's file format,
 * III.A). Null where nothing is, or where the superblock is of a kind that only the library knows.
 */
export function hdf5Fault(bytes: Uint8Array): string | null {
  const isSignature = (at: number) => hdf5Signature.every((byte, i) => bytes[at + i] === byte);
  let start = 0;
  while (start < bytes.length && !isSignature(start)) start = start === 0 ? 512 : 2 * start;
  if (start >= bytes.length) return 'file signature not found';
  const version = bytes[start + 8];
  // Where the size of addresses, the base and the end of the file are.
  const [size, base, end] = version < 2 ? [13, 24 + 4 * version, 40 + 4 * version] : [9, 12, 28];
  if (start + end + 8 > bytes.length) return `truncated file: ${bytes.length} bytes`;
  if (version > 3 || bytes[start + size] !== 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const address = (at: number) => Number(view.getBigUint64(start + at, true));
  const length = address(end) - address(base) + start;
  return length > bytes.length ? `truncated file: ${bytes.length} of ${length} bytes` : null;
}

/**
 * Puts MATLAB's user block in front of an HDF5 file. The superblock (version 0) then starts at 512 and has to say
 * so: its base address (offset 24) and end of file (offset 40) move along.
 */
export function withUserBlock(hdf5: Uint8Array): Uint8Array {
  const block = userBlock();
  const file = new Uint8Array(block.length + hdf5.length);
  file.set(block);
  file.set(hdf5, block.length);
  const superblock = new DataView(file.buffer, block.length);
  superblock.setBigUint64(24, BigInt(block.length), true);
  superblock.setBigUint64(40, BigInt(file.length), true);
  return file;
}

/**
 * Zeroes the modification times that HDF5 stamps its objects with (header message 0x12: 8 bytes, version 1), so
 * that the same annotation gives the same bytes on any day.
 *
 * @param from the seconds since 1970 between which the file was written
 */
export function withoutTimes(hdf5: Uint8Array, from: number, to: number): Uint8Array {
  const view = new DataView(hdf5.buffer, hdf5.byteOffset, hdf5.length);
  for (let at = 0; at + 16 <= hdf5.length; at += 8) {
    if (view.getUint32(at, true) !== 0x0008_0012 || view.getUint32(at + 8, true) !== 1) continue;
    const seconds = view.getUint32(at + 12, true);
    if (seconds >= from && seconds <= to) view.setUint32(at + 12, 0, true);
  }
  return hdf5;
}

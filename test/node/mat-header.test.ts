import { describe, expect, it } from 'vitest';
import { otherMatFormat, withoutTimes, withUserBlock } from '../../src/node/mat-header.ts';
import { oddAnnotation } from './odd-annotations.ts';

const text = (letters: string) => new Uint8Array(Buffer.from(letters, 'latin1'));

describe('otherMatFormat', () => {
  it.each([
    ['MATLAB 5.0 MAT-file Platform: posix, Created on: Thu', "MATLAB's version 5, as save -v6"],
    ['# Created by Octave 8.4.0, Thu', "Octave's text format"],
    ['Octave-1-L\0\0', "Octave's binary format"],
    ['Octave-1-B\0\0', "Octave's binary format"],
  ])('knows %j', (begin, name) => {
    expect(otherMatFormat(text(begin))).toContain(name);
  });

  it.each([
    '',
    'MATLAB 7.3 MAT-file, Platform: GLNXA64',
    ' MATLAB 5.0 MAT-file',
    'xx# Created by Octave',
    'Octave-1-X',
    'my Octave-1-L',
    '\x89HDF\r\n\x1a\n',
  ])('does not know %j', (begin) => {
    expect(otherMatFormat(text(begin))).toBeNull();
  });

  /** Version 4 as its manual has it: five int32s, then a name with a zero behind it. */
  function version4(change: { at?: number; to?: number; name?: string; cut?: number }): Uint8Array {
    const name = change.name ?? 'reS_id\0';
    const head = new DataView(new ArrayBuffer(20));
    [50, 3, 5, 0, name.length].forEach((value, i) => {
      head.setInt32(4 * i, value, true);
    });
    if (change.at !== undefined) head.setInt32(change.at, change.to ?? 0, true);
    const bytes = Buffer.concat([Buffer.from(head.buffer), Buffer.from(name), Buffer.alloc(15)]);
    // Not at the start of its buffer, as parts of files may lie.
    return Uint8Array.from([9, 9, 9, 9, ...bytes]).subarray(4, 4 + (change.cut ?? bytes.length));
  }

  it.each([
    ['by scipy', oddAnnotation('version-4')],
    ['of bytes', version4({})],
    ['of doubles', version4({ at: 0, to: 0 })],
    ['of the last type', version4({ at: 0, to: 52 })],
    ['of no rows', version4({ at: 4, to: 0 })],
    ['of no columns', version4({ at: 8, to: 0 })],
    ['of complex numbers', version4({ at: 12, to: 1 })],
    ['of a name of one letter', version4({ name: 'x\0' })],
    ['of the longest name', version4({ name: `${'n'.repeat(63)}\0` })],
  ])('knows version 4 %s', (_, bytes) => {
    expect(otherMatFormat(bytes)).toBe("MATLAB's version 4");
  });

  it.each([
    ['a type below 0', version4({ at: 0, to: -1 })],
    ['a type above 52', version4({ at: 0, to: 53 })],
    ['rows below 0', version4({ at: 4, to: -1 })],
    ['columns below 0', version4({ at: 8, to: -1 })],
    ['a flag of 2', version4({ at: 12, to: 2 })],
    ['a flag below 0', version4({ at: 12, to: -1 })],
    ['an empty name', version4({ name: '\0' })],
    ['no name', version4({ at: 16, to: 0, name: '' })],
    ['too long a name', version4({ name: `${'n'.repeat(64)}\0` })],
    ['a name without end', version4({ name: 'reS_idx' })],
    ['a name that begins with a digit', version4({ name: '9lives\0' })],
    ['a name of two words', version4({ name: 'two words\0' })],
    ['19 bytes', version4({ cut: 19 })],
    ['20 bytes', version4({ cut: 20 })],
  ])('does not know one with %s', (_, bytes) => {
    expect(otherMatFormat(bytes)).toBeNull();
  });
});

describe('withUserBlock', () => {
  it('puts 512 bytes in front, and moves the base address and the end of the file', () => {
    const hdf5 = Uint8Array.from({ length: 96 }, (_, i) => i);
    const file = withUserBlock(hdf5);
    expect(file).toHaveLength(608);
    expect(Buffer.from(file.subarray(0, 116)).toString('latin1')).toBe(
      'MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 1970 HDF5 schema 1.00 .'.padEnd(
        116,
      ),
    );
    expect([...file.subarray(116, 128)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x49, 0x4d]);
    expect(new Set(file.subarray(128, 512))).toEqual(new Set([0]));
    const expected = Uint8Array.from(hdf5);
    expected.set([0, 2, 0, 0, 0, 0, 0, 0], 24);
    expected.set([0x60, 2, 0, 0, 0, 0, 0, 0], 40);
    expect(file.subarray(512)).toEqual(expected);
  });
});

describe('withoutTimes', () => {
  /** A message of type 0x12 (modification time): 8 bytes, version 1, the seconds. */
  const message = (seconds: number, version = 1) => [
    0x12,
    0,
    8,
    0,
    0,
    0,
    0,
    0,
    version,
    0,
    0,
    0,
    ...int32(seconds),
  ];
  const int32 = (value: number) => [...new Uint8Array(Int32Array.of(value).buffer)];
  const [from, to] = [1_700_000_000, 1_700_000_002];

  it('zeroes the seconds of messages from the time of writing, and nothing else', () => {
    const parts = [
      [...message(from), 7, 7, 7, 7, 7, 7, 7, 7],
      message(to),
      // Values that only look like a time: of another day, version, or kind of message.
      message(from - 1),
      message(to + 1),
      message(from, 2),
      message(from).with(0, 0x13),
      message(from + 1),
    ];
    const given = Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9, ...parts.flat()]);
    const expected = Uint8Array.from(given);
    for (const at of [8, 32, given.length - 16]) expected.fill(0, at + 12, at + 16);
    // In the middle of a buffer.
    const buffer = new Uint8Array(given.length + 16);
    buffer.set(given, 8);
    expect(withoutTimes(buffer.subarray(8, 8 + given.length), from, to)).toEqual(expected);
  });

  it('leaves what is cut short', () => {
    const cut = Uint8Array.from(message(from).slice(0, 15));
    expect(withoutTimes(cut, from, to)).toEqual(Uint8Array.from(message(from).slice(0, 15)));
    expect(withoutTimes(new Uint8Array(0), from, to)).toHaveLength(0);
  });
});

/**
 * What fuzz tests share: damaged copies of good files, and what a reader may answer to them. A reader gives a result or
 * one line for the person at the keyboard; it never hangs, crashes, or allocates on a file's word alone.
 */
import { reasonOf, UserError } from '../src/core/errors.ts';
import { fc, runs } from './properties.ts';

export interface FuzzOptions {
  readonly cases: number;
  /** Bytes that mean something in the format, to be put in the middle of things. */
  readonly words?: readonly Uint8Array[];
  /** Bytes of buffers a reader may make, as a multiple of the file's size. Default 16. */
  readonly growth?: number;
  /** Bytes it may make besides, whatever the file's size. Default 1 MiB. */
  readonly slack?: number;
}

export interface FuzzCounts {
  /** Damaged files that were read all the same: the damage was where no reader can see it. */
  readonly read: number;
  readonly refused: number;
}

/**
 * Gives damaged copies of `files` to `read`, which must also use what it gets, so that what is lazy is done.
 *
 * @throws Error naming the file and its fewest damages, when `read` throws anything but a UserError of one line that
 *   names the file ("fuzz"), or makes buffers out of proportion
 * @example fuzz([goodFile], (bytes) => decodeWeights(bytes, 'fuzz'), { cases: 2000 });
 */
export function fuzz(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  { cases, words = [], growth = 16, slack = 2 ** 20 }: FuzzOptions,
): FuzzCounts {
  const counts = { read: 0, refused: 0 };
  fc.assert(
    fc.property(damagedFile({ files, words }), ({ bytes }) => {
      const isRead = answers(() => read(bytes), growth * bytes.length + slack);
      counts[isRead ? 'read' : 'refused']++;
    }),
    runs(cases),
  );
  return counts;
}

/**
 * Whether a reader gives a result, or one line about the file called "fuzz".
 * @param mostBuffers bytes of buffers it may make
 * @throws Error saying what is wrong with any other answer
 */
export function answers(read: () => unknown, mostBuffers = Number.POSITIVE_INFINITY): boolean {
  const before = process.memoryUsage().arrayBuffers;
  let error: unknown = null;
  try {
    read();
  } catch (thrown) {
    error = thrown;
  }
  const made = process.memoryUsage().arrayBuffers - before;
  if (made > mostBuffers) throw new Error(`${made} bytes of buffers, of which ${mostBuffers} were allowed`);
  if (error === null) return true;
  if (!(error instanceof UserError)) throw new Error('no UserError', { cause: error });
  const { message } = error;
  if (message.includes('\n') || message.length > 800 || !message.includes('fuzz')) {
    throw new Error(`an error that is not one line about the file: ${reasonOf(error).slice(0, 800)}`);
  }
  return false;
}

/** Numbers at the edges of what fields hold. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** What is done to a file, in a form that failures can show. */
interface Damage {
  readonly how: keyof typeof damages;
  /** From the front, or, below zero, from the end. */
  readonly at: number;
  readonly size: number;
  readonly value: number;
}

interface Around {
  readonly files: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
}

const damages = {
  cut: (bytes: Uint8Array, at: number) => bytes.subarray(0, at),
  flip: (bytes: Uint8Array, at: number, { size }: Damage) =>
    bytes.map((byte, i) => (i === at ? byte ^ (1 << (size % 8)) : byte)),
  number: (bytes: Uint8Array, at: number, { size, value }: Damage) => {
    const copy = bytes.slice();
    const width = 1 << (size % 4);
    for (let i = 0; i < width && at + i < copy.length; i++) {
      // The upper half of eight bytes is as the sign has it.
      copy[at + i] = i < 4 ? value >>> (8 * i) : value === 0xffffffff ? 0xff : 0;
    }
    return copy;
  },
  remove: (bytes: Uint8Array, at: number, { size }: Damage) =>
    join(bytes.subarray(0, at), bytes.subarray(at + 1 + (size % 8))),
  repeat: (bytes: Uint8Array, at: number, { size, value }: Damage) => {
    const part = bytes.subarray(at, at + 1 + size);
    const times = value % 20 === 19 ? 1000 : 1 + (value % 4);
    return join(bytes.subarray(0, at), ...Array<Uint8Array>(times).fill(part), bytes.subarray(at));
  },
  insert: (bytes: Uint8Array, at: number, { size, value }: Damage, { words }: Around) => {
    if (words.length === 0) return bytes;
    return join(bytes.subarray(0, at), words[value % words.length], bytes.subarray(at + (size % 2)));
  },
  splice: (bytes: Uint8Array, at: number, { value }: Damage, { files }: Around) => {
    const other = files[value % files.length];
    return join(bytes.subarray(0, at), other.subarray(value % other.length));
  },
};

/** A copy of one of the files with one to four damages. */
function damagedFile(around: Around): fc.Arbitrary<{ readonly bytes: Uint8Array }> {
  const { files } = around;
  const longest = Math.max(...files.map(({ length }) => length));
  const damage: fc.Arbitrary<Damage> = fc.record({
    how: fc.constantFrom(...(Object.keys(damages) as Damage['how'][])),
    // Headers are at the front and, in zip files, at the end: places near either are likelier.
    at: fc.oneof(fc.nat(longest - 1), fc.nat(199), fc.integer({ min: -200, max: -1 })),
    size: fc.nat(63),
    value: fc.oneof(fc.constantFrom(...edges), fc.nat(0xffffffff)),
  });
  const several = fc.array(damage, { minLength: 1, maxLength: 4 });
  return fc.tuple(fc.nat(files.length - 1), several).map(([file, chosen]) => ({
    bytes: chosen.reduce((bytes, one) => damaged(bytes, one, around), files[file]),
    [fc.toStringMethod]: () => `file ${file} with ${JSON.stringify(chosen)}`,
  }));
}

function damaged(bytes: Uint8Array, damage: Damage, around: Around): Uint8Array {
  const { length } = bytes;
  if (length === 0) return bytes;
  const at = ((damage.at % length) + length) % length;
  return damages[damage.how](bytes, at, damage, around);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

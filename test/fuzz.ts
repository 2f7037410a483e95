/**
 * What fuzz tests share: damaged copies of good files, and what a reader may answer to them. A reader gives a result or
 * one line for the person at the keyboard; it never hangs, crashes, or allocates on a file's word alone.
 */
import { reasonOf, UserError } from '../src/core/errors.ts';
import { Rng } from '../src/core/rng.ts';

export interface FuzzOptions {
  /** Of all cases; case n depends on it and n alone. */
  readonly seed: string;
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
 * @throws Error naming the seed, the case and the file's bytes in base64, when `read` throws anything but a UserError of
 *   one line that names the file ("fuzz"), or makes buffers out of proportion
 * @example fuzz([goodFile], (bytes) => decodeWeights(bytes, 'fuzz'), { seed: 'npy', cases: 2000 });
 */
export function fuzz(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array) => unknown,
  { seed, cases, words = [], growth = 16, slack = 2 ** 20 }: FuzzOptions,
): FuzzCounts {
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < cases; i++) {
    const rng = new Rng(`${seed}/${i}`);
    const bytes = damage(rng.pick(files), rng, { files, words });
    const complaint = complaintOf(read, bytes, growth * bytes.length + slack, counts);
    if (complaint !== null) {
      throw new Error(`${complaint} (seed ${seed}, case ${i}): ${Buffer.from(bytes).toString('base64')}`);
    }
  }
  return counts;
}

/** What is wrong with a reader's answer; null where nothing is. */
function complaintOf(
  read: (bytes: Uint8Array) => unknown,
  bytes: Uint8Array,
  mostBuffers: number,
  counts: { read: number; refused: number },
): string | null {
  const before = process.memoryUsage().arrayBuffers;
  let error: unknown = null;
  try {
    read(bytes);
    counts.read++;
  } catch (thrown) {
    error = thrown;
    counts.refused++;
  }
  const made = process.memoryUsage().arrayBuffers - before;
  if (made > mostBuffers) return `${made} bytes of buffers for a file of ${bytes.length}`;
  if (error === null) return null;
  if (!(error instanceof UserError))
    return `no UserError but ${error instanceof Error ? error.stack : error}`;
  const { message } = error;
  if (message.includes('\n') || message.length > 600 || !message.includes('fuzz')) {
    return `an error that is not one line about the file: ${reasonOf(error).slice(0, 600)}`;
  }
  return null;
}

/** Numbers at the edges of what fields hold. */
const edges = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A copy with one to four damages. */
function damage(
  file: Uint8Array,
  rng: Rng,
  around: { files: readonly Uint8Array[]; words: readonly Uint8Array[] },
): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (let left = 1 + rng.integer(4); left > 0 && bytes.length > 0; left--) {
    bytes = rng.pick(damages)(bytes, rng, around);
  }
  return bytes;
}

type Damage = (
  bytes: Uint8Array,
  rng: Rng,
  around: { files: readonly Uint8Array[]; words: readonly Uint8Array[] },
) => Uint8Array;

/** Headers are at the front and, in zip files, at the end: places near either are likelier. */
function place(rng: Rng, length: number): number {
  const near = rng.integer(3);
  if (near === 0) return rng.integer(length);
  const distance = rng.integer(Math.min(length, 200));
  return near === 1 ? distance : length - 1 - distance;
}

const damages: readonly Damage[] = [
  function truncate(bytes, rng) {
    return bytes.slice(0, rng.integer(bytes.length));
  },
  function flipBits(bytes, rng) {
    for (let left = 1 + rng.integer(3); left > 0; left--)
      bytes[place(rng, bytes.length)] ^= 1 << rng.integer(8);
    return bytes;
  },
  function setByte(bytes, rng) {
    bytes[place(rng, bytes.length)] = rng.integer(256);
    return bytes;
  },
  function setNumber(bytes, rng) {
    const width = rng.pick([2, 4, 8]);
    const at = place(rng, bytes.length);
    const value = rng.pick(edges) + rng.integer(3) * rng.integer(2);
    for (let i = 0; i < width && at + i < bytes.length; i++) {
      // The upper half of eight bytes is as the sign has it.
      bytes[at + i] = i < 4 ? value >>> (8 * i) : value === 0xffffffff ? 0xff : 0;
    }
    return bytes;
  },
  function remove(bytes, rng) {
    const at = place(rng, bytes.length);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + rng.integer(8)));
  },
  function repeat(bytes, rng) {
    const at = place(rng, bytes.length);
    const part = bytes.subarray(at, at + 1 + rng.integer(64));
    const times = rng.chance(0.05) ? 1000 : 1 + rng.integer(4);
    return join(bytes.subarray(0, at), ...Array.from({ length: times }, () => part), bytes.subarray(at));
  },
  function insertWord(bytes, rng, { words }) {
    if (words.length === 0) return bytes;
    const at = place(rng, bytes.length);
    return join(bytes.subarray(0, at), rng.pick(words), bytes.subarray(rng.chance(0.5) ? at : at + 1));
  },
  function splice(bytes, rng, { files }) {
    const other = rng.pick(files);
    return join(bytes.subarray(0, place(rng, bytes.length)), other.subarray(place(rng, other.length)));
  },
];

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

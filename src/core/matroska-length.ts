/** EBML's own header, and the segment that holds all else: RFC 8794 and RFC 9559. */
const [headerId, segmentId] = [0x1a45dfa3, 0x18538067];

/** Bytes that `matroskaLength` has to see. */
export const matroskaHead = 256;

/**
 * How long a Matroska or WebM file says that it is, bytes. Null for other files, and for those that were written as
 * they came, such as a recording of a browser: they do not know.
 *
 * @param head its first bytes, `matroskaHead` of them or all
 */
export function matroskaLength(head: Uint8Array): number | null {
  const header = elementAt(head, 0);
  if (header?.id !== headerId || header.end === null) return null;
  const segment = elementAt(head, header.end);
  return segment?.id === segmentId ? segment.end : null;
}

/** An element's name and where it ends, null where that is not said; null where `bytes` are too few to know. */
function elementAt(bytes: Uint8Array, at: number): { id: number; end: number | null } | null {
  // Both elements have names of four bytes. A length tells its own in the zeros that it begins with.
  const first = bytes[at + 4];
  const width = first === undefined ? 0 : Math.clz32(first) - 23;
  if (width < 1 || width > 8 || at + 4 + width > bytes.length) return null;
  const id = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
  const digits = [first & (0xff >> width), ...bytes.subarray(at + 5, at + 4 + width)];
  const isUnknown = digits.every((digit, i) => digit === (i === 0 ? 0xff >> width : 0xff));
  const length = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  return { id, end: isUnknown ? null : at + 4 + width + length };
}

import { UserError } from './errors.ts';

/**
 * The text in a file's bytes, without a byte order mark: UTF-8, or UTF-16 where a byte order mark says so. Nothing is
 * guessed and nothing replaced: a name that was read wrongly would go on into bundles and reports.
 *
 * @param source what the bytes are, for the error: a path
 * @throws UserError naming the line and byte that is no UTF-8, with the likely encoding and what to do
 * @example decodeText(await readFile('labels.txt'), 'labels.txt');
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  const [first, second] = bytes;
  const utf16 =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : null;
  if (utf16) {
    const text = decode(bytes, utf16);
    if (text !== null) return text;
    throw encodingError(source, 'UTF-16 that is cut off or damaged', 'UTF-16');
  }
  const text = decode(bytes, 'utf-8');
  if (text === null) throw encodingError(source, wrongByte(bytes), 'WINDOWS-1252');
  if (!text.includes('\0')) return text;
  const at = bytes.indexOf(0);
  const order = at % 2 === 1 ? 'UTF-16LE' : 'UTF-16BE';
  const received = `a zero byte at ${at}, as in UTF-16 without a byte order mark or in a binary file`;
  throw encodingError(source, received, order);
}

/** Null where the bytes are not of this encoding. */
function decode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The first byte that begins no character, and its line. */
function wrongByte(bytes: Uint8Array): string {
  let [well, end] = [0, bytes.length];
  while (well < end) {
    const middle = Math.ceil((well + end) / 2);
    if (startsWell(bytes.subarray(0, middle))) well = middle;
    else end = middle - 1;
  }
  // The character that does not go on as it should began up to three bytes before.
  while (decode(bytes.subarray(0, well), 'utf-8') === null) well--;
  const line = bytes.subarray(0, well).filter((byte) => byte === 10).length + 1;
  const byte = bytes[well].toString(16).toUpperCase();
  return `byte 0x${byte} in line ${line}, as in Latin-1 or Windows-1252`;
}

/** Whether bytes are UTF-8, but for a last character that is cut off. */
function startsWell(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function encodingError(source: string, received: string, from: string): UserError {
  return new UserError(`${source} must be text in UTF-8`, {
    received,
    remedy: `save it as UTF-8, in an editor or with iconv -f ${from} -t UTF-8`,
  });
}

import { latin1 } from './file-format.ts';

export interface Box {
  readonly type: string;
  readonly body: Uint8Array;
}

/** The boxes that lie side by side in some bytes of an ISO base media file; one that is cut short ends the list. */
export function* boxes(bytes: Uint8Array): Generator<Box> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length; ) {
    let [size, head] = [view.getUint32(at), 8];
    if (size === 1 && at + 16 <= bytes.length) [size, head] = [Number(view.getBigUint64(at + 8)), 16];
    if (size === 0) size = bytes.length - at;
    if (size < head || at + size > bytes.length) return;
    yield { type: latin1(bytes.subarray(at + 4, at + 8)), body: bytes.subarray(at + head, at + size) };
    at += size;
  }
}

/** Bytes before the children of the boxes that have some: version and flags of a "full" box. */
const fullBox: Readonly<Record<string, number>> = { meta: 4 };

/** The bodies of all boxes at a path, as `['meta', 'iprp', 'ipco', 'colr']`. */
export function boxesAt(bytes: Uint8Array, path: readonly string[]): Uint8Array[] {
  const [first, ...rest] = path;
  const found = [...boxes(bytes)].filter(({ type }) => type === first).map(({ body }) => body);
  if (rest.length === 0) return found;
  return found.flatMap((body) => boxesAt(body.subarray(fullBox[first] ?? 0), rest));
}

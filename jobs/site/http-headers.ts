/** How an answer's bytes are packed. `identity`: as they are. */
export type Encoding = 'br' | 'gzip' | 'identity';

/** Ours in order of size. */
const offered: readonly Encoding[] = ['br', 'gzip', 'identity'];

/**
 * The encoding that a client likes best of ours, and of those it likes alike the smallest (RFC 9110, 12.5.3). One
 * that refuses all gets `identity`: an answer that it may be able to read is better than none.
 *
 * @param header its Accept-Encoding
 * @example chosenEncoding('gzip, br;q=0.5'); // 'gzip'
 */
export function chosenEncoding(header: string | string[] | undefined): Encoding {
  const qualities = new Map<string, number>();
  for (const item of String(header ?? '').split(',')) {
    const [name, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    if (name !== '') qualities.set(name, quality >= 0 && quality <= 1 ? quality : 0);
  }
  const any = qualities.get('*');
  const quality = (encoding: Encoding) => {
    const given = qualities.get(encoding) ?? any;
    // Nobody needs to ask for identity, but who asks for another wants that more.
    if (encoding === 'identity') return qualities.get('identity') ?? (any === 0 ? 0 : Number.MIN_VALUE);
    return given ?? 0;
  };
  const best = Math.max(...offered.map(quality));
  return best > 0 ? (offered.find((encoding) => quality(encoding) === best) ?? 'identity') : 'identity';
}

/**
 * The bytes that a Range header asks for, first and last; null where all of them are to be sent: for other units,
 * for what cannot be read, and for several ranges at once (RFC 9110, 14.2, leaves that to the server).
 *
 * @example requestedRange('bytes=-2', 10); // [8, 9]
 */
export function requestedRange(header: string, size: number): [number, number] | 'unsatisfiable' | null {
  const [, first, last] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header) ?? [];
  if (first === undefined || (first === '' && last === '')) return null;
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0 ? 'unsatisfiable' : [size - count, size - 1];
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : [start, end];
}

/** Whether an If-None-Match header names the version. Weak tags count: they promise the same content. */
export function matchesTag(header: string, version: string): boolean {
  return header
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === version);
}

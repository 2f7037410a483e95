import { describe, expect, it } from 'vitest';
import { boxes, boxesAt } from '../../src/image/iso-media.ts';
import { big, joined, text } from './odd-images.ts';

const box = (type: string, ...body: number[]) => [...big(8 + body.length), ...text(type), ...body];
const listed = (bytes: Uint8Array) => [...boxes(bytes)].map(({ type, body }) => [type, ...body]);

describe('boxes', () => {
  it('are those that lie side by side, in the middle of a buffer too', () => {
    const bytes = joined([9, 9, 9], box('ftyp', 1, 2), box('free'), box('mdat', 3), [9]);
    expect(listed(bytes.subarray(3, -1))).toEqual([['ftyp', 1, 2], ['free'], ['mdat', 3]]);
  });

  it('may have sizes of 64 bits, or go on to the end', () => {
    const long = [...big(1), ...text('mdat'), ...big(0), ...big(18), 5, 6];
    const rest = [...big(0), ...text('mdat'), 7, 8, 9];
    expect(listed(joined(long, box('free'), rest))).toEqual([['mdat', 5, 6], ['free'], ['mdat', 7, 8, 9]]);
  });

  it.each([
    ['cut short', box('moov', 1, 2, 3).slice(0, -1)],
    ['cut in its head', box('moov').slice(0, 7)],
    ['of a size below its head', [...big(7), ...text('moov'), 0, 0]],
    ['of a long size below its head', [...big(1), ...text('moov'), ...big(0), ...big(15), 0, 0]],
    ['of a long size that is cut off', [...big(1), ...text('moov'), ...big(0), 0, 0, 0]],
    ['of a long size beyond the file', [...big(1), ...text('moov'), ...big(1), ...big(16), 0]],
  ])('end before one that is %s', (_, bad) => {
    expect(listed(joined(box('ftyp', 1), bad))).toEqual([['ftyp', 1]]);
    expect(listed(Uint8Array.from(bad))).toEqual([]);
  });

  it('may be empty, with sizes of 64 bits too', () => {
    const long = [...big(1), ...text('mdat'), ...big(0), ...big(16)];
    expect(listed(joined(long, box('free')))).toEqual([['mdat'], ['free']]);
    expect(listed(new Uint8Array(0))).toEqual([]);
  });
});

describe('boxesAt', () => {
  const colr = (value: number) => box('colr', value);
  const ipco = box('ipco', ...colr(1), ...box('ispe', 9), ...colr(2));
  // "meta" has a version and flags before its children, others have not.
  const bytes = joined(
    box('ftyp', 0),
    box('meta', 0, 0, 0, 0, ...box('iprp', ...ipco, ...box('ipco', ...colr(3)))),
    box('meta', 0, 0, 0, 0, ...box('iprp', ...box('ipco', ...colr(4)))),
    colr(5),
  );

  it('finds all at a path, whichever of several parents they have', () => {
    const found = (...path: string[]) => boxesAt(bytes, path).map((body) => [...body]);
    expect(found('meta', 'iprp', 'ipco', 'colr')).toEqual([[1], [2], [3], [4]]);
    expect(found('meta', 'iprp', 'ipco', 'ispe')).toEqual([[9]]);
    expect(found('colr')).toEqual([[5]]);
    expect(found('meta', 'colr')).toEqual([]);
    expect(found('moov')).toEqual([]);
  });
});

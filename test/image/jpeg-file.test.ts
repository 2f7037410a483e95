import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ImageFault } from '../../src/image/image-fault.ts';
import { mendJpeg } from '../../src/image/jpeg-file.ts';
import { joined, text } from './odd-images.ts';

/** A file of libjpeg's: where its segments begin, by their markers, and where the data of its scans end. */
interface Form {
  jpeg: string;
  markers: [at: number, kind: number][];
  ends: number[];
}
const golden: {
  height: number;
  files: Record<string, Form>;
  painted: Record<string, [length: number, rows: number][]>;
  arithmetic: string;
} = JSON.parse(readFileSync(new URL('../golden/jpeg-forms.json', import.meta.url), 'utf8'));
const forms = Object.entries(golden.files);
const bytesOf = (name: string) => Uint8Array.from(Buffer.from(golden.files[name].jpeg, 'base64'));

/** What is said of a file that is not read. */
function fault(bytes: Uint8Array): ImageFault {
  try {
    mendJpeg(bytes);
  } catch (error) {
    return error as ImageFault;
  }
  throw new Error('it was read');
}

function placeOf(name: string, kind: number): number {
  const found = golden.files[name].markers.find(([, marker]) => marker === kind);
  if (!found) throw new Error(`${name} has no marker ${kind}`);
  return found[0];
}

const changed = (bytes: Uint8Array, at: number, ...values: number[]) => {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
};
const put = (bytes: Uint8Array, at: number, ...values: number[]) =>
  joined(bytes.subarray(0, at), values, bytes.subarray(at));

describe.each(forms)('a JPEG of the form %s', (name, { markers, ends }) => {
  const bytes = bytesOf(name);

  it('is the same object where nothing is wrong with it, whatever follows', () => {
    expect(mendJpeg(bytes)).toBe(bytes);
    const more = joined(bytes, bytes, text('ftypmp42'));
    expect(mendJpeg(more)).toBe(more);
    // Markers may be filled up with FF, and those that stand alone say nothing.
    for (const extra of [[0xff], [0xff, 0x01], [0xff, 0xd8]]) {
      const filled = markers.reduceRight<Uint8Array>((file, [at]) => put(file, at, ...extra), bytes);
      expect(mendJpeg(filled)).toBe(filled);
    }
  });

  it('gets its end marker where that is missing', () => {
    expect(mendJpeg(bytes.subarray(0, -2))).toEqual(bytes);
    const half = mendJpeg(bytes.subarray(0, -1));
    expect([...half.subarray(-2)]).toEqual([0xff, 0xd9]);
    expect(half.subarray(0, bytes.length - 2)).toEqual(bytes.subarray(0, -2));
  });

  it('loses stray bytes before its markers', () => {
    for (const strays of [[7], [1, 2, 3], [0xff, 0, 0xff, 0, 5], Array(64).fill(0)]) {
      const all = markers.reduceRight<Uint8Array>((file, [at]) => put(file, at, ...strays), bytes);
      expect(mendJpeg(all)).toEqual(bytes);
      // What follows its end goes, too.
      expect(mendJpeg(joined(all, text('and more')))).toEqual(bytes);
      // The end marker among them may be missing.
      expect(mendJpeg(all.subarray(0, -2 - strays.length))).toEqual(bytes);
    }
  });

  it('is refused where too many bytes follow its data', () => {
    for (const end of ends) {
      expect(fault(put(bytes, end, ...Array(65).fill(5))).message).toBe(
        'a JPEG with 65 bytes too many after its data',
      );
    }
  });

  it('is truncated at any cut, and says how many scans there are or how many rows', () => {
    const begin = placeOf(name, 0xda);
    const starts = markers.flatMap(([at, kind]) => (kind === 0xda ? at + 2 + bytes[at + 3] : []));
    const data = starts.map((start, i) => [start + 2, ends[i]]);
    let before = -1;
    for (let length = 3; length < bytes.length - 2; length += 11) {
      const cut = fault(bytes.subarray(0, length));
      expect(cut.truncated, `${length}: ${cut.message}`).toBe(true);
      const scans = ends.filter((end) => end <= length).length;
      const said = /with (\d+) of 37 rows|after (\d+) whole scans? and (\d+) % of the next/.exec(cut.message);
      if (length < begin || !said) {
        expect(cut.message).toBe(`a JPEG of ${length} bytes that ends before its picture begins`);
        expect(before).toBe(-1);
        continue;
      }
      if (said[2] !== undefined) {
        expect(Number(said[2])).toBe(scans);
        expect(cut.message).toContain(scans === 1 ? ' scan and' : ' scans and');
      }
      // No less of it than of a shorter part.
      const rank = said[1] === undefined ? scans * 100 + Number(said[3]) : Number(said[1]);
      expect(rank).toBeGreaterThanOrEqual(before);
      before = rank;
      // Somebody may have put an end marker into the data.
      const ended = joined(bytes.subarray(0, length), [0xff, 0xd9]);
      if (data.some(([from, to]) => from < length && length < to)) {
        expect(fault(ended).message).toBe(cut.message);
      }
    }
    expect(before).toBeGreaterThan(0);
  });

  it('is damaged where it has no picture at all, or another frame', () => {
    const frame = markers.find(([, kind]) => kind >= 0xc0 && kind <= 0xc2)?.[0] ?? 0;
    const [, scan] = [frame, placeOf(name, 0xda)];
    expect(fault(joined(bytes.subarray(0, scan), [0xff, 0xd9])).message).toBe('a JPEG without a picture');
    const length = (bytes[frame + 2] << 8) | bytes[frame + 3];
    const header = bytes.subarray(frame, frame + 2 + length);
    const [before, after] = [bytes.subarray(0, frame), bytes.subarray(frame + 2 + length)];
    expect(fault(joined(before, header, header, after)).message).toBe('a JPEG with two frame headers');
    expect(fault(joined(before, after)).message).toBe('a JPEG whose data come before its size');
  });
});

describe.each(Object.entries(golden.painted))('a JPEG of the form %s that is cut off', (name, painted) => {
  it('has the rows that libjpeg paints of it, within an MCU', () => {
    const bytes = bytesOf(name);
    for (const [length, rows] of painted) {
      const said = Number(/with (\d+) of 37 rows/.exec(fault(bytes.subarray(0, length)).message)?.[1] ?? 0);
      expect(Math.abs(said - rows), `${length} bytes: ${said} for ${rows}`).toBeLessThanOrEqual(16);
    }
  });
});

describe('a sequential JPEG', () => {
  const bytes = bytesOf('4:2:0');
  const frame = placeOf('4:2:0', 0xc0);
  const scan = placeOf('4:2:0', 0xda);

  it('gets the parameters that its scans must have', () => {
    for (const name of ['4:2:0', 'grey', 'scans of one channel']) {
      const good = bytesOf(name);
      const headers = golden.files[name].markers.filter(([, kind]) => kind === 0xda).map(([at]) => at);
      const wrong = Uint8Array.from(good);
      for (const at of headers) wrong.set([3, 2, 1], at + (good[at + 4] * 2 + 5));
      expect(mendJpeg(wrong)).toEqual(good);
      expect(mendJpeg(put(wrong, headers[0], 1, 2))).toEqual(good);
    }
  });

  it.each([
    ['a lossless JPEG', 0xc3],
    ['a hierarchical JPEG', 0xc5],
    ['a hierarchical JPEG', 0xc6],
    ['a hierarchical JPEG', 0xc7],
    ['a JPEG with arithmetic coding', 0xc9],
    ['a JPEG with arithmetic coding', 0xca],
    ['a lossless JPEG', 0xcb],
    ['a JPEG of a rare kind', 0xcd],
    ['a JPEG of a rare kind', 0xcf],
  ])('is none where its frame is that of %s', (words, kind) => {
    const { received, remedy } = fault(changed(bytes, frame + 1, kind));
    expect(received).toBe(`${words}, which is not supported`);
    expect(remedy).toBe('save it again as JPEG or PNG');
  });

  it('may have any segment that says nothing of the picture', () => {
    for (const kind of [0xc8, 0xcc, 0xdc, 0xe1, 0xfe]) {
      const more = put(bytes, frame, 0xff, kind, 0, 4, 9, 9);
      expect(mendJpeg(more)).toBe(more);
    }
    // A thumbnail in a segment is none of it, and a segment may be empty.
    const thumbnail = put(
      bytes,
      2,
      0xff,
      0xe1,
      0,
      10,
      0xff,
      0xd8,
      0xff,
      0xda,
      0,
      2,
      0xff,
      0xd9,
      0xff,
      0xe2,
      0,
      2,
    );
    expect(mendJpeg(thumbnail)).toBe(thumbnail);
  });

  it.each<[string, Uint8Array]>([
    [
      'a JPEG with arithmetic coding, which is not supported',
      Uint8Array.from(Buffer.from(golden.arithmetic, 'base64')),
    ],
    ['a JPEG of 12 bits a channel, which is not supported', changed(bytes, frame + 4, 12)],
    ['a JPEG of 43×0 pixels and 3 channels', changed(bytes, frame + 5, 0, 0)],
    ['a JPEG of 0×37 pixels and 3 channels', changed(bytes, frame + 7, 0, 0)],
    ['a JPEG of 43×37 pixels and 0 channels', changed(bytes, frame + 9, 0)],
    ['a JPEG of 43×37 pixels and 4 channels', changed(bytes, frame + 9, 4)],
    ['a JPEG with impossible sampling factors', changed(bytes, frame + 11, 0x20)],
    ['a JPEG with impossible sampling factors', changed(bytes, frame + 11, 0x02)],
    ['a JPEG with impossible sampling factors', changed(bytes, frame + 11, 0x52)],
    ['a JPEG with impossible sampling factors', changed(bytes, frame + 14, 0x15)],
    ['a JPEG with a segment of no length', put(bytes, 2, 0xff, 0xe1, 0, 1)],
    ['a JPEG with a scan of a channel that it does not have', changed(bytes, scan + 5, 77)],
    ['a JPEG with half a scan header', changed(bytes, scan + 4, 0)],
    [
      'a JPEG whose picture is followed by half a segment',
      joined(bytes.subarray(0, -2), [0xff, 0xe1, 0, 9, 1]),
    ],
    ['a JPEG whose picture is followed by half a segment', joined(bytes.subarray(0, -2), [0xff, 0xe1, 0])],
    // The codes of a table that is not there.
    ['a JPEG that makes no sense from 0 % into its data', changed(bytes, scan + 6, 0x33)],
    ['a JPEG that makes no sense from 0 % into its data', changed(bytes, scan + 6, 0x03)],
    // A difference of more than 15 bits, whatever its code.
    [
      'a JPEG that makes no sense from 0 % into its data',
      changed(bytes, placeOf('4:2:0', 0xc4) + 21, ...Array(12).fill(16)),
    ],
  ])('is refused as %s', (message, wrong) => {
    expect(fault(wrong)).toMatchObject({ message, truncated: false });
  });

  it('may be as small and as finely sampled as there is', () => {
    // Larger factors need more blocks than there are: the data end too early, and nothing else is wrong.
    expect(fault(changed(bytes, frame + 11, 0x44))).toMatchObject({ truncated: true });
  });

  it('restarts with markers in their order', () => {
    const name = 'restarts each MCU';
    const good = bytesOf(name);
    const start = placeOf(name, 0xda) + 14;
    const restarts = [...good.keys()].filter(
      (at) => at >= start && good[at] === 0xff && good[at + 1] >> 3 === 0x1a,
    );
    expect(restarts.map((at) => good[at + 1] & 7)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // Three MCUs a row, in three rows.
    restarts.forEach((at, i) => {
      const wrong = changed(good, at + 1, 0xd0 + ((i + 1) & 7));
      expect(fault(wrong).message).toBe(
        `a JPEG that makes no sense from ${Math.floor((100 * (i + 1)) / 9)} % into its data`,
      );
      expect(fault(good.subarray(0, at)).message).toContain(
        `with ${Math.floor((37 * (i + 1)) / 9)} of 37 rows`,
      );
      // Strays before a restart are strays, too.
      expect(mendJpeg(put(good, at, 0, 0))).toEqual(good);
    });
    // The interval that is said is another than the one there is.
    const interval = good.findIndex((byte, at) => byte === 0xff && good[at + 1] === 0xdd) + 5;
    expect(() => mendJpeg(changed(good, interval, 2))).toThrow('a JPEG');
  });
});

describe('a progressive JPEG', () => {
  const name = 'refined thrice';
  const bytes = bytesOf(name);
  const scans = golden.files[name].markers.filter(([, kind]) => kind === 0xda).map(([at]) => at);

  it('is whole only with every bit of every coefficient', () => {
    const withoutEnd = bytes.subarray(0, -2);
    expect(mendJpeg(withoutEnd)).toEqual(bytes);
    // Each scan but the last leaves something out.
    for (const end of golden.files[name].ends.slice(0, -1)) {
      expect(fault(bytes.subarray(0, end)).truncated).toBe(true);
    }
  });

  it('has no scans beyond the 64 coefficients, nor ones that end before they begin', () => {
    // The second scan is of one channel: coefficients 1–5.
    const at = scans[1] + 7;
    expect([...bytes.subarray(at, at + 2)]).toEqual([1, 5]);
    for (const [from, to] of [
      [6, 5],
      [1, 64],
    ]) {
      expect(fault(changed(bytes, at, from, to)).message).toBe('a JPEG with an impossible scan');
    }
  });

  it('says in which scan it makes no sense', () => {
    const at = scans[3];
    expect(fault(changed(bytes, at + 6, 0x33)).message).toBe(
      'a JPEG whose scan 4 makes no sense from 0 % into its data',
    );
  });
});

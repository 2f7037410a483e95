import { expect, it } from 'vitest';
import { type VideoColour, type YuvLayout, yuvToRgb } from '../../src/image/colour.ts';
import { fc } from '../properties.ts';

/** The planes of a small picture in any layout, with rows that are padded on the right, and its colours. */
const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 7 }),
    height: fc.integer({ min: 1, max: 7 }),
    bits: fc.constantFrom(...([8, 10, 12] as const)),
    columns: fc.constantFrom(...([1, 2] as const)),
    rows: fc.constantFrom(...([1, 2] as const)),
    matrix: fc.constantFrom(...(['bt601', 'bt709'] as const)),
    range: fc.constantFrom(...(['limited', 'full'] as const)),
    padding: fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)),
  })
  .chain((head) => {
    const chroma = [Math.ceil(head.width / head.columns), Math.ceil(head.height / head.rows)];
    const plane = (rows: number, length: number) =>
      fc.array(fc.array(fc.nat(2 ** head.bits - 1), { minLength: length, maxLength: length }), {
        minLength: rows,
        maxLength: rows,
      });
    return fc.record({
      head: fc.constant(head),
      y: plane(head.height, head.width),
      u: plane(chroma[1], chroma[0]),
      v: plane(chroma[1], chroma[0]),
    });
  });

type Rows = readonly (readonly number[])[];
interface Frame extends VideoColour, YuvLayout {
  readonly width: number;
  readonly height: number;
}

function convert(frame: Frame, [y, u, v]: readonly Rows[], [padY, padU, padV] = [0, 0, 0]): number[] {
  const Values = frame.bits === 8 ? Uint8Array : Uint16Array;
  const flat = (rows: Rows, padding: number) =>
    Values.from(rows.flatMap((row) => [...row, ...Array<number>(padding).fill(99)]));
  const planes = { y: flat(y, padY), u: flat(u, padU), v: flat(v, padV) };
  const strides = {
    ...{ strideY: frame.width + padY, strideU: u[0].length + padU, strideV: v[0].length + padV },
  };
  const layout = { bits: frame.bits, columns: frame.columns, rows: frame.rows };
  return [...yuvToRgb({ ...planes, ...strides }, { ...frame, layout }).data];
}

/** ITU-R BT.601 and BT.709, in real numbers. */
function pixel(y: number, cb: number, cr: number, { matrix, range, bits }: Frame): number[] {
  const [kr, kb] = matrix === 'bt601' ? [0.299, 0.114] : [0.2126, 0.0722];
  const most = 2 ** bits - 1;
  const unit = 2 ** (bits - 8);
  const light = range === 'full' ? y / most : (y - 16 * unit) / (219 * unit);
  const [b, r] = [cb, cr].map((c) => (c - 128 * unit) / (range === 'full' ? most : 224 * unit));
  const [red, blue] = [light + 2 * (1 - kr) * r, light + 2 * (1 - kb) * b];
  const green = (light - kr * red - kb * blue) / (1 - kr - kb);
  return [red, green, blue].map((value) => Math.min(1, Math.max(0, value)) * 255);
}

it("is the standards' formula, pixel by pixel, with the chroma of its place, however rows are padded", () => {
  fc.assert(
    fc.property(picture, ({ head, y, u, v }) => {
      const expected = y.flatMap((row, i) =>
        row.flatMap((luma, j) => {
          const [down, across] = [Math.floor(i / head.rows), Math.floor(j / head.columns)];
          return pixel(luma, u[down][across], v[down][across], head);
        }),
      );
      const converted = convert(head, [y, u, v], head.padding);
      expect(converted).toHaveLength(expected.length);
      expect(Math.max(...converted.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(0.52);
    }),
  );
});

it('without chroma all channels are the same, and rise with the luma', () => {
  fc.assert(
    fc.property(picture, ({ head, y, u, v }) => {
      const none = 2 ** (head.bits - 1);
      const grey = [u, v].map((rows) => rows.map((row) => row.map(() => none)));
      const levels = convert(head, [y, ...grey]);
      const lumas = y.flat();
      expect(levels).toEqual(lumas.flatMap((_, i) => Array<number>(3).fill(levels[3 * i])));
      const order = [...lumas.keys()].sort((a, b) => lumas[a] - lumas[b]).map((i) => levels[3 * i]);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }),
  );
});

it('is the same with each chroma value written out, and in limited range with more bits of the same values', () => {
  fc.assert(
    fc.property(picture, ({ head, y, u, v }) => {
      const written = [u, v].map((rows) =>
        y.map((row, i) => row.map((_, j) => rows[Math.floor(i / head.rows)][Math.floor(j / head.columns)])),
      );
      const rgb = convert(head, [y, u, v]);
      expect(convert({ ...head, columns: 1, rows: 1 }, [y, ...written])).toEqual(rgb);
      const more = [y, u, v].map((rows) => rows.map((row) => row.map((value) => value * 4)));
      const finer = { 8: 10, 10: 12, 12: null } as const;
      const bits = finer[head.bits];
      if (bits && head.range === 'limited') expect(convert({ ...head, bits }, more)).toEqual(rgb);
    }),
  );
});

it('a plane that lacks a value is refused by name', () => {
  fc.assert(
    fc.property(picture, fc.constantFrom(0, 1, 2), ({ head, y, u, v }, short) => {
      const planes = [y, u, v].map((rows, i) =>
        i === short ? [...rows.slice(0, -1), rows[rows.length - 1].slice(1)] : rows,
      );
      // Where there is one row, its own length is the stride that is given.
      fc.pre(planes[short].length > 1);
      expect(() => convert(head, planes)).toThrow(`the ${'YUV'[short]} plane needs`);
    }),
  );
});

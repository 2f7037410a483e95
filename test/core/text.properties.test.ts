import { expect, it } from 'vitest';
import { decodeText } from '../../src/core/text.ts';
import { answers } from '../fuzz.ts';
import { fc, runs } from '../properties.ts';

/** Any characters but a zero and the byte order mark, which say something else. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('a', '\n', 'ä', '走', '🏃'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  })
  .filter((text) => !/\0|^\ufeff/.test(text));

it('text comes back from UTF-8 and, with a byte order mark, from UTF-16', () => {
  fc.assert(
    fc.property(text, (text) => {
      expect(decodeText(Buffer.from(text), 'fuzz')).toBe(text);
      expect(decodeText(Buffer.from(`\ufeff${text}`), 'fuzz')).toBe(text);
      const little = Buffer.from(`\ufeff${text}`, 'utf16le');
      expect(decodeText(little, 'fuzz')).toBe(text);
      expect(decodeText(Buffer.from(little).swap16(), 'fuzz')).toBe(text);
    }),
    runs(300),
  );
});

it('the byte that is no UTF-8 is named with its line', () => {
  // Continuation bytes without a start, bytes that begin nothing, and starts that nothing follows.
  const wrong = fc.oneof(
    fc.integer({ min: 0x80, max: 0xc1 }),
    fc.integer({ min: 0xf5, max: 0xfd }),
    fc.integer({ min: 0xc2, max: 0xf4 }),
  );
  fc.assert(
    fc.property(text, wrong, text, (before, byte, after) => {
      // What follows begins with a line feed, so that it is no part of the character.
      const bytes = Buffer.concat([Buffer.from(before), Buffer.of(byte), Buffer.from(`\n${after}`)]);
      fc.pre(!/^(\xfe\xff|\xff\xfe)/.test(bytes.toString('latin1')));
      const hex = byte.toString(16).toUpperCase();
      const line = before.split('\n').length;
      expect(() => decodeText(bytes, 'fuzz')).toThrow(
        `fuzz must be text in UTF-8; received byte 0x${hex} in line ${line}, as in Latin-1`,
      );
    }),
    runs(300),
  );
});

it('any bytes are text or refused in one line', () => {
  const marks = fc
    .constantFrom('', '\ufeff', '\xff\xfe', '\xfe\xff')
    .map((mark) => Buffer.from(mark, 'latin1'));
  fc.assert(
    fc.property(marks, fc.uint8Array({ maxLength: 40 }), (mark, rest) => {
      answers(() => decodeText(Buffer.concat([mark, rest]), 'fuzz'));
    }),
    runs(500),
  );
});

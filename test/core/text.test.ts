import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/core/text.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

describe('decodeText', () => {
  it('reads UTF-8, with a byte order mark and without', () => {
    const text = 'märz\n走る\n🏃';
    expect(decodeText(utf8(text), 'f')).toBe(text);
    expect(decodeText(utf8(`\ufeff${text}`), 'f')).toBe(text);
    expect(decodeText(new Uint8Array(), 'f')).toBe('');
  });

  it('reads UTF-16 where a byte order mark says so', () => {
    const little = Buffer.from('\ufeffmärz\r\n走る', 'utf16le');
    expect(decodeText(little, 'f')).toBe('märz\r\n走る');
    expect(decodeText(Buffer.from(little).swap16(), 'f')).toBe('märz\r\n走る');
  });

  it.each([
    ['Latin-1', Buffer.from('gehen\nmärz\n', 'latin1'), 'byte 0xE4 in line 2, as in Latin-1 or Windows-1252'],
    ['Latin-1 at the end', Buffer.from('marché', 'latin1'), 'byte 0xE9 in line 1'],
    ['UTF-8 that is cut off', utf8('run\n走').subarray(0, 6), 'byte 0xE8 in line 2'],
    ['UTF-16 without a mark', Buffer.from('walk', 'utf16le'), 'a zero byte at 1, as in UTF-16'],
    ['UTF-16 that is cut off', Buffer.from('\ufeffwalk', 'utf16le').subarray(0, 7), 'UTF-16 that is cut off'],
  ])('refuses %s, and says what to do', (_, bytes, received) => {
    const message = new RegExp(`^labels.txt must be text in UTF-8; received ${received}.*; save it as UTF-8`);
    expect(() => decodeText(bytes, 'labels.txt')).toThrow(message);
  });

  it.each([
    ['UTF-16 without a mark', Buffer.from('walk', 'utf16le'), 'UTF-16LE'],
    ['UTF-16 of the other order', Buffer.from('walk', 'utf16le').swap16(), 'UTF-16BE'],
    ['UTF-16 that is cut off', Uint8Array.of(0xff, 0xfe, 0x41), 'UTF-16'],
    ['UTF-16 of the other order that is cut off', Uint8Array.of(0xfe, 0xff, 0x41), 'UTF-16'],
    ['half a mark', Uint8Array.of(0xff, 0x41), 'WINDOWS-1252'],
    ['half a mark of the other order', Uint8Array.of(0xfe, 0x41), 'WINDOWS-1252'],
    ['the ends of both marks', Uint8Array.of(0xfe, 0xfe), 'WINDOWS-1252'],
    ['a mark that is turned over', Uint8Array.of(0xff, 0xff), 'WINDOWS-1252'],
  ])('says what %s would have to be converted from', (_, bytes, from) => {
    expect(() => decodeText(bytes, 'f')).toThrow(
      `; save it as UTF-8, in an editor or with iconv -f ${from} -t UTF-8`,
    );
  });

  it('refuses in words for a person', () => {
    expect(() => decodeText(Uint8Array.of(0xe9), 'f')).toThrow(
      expect.objectContaining({ name: 'UserError', exitCode: 1 }),
    );
  });

  it('names the first byte that begins no character, wherever it stands, and its line', () => {
    const letters = [...'aé走🏃\n\nz走\né🏃'];
    // Bytes that begin nothing, or a character that does not go on.
    for (const bad of [[0xe9], [0x80], [0xff], [0xc3, 0x28], [0xe8, 0xb5, 0x0a], [0xf0, 0x9f, 0x8f, 0x41]]) {
      for (let at = 0; at <= letters.length; at++) {
        const before = letters.slice(0, at).join('');
        const bytes = Uint8Array.from([
          ...utf8(before),
          ...bad,
          ...utf8(`${letters.slice(at).join('')}\xa0`),
        ]);
        const line = before.split('\n').length;
        expect(() => decodeText(bytes, 'f')).toThrow(
          `byte 0x${bad[0].toString(16).toUpperCase()} in line ${line}, as in Latin-1`,
        );
      }
    }
  });
});

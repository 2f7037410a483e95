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
});

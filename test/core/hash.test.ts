import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each([
  ['with Web Crypto', () => {}],
  ['on a page that is no secure context', () => vi.stubGlobal('crypto', {})],
  ['where there is no crypto at all', () => vi.stubGlobal('crypto', undefined)],
])('sha256 %s', (_, setUp) => {
  // FIPS 180-2, appendix B, and the hash of nothing.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('gives the published values', async (text, expected) => {
    setUp();
    expect(await sha256(text)).toBe(expected);
  });

  it('agrees with OpenSSL, whatever the length, and in the middle of a buffer', async () => {
    setUp();
    const buffer = Uint8Array.from({ length: 400 }, (_, i) => (i * 7919) % 256);
    for (let length = 0; length < 200; length++) {
      const bytes = buffer.subarray(length, 2 * length);
      expect(await sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
    expect(await sha256('Bär')).toBe(createHash('sha256').update('Bär').digest('hex'));
  });
});

import { createHash } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { fc } from '../properties.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([
  ['with Web Crypto', () => {}],
  ['without', () => vi.stubGlobal('crypto', undefined)],
])("any bytes and any text have OpenSSL's hash, %s", async (_, setUp) => {
  setUp();
  const buffer = fc.uint8Array({ maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(buffer, fc.nat(70), fc.string({ unit: 'binary' }), async (buffer, start, text) => {
      const part = buffer.subarray(start);
      expect(await sha256(part)).toBe(createHash('sha256').update(part).digest('hex'));
      expect(await sha256(text)).toBe(createHash('sha256').update(text).digest('hex'));
    }),
  );
});

/**
 * Hex sha256 of bytes or of a string's UTF-8: through Web Crypto in Node and in secure contexts, and in JavaScript,
 * several times slower, on pages that came over plain http from another machine, which browsers give none.
 */
export async function sha256(data: Uint8Array | string): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const digest = await sha256Bytes(bytes as Uint8Array<ArrayBuffer>);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function sha256Bytes(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle) return new Uint8Array(await subtle.digest('SHA-256', bytes));
  const { sha256: digest } = await import('@noble/hashes/sha2.js');
  return digest(bytes);
}

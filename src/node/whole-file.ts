import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';

/** Read and hashed at a time: Node's `readFile` and its hashes take no more than 2 GiB. */
const pieceBytes = 2 ** 26;

/**
 * A file's bytes, up to 4 GiB, and their sha256 in hex.
 *
 * @throws Error when it cannot be read, or is no regular file: a pipe might never end
 */
export async function readWhole(path: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; sha256: string }> {
  const hash = createHash('sha256');
  // Without waiting for a writer, where it is a pipe.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new Error(`${path} is not a regular file`);
    const bytes = new Uint8Array(status.size);
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + pieceBytes);
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      at += bytesRead;
    }
    return { bytes: bytes.subarray(0, at), sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

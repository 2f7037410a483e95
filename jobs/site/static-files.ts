import { createReadStream, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { lookup } from 'mrmime';
import { chosenEncoding, type Encoding, matchesTag, requestedRange } from './http-headers.ts';

/** A bundler put a hash of the content into the name: what is there once is there for ever. */
const hashedName = /^\/assets\/.+-[\w-]{8}\.\w+$/;

/** Text, and WebAssembly. Weights, pictures and videos are as small as they get. */
const compressible = /^(text\/|application\/(json|javascript|wasm|xml)|image\/svg)/;

/** Below this an answer fits into a packet or two anyway. */
const leastBytes = 1024;

interface Found {
  readonly path: string;
  readonly stats: Stats;
  readonly type: string;
}

/**
 * Answers requests for the files of a folder, as web servers do: whole or in part, compressed where the client can
 * read that, and not again where it has them. What is compressed once is kept for the life of the process.
 *
 * @param headers sent with every answer
 */
export function staticFiles(
  folder: string,
  headers: OutgoingHttpHeaders,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const compressed = new Map<string, Promise<Buffer>>();

  /** A file's bytes in an encoding. `version` changes when the file does. */
  const compress = (path: string, encoding: Encoding, version: string) => {
    const key = `${version} ${path}`;
    const kept = compressed.get(key);
    if (kept) return kept;
    const made = readFile(path).then((bytes) => compressBytes(bytes, encoding));
    compressed.set(key, made);
    made.catch(() => compressed.delete(key));
    return made;
  };

  return async (request, response) => {
    const say = (status: number, more: OutgoingHttpHeaders = {}, text = '') => {
      response.writeHead(status, { ...headers, 'Content-Type': 'text/plain', ...more });
      response.end(text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      say(405, { Allow: 'GET, HEAD' }, 'only GET and HEAD\n');
      return;
    }
    const pathname = pathOf(request);
    const found = pathname === null ? null : await find(folder, pathname);
    if (pathname === null || !found) {
      say(404, {}, 'not found\n');
      return;
    }
    const { path, stats, type } = found;
    const isCompressible = compressible.test(type) && stats.size >= leastBytes;
    const { range } = request.headers;
    // A part of a file is a part of its own bytes.
    const encoding =
      isCompressible && range === undefined ? chosenEncoding(request.headers['accept-encoding']) : 'identity';
    const version = `"${stats.size.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}${suffixes[encoding]}"`;
    const common: OutgoingHttpHeaders = {
      ...headers,
      'Content-Type': type,
      'Cache-Control': hashedName.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: version,
      'Last-Modified': stats.mtime.toUTCString(),
      'Accept-Ranges': 'bytes',
      ...(isCompressible && { Vary: 'Accept-Encoding' }),
    };
    if (isUnchanged(request, version, stats)) {
      response.writeHead(304, common).end();
      return;
    }
    if (encoding !== 'identity') {
      const body = await compress(path, encoding, version);
      response.writeHead(200, { ...common, 'Content-Encoding': encoding, 'Content-Length': body.length });
      response.end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    const condition = request.headers['if-range'];
    const isSame =
      condition === undefined || condition === version || condition === stats.mtime.toUTCString();
    const part = range !== undefined && isSame ? requestedRange(range, stats.size) : null;
    if (part === 'unsatisfiable') {
      say(416, { 'Content-Range': `bytes */${stats.size}` });
      return;
    }
    const [start, end] = part ?? [0, stats.size - 1];
    response.writeHead(part ? 206 : 200, {
      ...common,
      'Content-Length': end - start + 1,
      ...(part && { 'Content-Range': `bytes ${start}-${end}/${stats.size}` }),
    });
    if (request.method === 'HEAD' || stats.size === 0) response.end();
    // A client that goes away ends it, and is no failure of ours.
    else await pipeline(createReadStream(path, { start, end }), response).catch(() => {});
  };
}

const suffixes: Readonly<Record<Encoding, string>> = { br: '-br', gzip: '-gz', identity: '' };

/** What was asked for, decoded; null where that leads out of the folder, or to what is hidden. */
function pathOf({ url = '/' }: IncomingMessage): string | null {
  try {
    const pathname = decodeURIComponent(new URL(url, 'http://host').pathname);
    const isOpen = pathname.split(/[\\/]/).every((part) => !part.startsWith('.') && !part.includes('\0'));
    return isOpen ? pathname : null;
  } catch {
    return null;
  }
}

async function find(folder: string, pathname: string): Promise<Found | null> {
  const path = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
  const stats = await stat(path).catch(() => null);
  if (!stats?.isFile()) return null;
  const type = lookup(path) ?? 'application/octet-stream';
  return { path, stats, type: type.startsWith('text/') ? `${type}; charset=utf-8` : type };
}

function isUnchanged({ headers }: IncomingMessage, version: string, { mtimeMs }: Stats): boolean {
  const { 'if-none-match': tags, 'if-modified-since': since } = headers;
  if (tags !== undefined) return matchesTag(tags, version);
  // Dates have whole seconds.
  return since !== undefined && Math.trunc(mtimeMs / 1000) * 1000 <= Date.parse(since);
}

/** Brotli at the quality from where on more effort brings little. */
function compressBytes(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(bytes);
  return promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

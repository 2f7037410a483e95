import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export interface FaultyOptions {
  /** Sends COOP and COEP, so that pages may use threads. Default: true. */
  readonly isolated?: boolean;
  /** Of every answer, above what is sent anyway. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Media type of a path, where it is not to be the right one. */
  readonly type?: (path: string) => string | undefined;
  /** Answers a request in its own way. @returns whether it did */
  readonly answer?: (path: string, response: ServerResponse, file: Buffer) => boolean;
  /** Address to listen on. Default: localhost, which browsers trust as they do https. */
  readonly host?: string;
}

export interface FaultyServer {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly requested: string[];
  close(): void;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves a folder as hosts do that somebody set up in a hurry: everything that can be wrong with one can be asked for. */
export async function serveFaulty(folder: string, options: FaultyOptions = {}): Promise<FaultyServer> {
  const { isolated = true, headers = {}, type, answer, host = 'localhost' } = options;
  const requested: string[] = [];
  const server = createServer(async ({ url = '/' }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://host').pathname);
    requested.push(path);
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const file = await readFile(join(folder, name)).catch(() => null);
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    if (answer?.(path, response, file ?? Buffer.alloc(0))) return;
    if (!file) {
      response.writeHead(404).end('not found');
      return;
    }
    response.writeHead(200, {
      'Content-Type': type?.(path) ?? types[extname(name)] ?? 'application/octet-stream',
      'Content-Length': file.length,
      ...headers,
    });
    response.end(file);
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    requested,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends the first part of a file and then, without a word, no more. */
export function stall(response: ServerResponse, file: Buffer, sent = file.length >> 1): true {
  response.writeHead(200, { 'Content-Length': file.length });
  response.write(file.subarray(0, sent));
  return true;
}

/** Sends the first part of a file, and breaks the connection. */
export function cut(response: ServerResponse, file: Buffer, sent = file.length >> 1): true {
  response.writeHead(200, { 'Content-Length': file.length });
  response.write(file.subarray(0, sent), () => setTimeout(() => response.destroy(), 50));
  return true;
}

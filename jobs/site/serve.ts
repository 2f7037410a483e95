import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { reasonOf, UserError, usageError } from '../../src/core/errors.ts';
import { readText } from '../../src/node/text-file.ts';
import { parseSite } from '../../web/site.ts';
import { staticFiles } from './static-files.ts';

/** A running server. */
export interface SiteServer {
  readonly url: string;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** With these a page is cross-origin isolated, which wasm threads need. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * Serves a deployed site to this machine, compressed where the client reads that. Names with a hash may be kept by
 * it for ever; everything else it asks for again, and is told when that has not changed.
 *
 * @param options.port 0 takes any free one
 * @throws UserError when the folder is no site, or the port is taken or not allowed
 * @example const { url, close } = await serveSite('site', { port: 8080 });
 */
export async function serveSite(
  folder: string,
  { port = 8080 }: { readonly port?: number } = {},
): Promise<SiteServer> {
  await checkSite(folder);
  const answer = staticFiles(folder, isolation);
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      // The file was taken away, or cannot be read, since it was found.
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(`${reasonOf(error)}\n`);
    });
  });
  // A page may compute for a while between two requests, and must not find its connection closed.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => fail(listenError(error, port)));
    server.listen(port, 'localhost', done);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function checkSite(folder: string): Promise<void> {
  const path = join(folder, 'site.json');
  let text: string;
  try {
    text = await readText(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw usageError(`${folder} is not a site`, {
      received: reasonOf(cause),
      remedy: `make one with actionnx deploy <bundle..> --out ${folder}`,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} must be JSON`, {
      received: reasonOf(cause),
      remedy: 'deploy the site again',
      cause,
    });
  }
  parseSite(json, path);
}

function listenError(error: NodeJS.ErrnoException, port: number): UserError {
  if (error.code === 'EADDRINUSE') {
    return new UserError(`port ${port} is taken`, {
      remedy: 'choose another with --port, or --port 0 for any free one',
      cause: error,
    });
  }
  return new UserError(`cannot listen on port ${port}`, {
    received: reasonOf(error),
    remedy: 'choose another with --port',
    cause: error,
  });
}

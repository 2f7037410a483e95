import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { serveSite } from '../../jobs/site/serve.ts';

/** What goes wrong with a file: it is not there, ends early, stops coming, or is something else. */
export type FaultKind = 'missing' | 'truncated' | 'stalled' | 'silent' | 'broken' | 'page';

export type Fault =
  | { readonly kind: FaultKind }
  /** Half of it comes at once, more of it once `until` is there, and the end never. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> };

/** A site's server that fails as it is told, file by file. */
export interface FaultyServer {
  readonly url: string;
  /** By a part of the path. */
  readonly faults: Map<string, Fault>;
  /** Sent with every answer. */
  readonly headers: Map<string, string>;
  /** Ends it as a crash does: open answers break off. */
  close(): Promise<void>;
}

export async function serveFaulty(site: string): Promise<FaultyServer> {
  const behind = await serveSite(site, { port: 0 });
  const faults = new Map<string, Fault>();
  const headers = new Map<string, string>();
  // The site stays as it is, and its runtime is large.
  const answers = new Map<string, ReturnType<typeof ask>>();
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const asked = answers.get(path) ?? ask(new URL(path, behind.url));
    answers.set(path, asked);
    const answer = await asked.catch(() => null);
    // The test is over, and what stands behind has ended before this.
    if (!answer) return response.destroy();
    const [, fault] = [...faults].find(([part]) => path.includes(part)) ?? [];
    const sent: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) {
      if (!/^(content-(length|encoding)|transfer|etag|vary|date|conn|keep)/.test(name))
        sent[name] = String(value);
    }
    for (const [name, value] of headers) sent[name] = value;
    if (fault) fail(response, fault, answer.body, sent);
    else
      response.writeHead(answer.status, { ...sent, 'content-length': answer.body.length }).end(answer.body);
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    faults,
    headers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await behind.close();
    },
  };
}

/** Asks on a connection of its own: one that was kept may be closed from the other side at that moment. */
async function ask(url: URL) {
  const answer = await new Promise<IncomingMessage>((done, failed) => {
    get(url, { agent: false }, done).on('error', failed);
  });
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await buffer(answer) };
}

function fail(response: ServerResponse, fault: Fault, body: Buffer, headers: Record<string, string>): void {
  const { kind } = fault;
  const half = body.subarray(0, body.length >> 1);
  if (kind === 'missing') response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
  else if (kind === 'page') response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>');
  else if (kind === 'truncated')
    response.writeHead(200, { ...headers, 'content-length': half.length }).end(half);
  else if (kind === 'stalled')
    response.writeHead(200, { ...headers, 'content-length': body.length }).write(half);
  else if (kind === 'held') {
    response.writeHead(200, { ...headers, 'content-length': body.length }).write(half);
    void fault.until.then(() => response.write(body.subarray(half.length, -1)));
  } else if (kind === 'broken') {
    response.writeHead(200, { ...headers, 'content-length': body.length });
    response.write(half, () => response.destroy());
  }
}

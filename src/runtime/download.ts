import { reasonOf, UserError, usageError } from '../core/errors.ts';

export interface DownloadOptions {
  /** Called as bytes arrive, with how many have. Of a compressed answer they count as what they unpack to. */
  readonly onBytes?: (loaded: number) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds without a single byte after which the download is given up. Default: 60 000. */
  readonly stallTimeout?: number;
}

export interface Downloaded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The media type that the server gave, in lower case, without parameters; empty where it gave none. */
  readonly type: string;
}

/** A file that did not come: not found, refused, cut off or stalled. Another try may help. */
export class DownloadError extends UserError {
  readonly url: string;

  constructor(rule: string, url: URL, details: ConstructorParameters<typeof UserError>[1]) {
    super(rule, details);
    this.name = 'DownloadError';
    this.url = url.href;
  }
}

export const defaultStallTimeout = 60_000;

/** @throws UserError for anything but milliseconds; Infinity waits for ever */
export function checkStallTimeout(milliseconds: number): number {
  if (milliseconds > 0) return milliseconds;
  throw usageError('stallTimeout must be a number of milliseconds above 0', {
    received: String(milliseconds),
  });
}

/** An address relative to the page, or to the worker that this runs in, in full. */
export function absoluteUrl(address: string): URL {
  const { location, origin } = globalThis;
  // Bundlers may put workers into blob: addresses, which nothing is relative to.
  return new URL(address, location?.protocol === 'blob:' ? origin : location?.href);
}

/**
 * Fetches a whole file. Whatever happens, this settles: a server that stops sending is given up after a while.
 *
 * @throws DownloadError naming the file and what happened; the signal's reason when it was aborted
 */
export async function download(
  url: URL,
  { onBytes, signal, stallTimeout = defaultStallTimeout }: DownloadOptions = {},
): Promise<Downloaded> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  let received = 0;
  const watch = watchForStall(checkStallTimeout(stallTimeout), () =>
    controller.abort(
      new DownloadError(`${url.pathname} does not arrive`, url, {
        received: `${bytesSoFar(received)} and then nothing for ${stallTimeout / 1000} s`,
        remedy: 'check the connection and the server, and try again',
      }),
    ),
  );
  const failed = (cause: unknown): never => {
    // Some engines throw an error of their own in place of the reason that they were aborted with.
    if (controller.signal.aborted) throw controller.signal.reason;
    const isCut = received > 0;
    throw new DownloadError(
      isCut ? `the connection broke while ${url.pathname} was sent` : `cannot fetch ${url.pathname}`,
      url,
      {
        received: isCut ? `${bytesSoFar(received)}, then: ${reasonOf(cause)}` : reasonOf(cause),
        remedy: 'check the address and the connection, and try again',
        cause,
      },
    );
  };
  try {
    const response = await fetch(url, { signal: controller.signal }).catch(failed);
    if (!response.ok || !response.body) {
      throw new DownloadError(`cannot fetch ${url.pathname}`, url, {
        received: `HTTP ${response.status}`,
        remedy: 'check the address, and that the file is on the server',
      });
    }
    const chunks: Uint8Array[] = [];
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read().catch(failed);
      if (done) break;
      watch.alive();
      chunks.push(value);
      received += value.length;
      onBytes?.(received);
    }
    const [type] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
    return { bytes: concatenate(chunks, received), type: type.trim() };
  } finally {
    watch.end();
    signal?.removeEventListener('abort', abort);
    // Of an answer that was not wanted, the rest need not come.
    controller.abort();
  }
}

function bytesSoFar(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

/**
 * Calls `onStall` once nothing was alive for `milliseconds`. It counts ticks and does not look at the clock, so that
 * time in which this thread was busy, or the machine asleep, is not held against the server.
 */
export function watchForStall(milliseconds: number, onStall: () => void): { alive(): void; end(): void } {
  const ticks = 20;
  // Longer than timers can be.
  if (milliseconds / ticks >= 2 ** 31) return { alive: () => {}, end: () => {} };
  let idle = 0;
  const timer = setInterval(() => {
    idle += 1;
    if (idle >= ticks) onStall();
  }, milliseconds / ticks);
  return {
    alive: () => {
      idle = 0;
    },
    end: () => clearInterval(timer),
  };
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

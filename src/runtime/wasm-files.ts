import { reasonOf, UserError } from '../core/errors.ts';
import {
  absoluteUrl,
  checkStallTimeout,
  DownloadError,
  type Downloaded,
  defaultStallTimeout,
  download,
  watchForStall,
} from './download.ts';

/** The two files that a build of onnxruntime-web runs: name without ending, and bytes of both together. */
export const wasmBuilds = {
  wasm: { name: 'ort-wasm-simd-threaded', bytes: 14_264_278 },
  webgpu: { name: 'ort-wasm-simd-threaded.asyncify', bytes: 26_834_971 },
} as const;

export type WasmBuild = keyof typeof wasmBuilds;

export interface WasmFilesOptions {
  /** Called as the runtime's files arrive, in bytes, and once at least. */
  readonly onProgress?: (loaded: number, total: number) => void;
  /** Ends the waiting; the download too, unless somebody else waits for it. */
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte after which the runtime is given up. Default: 60 000. */
  readonly stallTimeout?: number;
}

export interface WasmFiles {
  /** The script, at an address from which this page and its workers may run it. It has run here already. */
  readonly script: string;
  readonly binary: Uint8Array<ArrayBuffer>;
}

interface SharedDownload {
  readonly files: Promise<WasmFiles>;
  readonly controller: AbortController;
  readonly listeners: Set<(loaded: number) => void>;
  loaded: number;
  waiting: number;
}

/** By the address of the script. Systems that are opened side by side wait for the same download. */
const downloads = new Map<string, SharedDownload>();

/**
 * A build's files from the folder where somebody put them, downloaded once. onnxruntime-web could fetch them itself,
 * but then a server's wrong media type is fatal, a stalled one is waited for without end, and nobody hears how far
 * it has come.
 *
 * @throws UserError when a file does not come, is another one, or may not be run; the next call tries again
 */
export async function fetchWasmFiles(
  build: WasmBuild,
  folder: string,
  { onProgress, signal, stallTimeout = defaultStallTimeout }: WasmFilesOptions = {},
): Promise<WasmFiles> {
  signal?.throwIfAborted();
  const { bytes } = wasmBuilds[build];
  const scriptUrl = scriptAddress(build, folder);
  const shared = downloads.get(scriptUrl.href) ?? startDownload(scriptUrl, checkStallTimeout(stallTimeout));
  // Other versions have other sizes.
  const listener = (loaded: number) => onProgress?.(loaded, Math.max(loaded, bytes));
  shared.listeners.add(listener);
  shared.waiting += 1;
  listener(shared.loaded);
  try {
    return await untilAborted(shared.files, signal);
  } finally {
    shared.listeners.delete(listener);
    shared.waiting -= 1;
    if (shared.waiting === 0 && signal?.aborted) {
      downloads.delete(scriptUrl.href);
      shared.controller.abort(signal.reason);
    }
  }
}

/** Lets go of the bytes, once they run. */
export function forgetWasmFiles(build: WasmBuild, folder: string): void {
  downloads.delete(scriptAddress(build, folder).href);
}

function scriptAddress(build: WasmBuild, folder: string): URL {
  return new URL(`${wasmBuilds[build].name}.mjs`, absoluteUrl(folder.endsWith('/') ? folder : `${folder}/`));
}

function startDownload(scriptUrl: URL, stallTimeout: number): SharedDownload {
  const controller = new AbortController();
  const loaded = { script: 0, binary: 0 };
  const downloadPart = (part: keyof typeof loaded, url: URL) =>
    download(url, {
      stallTimeout,
      signal: controller.signal,
      onBytes: (count) => {
        loaded[part] = count;
        shared.loaded = loaded.script + loaded.binary;
        for (const listener of shared.listeners) listener(shared.loaded);
      },
    });
  const binaryUrl = new URL(scriptUrl);
  binaryUrl.pathname = binaryUrl.pathname.replace(/\.mjs$/, '.wasm');
  const load = async (): Promise<WasmFiles> => {
    const [script, binary] = await Promise.all([
      downloadPart('script', scriptUrl).then((file) => runScript(file, scriptUrl, stallTimeout)),
      downloadPart('binary', binaryUrl).then((file) => checkBinary(file, binaryUrl)),
    ]);
    return { script, binary };
  };
  const files = load().catch((error) => {
    downloads.delete(scriptUrl.href);
    controller.abort(error);
    throw error;
  });
  const shared: SharedDownload = { files, controller, listeners: new Set(), loaded: 0, waiting: 0 };
  downloads.set(scriptUrl.href, shared);
  return shared;
}

const remedy = 'copy the files ort-wasm-simd-threaded* of onnxruntime-web there';

/**
 * Imports the script, and says from where it can be imported again. Browsers run nothing that a server does not call
 * JavaScript, nor make a worker of another origin's script: then a blob of the same bytes runs.
 */
async function runScript({ bytes, type }: Downloaded, url: URL, stallTimeout: number): Promise<string> {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes('export default')) {
    throw new UserError(`${url.pathname} is not the script of onnxruntime-web`, {
      received: describeFile({ bytes, type }),
      remedy,
    });
  }
  const runsInPlace =
    /^(text|application)\/(x-)?(java|ecma)script$/.test(type) && url.origin === globalThis.origin;
  const address = runsInPlace
    ? url.href
    : URL.createObjectURL(new Blob([bytes], { type: 'text/javascript' }));
  await new Promise<void>((done, fail) => {
    const watch = watchForStall(stallTimeout, () => {
      fail(
        new DownloadError(`${url.pathname} does not arrive`, url, {
          received: `nothing for ${stallTimeout / 1000} s when it was to run`,
          remedy: 'check the connection and the server, and try again',
        }),
      );
    });
    import(/* webpackIgnore: true */ /* @vite-ignore */ address).then(() => done(), fail).finally(watch.end);
  }).catch((cause) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`the browser does not run ${url.pathname}`, {
      received: `${reasonOf(cause)} (served as ${type || 'no type'})`,
      remedy: runsInPlace
        ? 'check that the server sends it whole, and that a Content-Security-Policy allows it'
        : 'serve it as text/javascript, or allow blob: in script-src of the Content-Security-Policy',
      cause,
    });
  });
  return address;
}

function checkBinary(file: Downloaded, url: URL): Uint8Array<ArrayBuffer> {
  const magic = [0x00, 0x61, 0x73, 0x6d];
  if (magic.every((byte, i) => file.bytes[i] === byte)) return file.bytes;
  throw new UserError(`${url.pathname} is not WebAssembly`, { received: describeFile(file), remedy });
}

/** Many servers answer with a page, and 200, for what they do not have. */
function describeFile({ bytes, type }: Downloaded): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 15)).trim();
  const is = /^<(!doctype|html)/i.test(start) ? 'a page of HTML' : 'something else';
  return `${is}, ${bytes.length} bytes, served as ${type || 'no type'}`;
}

/** The promise, or the signal's reason, whichever comes first. `onLate` is handed what then comes too late. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onLate?: (value: T) => unknown,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      if (onLate) promise.then(onLate).catch(() => {});
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

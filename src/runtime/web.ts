import * as ort from 'onnxruntime-web/wasm';
import { reasonOf, UserError, usageError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { checkStallTimeout, defaultStallTimeout } from './download.ts';
import type { InferenceSession, Provider, Runtime, SessionOptions } from './session.ts';
import { fetchWasmFiles, forgetWasmFiles, untilAborted, type WasmFilesOptions } from './wasm-files.ts';

export interface WebRuntimeOptions extends WasmFilesOptions {
  /**
   * URL of the folder that holds onnxruntime-web's `ort-wasm-simd-threaded*` files, ending in a slash. Only with it
   * do several threads run, and is `onProgress` called: then the files are fetched here, once, whatever media type
   * the server gives them. Default: beside onnxruntime-web itself, which is right in Node, and in most bundlers.
   */
  readonly wasmPaths?: string;
}

/** The builds of onnxruntime-web share one API; the one with WebGPU is twice as large, so it comes on demand. */
type OrtBuild = typeof ort;

function toTensor(output: ort.Tensor, name: string): Tensor {
  if (
    output.type !== 'float32' &&
    output.type !== 'uint8' &&
    output.type !== 'int32' &&
    output.type !== 'bool'
  ) {
    throw new UserError('outputs must be float32, uint8, int32 or bool', {
      received: `${output.type} for "${name}"`,
    });
  }
  return { dtype: output.type, shape: output.dims, data: output.data as Tensor['data'] };
}

class WebSession implements InferenceSession {
  readonly provider: Provider;
  readonly #build: OrtBuild;
  readonly #session: ort.InferenceSession;

  constructor(build: OrtBuild, session: ort.InferenceSession, provider: Provider) {
    this.#build = build;
    this.#session = session;
    this.provider = provider;
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, { dtype, data, shape }] of Object.entries(feeds)) {
      // The constructor has one overload per dtype; `Tensor` already pairs dtype and array.
      inputs[name] = new this.#build.Tensor(dtype as 'float32', data as Float32Array, shape);
    }
    const outputs = await this.#session.run(inputs);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, output]) => [name, toTensor(output, name)]),
    );
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

function checkedProvider(provider: SessionOptions['provider'] = 'auto'): 'wasm' | 'webgpu' {
  // WebGPU is faster, and silently wrong for some convolutions: it has to be asked for, and then verified.
  if (provider === 'auto') return 'wasm';
  if (provider === 'wasm' || provider === 'webgpu') return provider;
  throw usageError('onnxruntime-web runs on the providers wasm and webgpu', { received: provider });
}

/** Asked before the build that needs it, and its wasm file, are fetched. */
async function requireGpu(): Promise<void> {
  const gpu = 'gpu' in (globalThis.navigator ?? {}) ? navigator.gpu : undefined;
  if (await gpu?.requestAdapter()) return;
  throw new UserError('WebGPU is not available here', {
    received: gpu ? 'no graphics adapter' : 'a JavaScript engine without it',
    remedy: 'use the provider wasm',
  });
}

async function loadBuild(provider: 'wasm' | 'webgpu'): Promise<OrtBuild> {
  if (provider === 'wasm') return ort;
  try {
    return (await import('onnxruntime-web/webgpu')) as OrtBuild;
  } catch (cause) {
    throw new UserError('the part of onnxruntime-web for WebGPU does not load', {
      received: reasonOf(cause),
      remedy: 'check the connection and reload, or use the provider wasm',
      cause,
    });
  }
}

/** Asked before anything large is fetched. */
async function requireWasm(): Promise<void> {
  try {
    // The smallest module there is.
    await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  } catch (cause) {
    throw new UserError('WebAssembly must be allowed, and is not here', {
      received: reasonOf(cause),
      remedy:
        "add 'wasm-unsafe-eval' to script-src of the page's Content-Security-Policy, or allow it in the browser",
      cause,
    });
  }
}

/**
 * Threads that a graph runs on unless told otherwise, where `wasmPaths` is given: half of the cores, at most four.
 * One in Node, and on pages that are not cross-origin isolated, since wasm threads need that.
 */
export function defaultThreads(): number {
  return globalThis.crossOriginIsolated ? Math.min(4, Math.ceil(navigator.hardwareConcurrency / 2)) : 1;
}

function chosenThreads(threads: number | undefined, wasmPaths: string | undefined): number {
  if (threads === undefined) return wasmPaths === undefined ? 1 : defaultThreads();
  if (!Number.isInteger(threads) || threads < 1) {
    throw usageError('threads must be a whole number above 0', { received: String(threads) });
  }
  // A thread runs a script of its own. A bundler has made that one with the app's code, which would run again.
  if (threads > 1 && wasmPaths === undefined && globalThis.crossOriginIsolated) {
    throw usageError('several wasm threads need the files of onnxruntime-web beside the app', {
      received: `${threads} threads without wasmPaths`,
      remedy: 'copy its ort-wasm-simd-threaded* files to the site and give their folder as wasmPaths',
    });
  }
  return threads;
}

/** Builds that run. What they were started with, they keep. */
const started = new Set<OrtBuild>();

/** Fetches a build's files, where it is told from where, and readies it for being started. */
async function prepare(
  build: OrtBuild,
  provider: 'wasm' | 'webgpu',
  { wasmPaths, stallTimeout = defaultStallTimeout, ...options }: WebRuntimeOptions,
): Promise<void> {
  checkStallTimeout(stallTimeout);
  const { wasm } = build.env;
  // Node reads files, and has nothing to fetch them relative to.
  if (globalThis.location === undefined) {
    if (wasmPaths !== undefined) wasm.wasmPaths = wasmPaths;
    return;
  }
  if (started.has(build)) return;
  if (wasmPaths === undefined) {
    // onnxruntime-web fetches by itself, and tells nobody of the bytes that arrive: one limit for all of them.
    wasm.initTimeout = Math.min(10 * stallTimeout, longestTimer);
    return;
  }
  const { script, binary } = await fetchWasmFiles(provider, wasmPaths, { stallTimeout, ...options });
  if (started.has(build)) return;
  wasm.wasmPaths = { mjs: script };
  wasm.wasmBinary = binary;
  // What is left is to compile, and to start threads, which may load nothing and say nothing.
  wasm.initTimeout = Math.min(stallTimeout, longestTimer);
}

const longestTimer = 2 ** 31 - 1;

/** Sessions are made one after another: the runtime starts once, and has one place for a graph's external data. */
let lastOpened: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastOpened.then(work);
  lastOpened = result.catch(() => {});
  return result;
}

function openError(error: unknown, provider: string, threads: number): UserError {
  const received = reasonOf(error);
  if (!received.startsWith('no available backend')) {
    return new UserError(`onnxruntime-web cannot open the graph with ${provider}`, {
      received,
      remedy: 'check that the graph is valid ONNX',
      cause: error,
    });
  }
  const remedies = [
    `check that its files are of version ${ort.env.versions.web} and where wasmPaths says`,
    ...(threads > 1 ? ['try threads: 1'] : []),
    'reload the page',
  ];
  return new UserError('onnxruntime-web does not start', {
    received: received.replace(/^no available backend found\. ERR: /, ''),
    remedy: remedies.join(', '),
    cause: error,
  });
}

/**
 * Fetches onnxruntime-web's files from `wasmPaths` ahead of the first graph, so that they arrive beside bundles and
 * not after them. Whoever opens a graph while they come waits for them; without `wasmPaths` there is nothing to do.
 *
 * @throws UserError when a file does not come, or may not run here
 * @example
 * const options = { wasmPaths: '/ort/', onProgress: (loaded, total) => … };
 * const [bundle] = await Promise.all([loadBundle('/bundles/apcd-resnet/'), loadWebRuntime(options)]);
 */
export async function loadWebRuntime(
  options: WebRuntimeOptions & { readonly provider?: 'wasm' | 'webgpu' },
): Promise<void> {
  const { provider = 'wasm', ...rest } = options;
  if (provider === 'webgpu') await requireGpu();
  await requireWasm();
  await prepare(await loadBuild(provider), provider, rest);
}

/**
 * A runtime over onnxruntime-web, for browsers and for Node: `wasm` everywhere, `webgpu` where the browser has it.
 * `auto` is `wasm`. The first graph that is opened fixes the number of threads for all.
 *
 * @example const session = await webRuntime({ wasmPaths: '/ort/' }).open(bundle.graph);
 */
export function webRuntime(runtimeOptions: WebRuntimeOptions = {}): Runtime {
  const { wasmPaths, signal } = runtimeOptions;
  return {
    name: 'onnxruntime-web',
    version: ort.env.versions.web ?? ort.env.versions.common,
    async open(graph, options = {}) {
      const provider = checkedProvider(options.provider);
      const threads = chosenThreads(options.threads, wasmPaths);
      if (provider === 'webgpu') await requireGpu();
      await requireWasm();
      const build = await loadBuild(provider);
      await prepare(build, provider, runtimeOptions);
      const open = async () => {
        signal?.throwIfAborted();
        build.env.wasm.numThreads = threads;
        const session = await build.InferenceSession.create(graph, {
          executionProviders: [provider],
          ...(options.externalData && { externalData: [options.externalData] }),
          // Threads that spin while they wait slow each other down as soon as a core is busy elsewhere.
          extra: { session: { intra_op: { allow_spinning: '0' } } },
        }).catch((error) => {
          throw openError(error, provider, threads);
        });
        started.add(build);
        build.env.wasm.wasmBinary = undefined;
        if (wasmPaths !== undefined && globalThis.location) forgetWasmFiles(provider, wasmPaths);
        return session;
      };
      // A session that nobody waits for any more would never be released.
      const session = await untilAborted(inTurn(open), signal, (late) => late.release());
      return new WebSession(build, session, provider);
    },
  };
}

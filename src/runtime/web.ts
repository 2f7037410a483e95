import * as ort from 'onnxruntime-web/wasm';
import { reasonOf, UserError, usageError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { InferenceSession, Provider, Runtime, SessionOptions } from './session.ts';

export interface WebRuntimeOptions {
  /**
   * URL of the folder that holds onnxruntime-web's `ort-wasm-simd-threaded*` files, ending in a slash.
   * Default: beside onnxruntime-web itself, which is right in Node and wherever a bundler has placed them.
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
  return provider === 'wasm' ? ort : ((await import('onnxruntime-web/webgpu')) as OrtBuild);
}

/**
 * Threads that a graph runs on unless told otherwise: half of the cores, at most four. One in Node, and on pages that
 * are not cross-origin isolated, since wasm threads need that.
 */
export function defaultThreads(): number {
  return globalThis.crossOriginIsolated ? Math.min(4, Math.ceil(navigator.hardwareConcurrency / 2)) : 1;
}

/**
 * A runtime over onnxruntime-web, for browsers and for Node: `wasm` everywhere, `webgpu` where the browser has it.
 * `auto` is `wasm`. The first graph that is opened fixes the number of threads for all.
 *
 * @example const session = await webRuntime({ wasmPaths: '/ort/' }).open(bundle.graph);
 */
export function webRuntime({ wasmPaths }: WebRuntimeOptions = {}): Runtime {
  return {
    name: 'onnxruntime-web',
    version: ort.env.versions.web ?? ort.env.versions.common,
    async open(graph, options = {}) {
      const provider = checkedProvider(options.provider);
      if (provider === 'webgpu') await requireGpu();
      try {
        const build = await loadBuild(provider);
        if (wasmPaths !== undefined) build.env.wasm.wasmPaths = wasmPaths;
        build.env.wasm.numThreads = options.threads ?? defaultThreads();
        const session = await build.InferenceSession.create(graph, {
          executionProviders: [provider],
          ...(options.externalData && { externalData: [options.externalData] }),
          // Threads that spin while they wait slow each other down as soon as a core is busy elsewhere.
          extra: { session: { intra_op: { allow_spinning: '0' } } },
        });
        return new WebSession(build, session, provider);
      } catch (error) {
        throw new UserError(`onnxruntime-web cannot open the graph with ${provider}`, {
          received: reasonOf(error),
          remedy:
            'check that the graph is valid ONNX and, in a browser, where its wasm files are (wasmPaths)',
          cause: error,
        });
      }
    },
  };
}

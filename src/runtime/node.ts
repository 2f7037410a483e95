import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { InferenceSession as OrtSession } from 'onnxruntime-node';
import { readFrom } from '../bundle/parse-bundle.ts';
import { reasonOf, UserError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import { parseModel } from '../onnx/parse.ts';
import { openAutomatically } from './automatic-provider.ts';
import { withBlockedClips } from './blocked-session.ts';
import type { InferenceSession, Provider, Runtime, SessionOptions } from './session.ts';
import { disableTelemetry } from './telemetry.ts';

/** What onnxruntime-node can be asked for; `wasm` belongs to onnxruntime-web. */
export const nodeProviders = ['auto', 'cuda', 'webgpu', 'cpu'] as const satisfies readonly (
  | Provider
  | 'auto'
)[];

/** onnxruntime-node, with the question that caches and `doctor` ask before any graph is loaded. */
export interface NodeRuntime extends Runtime {
  readonly name: 'onnxruntime-node';
  /** Runs a one-node graph on `provider` and nothing else. @throws UserError with the reason it does not load */
  probe(provider: Provider): Promise<void>;
  /**
   * The provider that `request` stands for on this machine: itself, or for `auto` CUDA where it really runs,
   * else cpu. Only `auto` is tried out; a named provider is proven by `open`.
   */
  resolve(request?: Provider | 'auto'): Promise<Provider>;
}

const installed = createRequire(import.meta.url);

/** Loaded at the first session: reading a warm cache must not pay for 45 MB of native code. */
async function loadOnnxRuntime() {
  disableTelemetry();
  const ort = await import('onnxruntime-node').catch((cause) => {
    throw new UserError('onnxruntime-node must load', {
      received: reasonOf(cause),
      remedy: 'run npm ci again on this machine',
      cause,
    });
  });
  // What it would log reaches us as a thrown error, and is said once.
  ort.env.logLevel = 'fatal';
  return ort;
}

const remedies: Readonly<Partial<Record<Provider, string>>> = {
  cuda: 'needs an NVIDIA driver and the CUDA libraries of onnxruntime-node (see README); or use --provider auto',
  webgpu: 'needs a GPU with a Vulkan, Metal or D3D12 driver; or use --provider cpu',
  wasm: 'wasm is run by onnxruntime-web; use --provider cpu',
};

/** ORT's reason, without the C++ signature that leads it. */
function shortReason(error: unknown): string {
  const reason = reasonOf(error);
  return reason.includes(' was false. ') ? reason.slice(reason.indexOf(' was false. ') + 12) : reason;
}

function openError(provider: Provider, error: unknown): UserError {
  const reason = shortReason(error);
  if (/protobuf|model data pointer is null|invalid model|INVALID_GRAPH|INVALID_PROTOBUF/i.test(reason)) {
    return new UserError('the graph must be valid ONNX', {
      received: reason,
      remedy: 'export or download it again',
      cause: error,
    });
  }
  return new UserError(`the provider ${provider} does not load this graph`, {
    received: reason,
    remedy: remedies[provider],
    cause: error,
  });
}

/**
 * A session whose every node runs on `provider`. onnxruntime quietly gives the CPU what a GPU provider does not
 * take, so for those the fallback is forbidden: that the session opens is the proof that the GPU runs it.
 */
async function openOn(
  provider: Provider,
  graph: Uint8Array,
  options: SessionOptions,
): Promise<InferenceSession> {
  if (!(nodeProviders as readonly string[]).includes(provider)) {
    throw openError(provider, `onnxruntime-node has no such provider: ${provider}`);
  }
  const ort = await loadOnnxRuntime();
  let session: OrtSession;
  try {
    session = await ort.InferenceSession.create(graph, {
      executionProviders: [provider],
      ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
      ...(options.externalData && { externalData: [options.externalData] }),
      logSeverityLevel: 4,
      extra: {
        session: {
          // Spinning threads slow each other down 2-7× as soon as a core is busy elsewhere, as when decoding.
          intra_op: { allow_spinning: '0' },
          ...(provider === 'cpu' ? {} : { disable_cpu_ep_fallback: '1' }),
        },
      },
    });
  } catch (error) {
    throw openError(provider, error);
  }
  return {
    provider,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds) {
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([name, { dtype, data, shape }]) => [
          name,
          new ort.Tensor(dtype, data as never, shape),
        ]),
      );
      const outputs: Record<string, Tensor> = {};
      for (const [name, { type, data, dims }] of Object.entries(await session.run(inputs))) {
        if (type !== 'float32' && type !== 'uint8' && type !== 'int32' && type !== 'bool') {
          throw new UserError(`the output ${name} must be float32, uint8, int32 or bool`, { received: type });
        }
        outputs[name] = { dtype: type, shape: dims, data: data as Tensor['data'] };
      }
      return outputs;
    },
    release: () => session.release(),
  };
}

/** What NVIDIA's driver shows of its GPUs on Linux, the one system that onnxruntime-node has CUDA for. */
function hasNvidiaGpu(): boolean {
  return existsSync('/dev/nvidia0') || existsSync('/proc/driver/nvidia/version');
}

/** y = relu(x) over one float: ONNX IR 8, opset 17, written by the onnx package. */
const probeGraph = Buffer.from(
  'CAg6NwoMCgF4EgF5IgRSZWx1EgVwcm9iZVoPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEBE=',
  'base64',
);

/** onnxruntime-node: CPU everywhere, WebGPU through Dawn, CUDA where its libraries and a GPU are. */
export const nodeRuntime: NodeRuntime = {
  name: 'onnxruntime-node',

  get version() {
    return (installed('onnxruntime-node/package.json') as { version: string }).version;
  },

  async open(graph, options = {}) {
    const request = options.provider ?? 'auto';
    const open = (provider: Provider, bytes = graph) => openOn(provider, bytes, options);
    const session =
      request === 'auto'
        ? await openAutomatically(open, hasNvidiaGpu, options.onNotice)
        : await open(request);
    if (!options.blockClips || session.provider !== 'cpu') return session;
    try {
      const outside = options.externalData && readFrom(options.externalData.data);
      const model = parseModel(graph, 'the graph', outside);
      return await withBlockedClips(session, model, (blocked) => open('cpu', blocked), options.onNotice);
    } catch (error) {
      await session.release();
      throw error;
    }
  },

  async probe(provider) {
    const session = await openOn(provider, probeGraph, {});
    try {
      const { y } = await session.run({
        x: { dtype: 'float32', shape: [1], data: Float32Array.of(2.5) },
      });
      if (y.data[0] !== 2.5) {
        throw new UserError(`the provider ${provider} computes wrongly`, {
          received: `relu(2.5) = ${y.data[0]}`,
        });
      }
    } finally {
      await session.release();
    }
  },

  async resolve(request = 'auto') {
    if (request !== 'auto') return request;
    return nodeRuntime.probe('cuda').then(
      () => 'cuda',
      () => 'cpu',
    );
  },
};

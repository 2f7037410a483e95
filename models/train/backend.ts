import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { reasonOf, UserError, usageError } from '../../src/core/errors.ts';
import { tf } from '../tf.ts';
import { checkGradients } from './gradient-check.ts';
import { registerNativeGradients } from './gradients/explicit-padding.ts';
import { registerWasmGradients } from './gradients/index.ts';

/** What can train, fastest first; 'cpu' is tfjs's plain JavaScript, taken only when asked for. */
export const backends = ['tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backends)[number];
export const backendRequests = ['auto', ...backends] as const;
export type BackendRequest = (typeof backendRequests)[number];

export interface Backend {
  readonly name: BackendName;
  /** What runs underneath, for people: "XNNPACK, SIMD, 1 thread". */
  readonly detail: string;
}

/** A backend that was passed over, and why. */
export interface RejectedBackend {
  readonly name: BackendName;
  readonly reason: string;
}

const require = createRequire(import.meta.url);

/** Loads a backend and makes it the active one; returns what runs underneath, throws where it cannot. */
const loaders: Readonly<Record<BackendName, () => Promise<string>>> = {
  'tfjs-node-gpu': () => loadNative('@tensorflow/tfjs-node-gpu', true),
  // The GPU package also holds the CPU kernels, and may be installed where there is no GPU.
  'tfjs-node': async () =>
    loadNative(
      isInstalled('@tensorflow/tfjs-node') ? '@tensorflow/tfjs-node' : '@tensorflow/tfjs-node-gpu',
      false,
    ),
  wasm: loadWasm,
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await activate('cpu');
    return 'plain JavaScript, 1 thread';
  },
};

/**
 * Chooses what tfjs computes with and makes it active: the first of tfjs-node-gpu, tfjs-node and wasm that loads
 * and passes the gradient self-test, or the one asked for.
 *
 * @param onReject hears of every backend that was passed over
 * @throws UserError when the one asked for, or all of them, do not load or differentiate wrongly
 */
export async function selectBackend(
  request: BackendRequest = 'auto',
  onReject: (rejected: RejectedBackend) => void = () => {},
): Promise<Backend> {
  if (!backendRequests.includes(request)) {
    throw usageError('unknown backend', {
      received: JSON.stringify(request),
      remedy: `known: ${backendRequests.join(', ')}`,
    });
  }
  // Production mode silences tfjs's advice on the console; shapes stay checked.
  tf.enableProdMode();
  const candidates = request === 'auto' ? backends.filter((name) => name !== 'cpu') : [request];
  const rejected: RejectedBackend[] = [];
  for (const name of candidates) {
    try {
      const detail = await loaders[name]();
      const fault = checkGradients();
      if (fault === null) return { name, detail };
      rejected.push({ name, reason: `wrong gradients: ${fault}` });
    } catch (error) {
      rejected.push({ name, reason: reasonOf(error) });
    }
    onReject(rejected[rejected.length - 1]);
  }
  throw new UserError(
    request === 'auto'
      ? 'no backend of TensorFlow.js can train here'
      : `the ${request} backend does not work here`,
    {
      received: rejected.map(({ name, reason }) => `${name}: ${reason}`).join(' · '),
      remedy:
        request === 'auto'
          ? 'run `npm ci` again, and `actionnx doctor`'
          : 'use --backend auto, which takes one that works',
    },
  );
}

async function activate(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start its ${name} backend`);
  await tf.ready();
}

function isInstalled(module: string): boolean {
  try {
    require.resolve(module);
    return true;
  } catch {
    return false;
  }
}

async function loadNative(module: string, gpu: boolean): Promise<string> {
  if (!isInstalled(module)) throw new Error(`${module} is not installed`);
  try {
    require(module);
  } catch (error) {
    if (!/native addon/.test(reasonOf(error))) throw error;
    throw new Error(`${module} is installed without its native addon (libtensorflow was not downloaded)`);
  }
  await activate('tensorflow');
  registerNativeGradients();
  const native = tf.backend() as unknown as { isUsingGpuDevice: boolean; binding: { TF_Version?: string } };
  if (gpu && !native.isUsingGpuDevice) throw new Error('libtensorflow sees no GPU');
  return `libtensorflow ${native.binding.TF_Version ?? ''} on the ${native.isUsingGpuDevice ? 'GPU' : 'CPU'}`;
}

async function loadWasm(): Promise<string> {
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const before = processListeners();
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await activate('wasm');
  // Emscripten's start-up code makes every uncaught error of the process its own; hand them back.
  for (const [event, listener] of processListeners()) {
    if (!before.some(([, known]) => known === listener)) process.removeListener(event, listener);
  }
  registerWasmGradients();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return `XNNPACK, ${simd ? 'SIMD' : 'no SIMD'}, ${wasm.getThreadsCount()} thread`;
}

type Listener = (...args: unknown[]) => void;

function processListeners(): [string, Listener][] {
  return ['uncaughtException', 'unhandledRejection'].flatMap((event) =>
    process
      .listeners(event as 'uncaughtException')
      .map((listener): [string, Listener] => [event, listener as Listener]),
  );
}

import { arch, cpus, platform } from 'node:os';
import { type BackendName, selectBackend } from '../models/train/backend.ts';
import { reasonOf } from '../src/core/errors.ts';
import { findBrowser } from '../src/node/browser.ts';
import { findFfmpeg } from '../src/node/ffmpeg.ts';
import { encodePng, readImage } from '../src/node/image-file.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { describeProcessor } from '../src/node/processor.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import type { Provider, Runtime } from '../src/runtime/session.ts';
import { webRuntime } from '../src/runtime/web.ts';
import { probeProvider } from './probe-graph.ts';

/** One thing that Actionnx needs or could use on a machine. */
export interface Check {
  readonly name: string;
  /** The part of the work that it is for. */
  readonly part: 'all' | 'files' | 'training' | 'inference' | 'tests';
  /** Whether Actionnx cannot do its work without it. */
  readonly required: boolean;
  /** Native code that may print, or take the process with it: to be run in a process of its own. */
  readonly isolated: boolean;
  /** What to do where it does not work. */
  readonly remedy: string;
  /** Tries it. Returns what was found. @throws Error with the reason why it does not work */
  readonly run: () => Promise<string> | string;
}

/** Every check, in the order of the work. */
export const checks: readonly Check[] = [
  {
    name: 'actionnx',
    part: 'all',
    required: true,
    isolated: false,
    remedy: '',
    run: async () =>
      `${packageVersion} on ${platform()} ${arch()}, ${cpus().length} cores, ${await describeProcessor()}`,
  },
  {
    name: 'node',
    part: 'all',
    required: true,
    isolated: false,
    remedy: 'install Node 20.19 or newer',
    run: nodeVersion,
  },
  {
    name: 'sharp',
    part: 'files',
    required: true,
    isolated: false,
    remedy: 'run npm ci again on this machine',
    run: imageRoundTrip,
  },
  {
    name: 'ffmpeg',
    part: 'files',
    required: false,
    isolated: false,
    remedy: 'apt-get install ffmpeg, brew install ffmpeg or winget install ffmpeg',
    run: ffmpegVersion,
  },
  trainingCheck(
    'tfjs-node-gpu',
    'needs Linux, an NVIDIA GPU with CUDA 11.2, Node < 23, and npm ci where libtensorflow can be downloaded',
  ),
  trainingCheck('tfjs-node', 'npm install @tensorflow/tfjs-node, on Node < 23'),
  trainingCheck('wasm', 'run npm ci again'),
  trainingCheck('cpu', 'run npm ci again'),
  inferenceCheck(
    nodeRuntime,
    'cuda',
    'on Linux with an NVIDIA GPU: ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js',
  ),
  inferenceCheck(nodeRuntime, 'webgpu', 'needs a GPU with a Vulkan, Metal or D3D12 driver'),
  inferenceCheck(nodeRuntime, 'cpu', 'run npm ci again on this machine'),
  inferenceCheck(webRuntime(), 'wasm', 'run npm ci again'),
  {
    name: 'browser',
    part: 'tests',
    required: false,
    isolated: false,
    remedy: 'install Chromium or Chrome (apt-get install chromium), or name one with CHROMIUM_PATH',
    run: browserVersion,
  },
];

function nodeVersion(): string {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`${process.version} is too old`);
  return process.version;
}

async function imageRoundTrip(): Promise<string> {
  const pixel = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
  const { data } = await readImage(await encodePng(pixel));
  if (Buffer.compare(data, pixel.data) !== 0) throw new Error('a PNG comes back changed');
  return 'writes and reads a PNG';
}

async function ffmpegVersion(): Promise<string> {
  const found = await findFfmpeg();
  if (!found) throw new Error('ffmpeg or ffprobe is not on the PATH');
  return found.version;
}

async function browserVersion(): Promise<string> {
  const found = await findBrowser();
  if (!found) throw new Error('no Chromium, Chrome or Edge was found');
  return `${found.version}, ${found.path}`;
}

/** Whether a backend of TensorFlow.js loads and differentiates correctly. */
function trainingCheck(name: BackendName, remedy: string): Check {
  const run = async () => {
    let reason = '';
    const backend = await selectBackend(name, (rejected) => {
      reason = rejected.reason;
    }).catch((error) => {
      throw new Error(reason || reasonOf(error));
    });
    return `${backend.detail}; gradients are right`;
  };
  return { name, part: 'training', required: name === 'wasm', isolated: true, remedy, run };
}

/** Whether a provider of ONNX Runtime loads a graph and computes it correctly. */
function inferenceCheck(runtime: Runtime, provider: Provider, remedy: string): Check {
  const run = async () => {
    const difference = await probeProvider(runtime, provider);
    return `${runtime.version}; runs a graph, off by ${difference.toExponential(0)}`;
  };
  const required = provider === 'cpu' || provider === 'wasm';
  return { name: `${runtime.name}/${provider}`, part: 'inference', required, isolated: true, remedy, run };
}

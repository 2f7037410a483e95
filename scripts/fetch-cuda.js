/**
 * Brings ONNX Runtime's CUDA libraries where there is an NVIDIA driver to use them. Part of `npm ci`, and never the
 * reason that it fails: without a GPU it does nothing, and where the download fails it says so and goes on.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

const minutes = 10;
const installer = join(
  dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
  'script/install.js',
);
const library = join(
  dirname(installer),
  '../bin/napi-v6',
  process.platform,
  process.arch,
  'libonnxruntime_providers_cuda.so',
);
/** The kernel module on Linux, and the driver's library under WSL. */
const drivers = ['/proc/driver/nvidia/version', '/usr/lib/wsl/lib/libcuda.so.1'];

const isWanted =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  process.env.ONNXRUNTIME_NODE_INSTALL !== 'skip' &&
  drivers.some((path) => existsSync(path)) &&
  !existsSync(library);

if (isWanted) {
  console.log("An NVIDIA driver is here: fetching ONNX Runtime's CUDA 12 libraries ...");
  const { error, stderr } = spawnSync(process.execPath, [installer], {
    // `true` forces the platform's whole list, which is cuda12; the named flag is dropped by the installer in 1.30.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'true' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: minutes * 60_000,
  });
  if (existsSync(library)) {
    console.log(`fetched: ${relative('', library)}`);
  } else {
    const complaint = (stderr ?? '').split('\n').find((line) => /error/i.test(line));
    const reason = error?.message ?? complaint?.trim() ?? 'the installer gave no reason';
    console.warn(`The CUDA libraries were not fetched (${reason}). Everything else works, on the CPU.`);
    console.warn(`To try again: ONNXRUNTIME_NODE_INSTALL=true node ${relative('', installer)}`);
  }
}

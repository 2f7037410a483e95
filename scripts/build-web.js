/**
 * Builds the page into dist/web-page, which `actionnx deploy` copies. Runs after tsc.
 *
 * onnxruntime-web's wasm files are left out: deploy takes them from the installed package, so that they are neither
 * published twice nor of another version than the one that runs.
 */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../web/page/', import.meta.url));
const outDir = fileURLToPath(new URL('../dist/web-page/', import.meta.url));

await rm(outDir, { recursive: true, force: true });
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  // Relative addresses: the site works in any folder of any host.
  base: './',
  // The variant of onnxruntime-web that fetches its wasm files from where it is told.
  resolve: {
    conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'production'],
  },
  worker: { format: 'es' },
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2023',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
});

/**
 * Builds the page into dist/web-page, which `actionnx deploy` copies. Runs after tsc.
 *
 * onnxruntime-web's wasm files and OpenCV are left out: deploy takes them from the installed packages, so that they are
 * neither published twice nor of another version than the one that runs.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { openCvBeside } from './opencv-beside.js';

const root = fileURLToPath(new URL('../web/page/', import.meta.url));
const outDir = fileURLToPath(new URL('../dist/web-page/', import.meta.url));

/** Folders of the packages that end up in the page or its worker. */
const packages = new Set();
const collectPackages = () => ({
  name: 'collect-packages',
  generateBundle() {
    for (const id of this.getModuleIds()) {
      const [folder] = /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? [];
      if (folder) packages.add(folder);
    }
  },
});

/** What is bundled is published, and its licence with it. */
async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), 'utf8') : '';
  return `${name} ${version}, ${license}, https://www.npmjs.com/package/${name}\n\n${text}`;
}

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
  plugins: [openCvBeside(), collectPackages()],
  worker: { format: 'es', plugins: () => [openCvBeside(), collectPackages()] },
  build: {
    outDir,
    emptyOutDir: false,
    target: 'es2023',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
const licences = await Promise.all([...packages].sort().map(licenceOf));
await writeFile(join(outDir, 'licenses.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));

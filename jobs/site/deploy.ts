import { access, copyFile, cp, mkdir, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { UserError } from '../../src/core/errors.ts';
import { InputPlan } from '../../src/inputs/plan.ts';
import { filesIn, writeFolderAtomic } from '../../src/node/atomic-folder.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { type FolderKind, ownEntries } from '../../src/node/owned-folder.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { wasmBuilds } from '../../src/runtime/wasm-files.ts';
import { type Site, siteSchema } from '../../web/site.ts';
import { writeOpenCv } from './opencv-script.ts';

/** What onnxruntime-web fetches at run time: the wasm build, and the one with WebGPU. */
const ortFiles = Object.values(wasmBuilds).flatMap(({ name }) => [`${name}.mjs`, `${name}.wasm`]);

/** A site lists its files; before it did, they were these. */
const siteFolder: FolderKind = {
  what: 'a site',
  mark: 'site.json',
  entries(mark) {
    const { success, data } = siteSchema.safeParse(mark);
    if (!success) return null;
    const { systems, examples, files } = data;
    const older = ['index.html', 'licenses.txt', 'assets', ...ortFiles.map((file) => `ort/${file}`)];
    const copied = [
      ...systems.map(({ name }) => `bundles/${name}`),
      ...examples.map(({ name }) => `examples/${name}`),
    ];
    return files ?? [...older, ...copied];
  },
};

export interface Deployed {
  /** Absolute path of the site. */
  readonly folder: string;
  readonly systems: readonly string[];
  readonly bytes: number;
}

/**
 * Makes a static site of the page and some bundles: any web server can serve it, from any path, and nothing but the
 * browser runs. The folder is complete or absent; one made by an earlier deploy is
 * replaced, but for what others put there, such as .git.
 *
 * @param bundleFolders the systems, in the order the page lists them
 * @param options.examples image and video files that the page offers to try
 * @throws UserError when a bundle is broken, two have the same name, an example is missing, or `out` holds something
 *   other than a site
 * @example await deploySite(['bundles/apcd-resnet'], 'site', { examples: ['clip.mp4'] });
 */
export async function deploySite(
  bundleFolders: readonly string[],
  out: string,
  { examples = [] }: { readonly examples?: readonly string[] } = {},
): Promise<Deployed> {
  const page = await pageFolder();
  await ownEntries(out, siteFolder);
  await Promise.all(examples.map(checkExample));
  const bundles = await Promise.all(
    bundleFolders.map(async (folder) => ({ folder, manifest: (await readBundle(folder)).manifest })),
  );
  const names = bundles.map(({ manifest }) => manifest.name);
  checkDistinct(names, 'systems');
  names.forEach(checkFolderName);
  checkDistinct(
    examples.map((path) => basename(path)),
    'examples',
  );
  const description = {
    format: 'actionnx-site' as const,
    formatVersion: 1 as const,
    version: packageVersion,
    systems: names.map((name) => ({ name, bundle: `bundles/${name}/` })),
    examples: examples.map((path) => ({
      name: basename(path),
      file: `examples/${encodeURIComponent(basename(path))}`,
    })),
  };
  let bytes = 0;
  await writeFolderAtomic(
    out,
    async (temporary) => {
      await cp(page, temporary, { recursive: true });
      await copyInto(join(temporary, 'ort'), await ortFolder(), ortFiles);
      for (const { folder, manifest } of bundles) {
        await copyInto(join(temporary, 'bundles', manifest.name), folder, bundleFiles(manifest));
      }
      if (bundles.some(({ manifest }) => new InputPlan(manifest.inputs).needsOpenCv)) {
        await writeOpenCv(temporary);
      }
      for (const path of examples)
        await copyInto(join(temporary, 'examples'), dirname(path), [basename(path)]);
      const files = await filesIn(temporary);
      const site: Site = { ...description, files };
      await writeFile(join(temporary, 'site.json'), `${JSON.stringify(site, null, 2)}\n`);
      for (const file of files) bytes += (await stat(join(temporary, file))).size;
    },
    siteFolder,
  );
  return { folder: resolve(out), systems: names, bytes };
}

/** What a browser needs of a bundle. */
function bundleFiles({ graph, golden }: BundleManifest): string[] {
  return ['bundle.json', graph.file, golden.file, ...(graph.external ? [graph.external.file] : [])];
}

async function copyInto(folder: string, from: string, files: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files) await copyFile(join(from, file), join(folder, file));
}

/** The page as `npm run build` made it: beside the compiled package, or in `dist` when running from the sources. */
async function pageFolder(): Promise<string> {
  for (const place of ['../../web-page/', '../../dist/web-page/']) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    const built = await access(join(folder, 'index.html')).then(
      () => true,
      () => false,
    );
    if (built) return folder;
  }
  throw new UserError('the page has not been built', { remedy: 'run npm run build' });
}

async function ortFolder(): Promise<string> {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
}

async function checkExample(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new UserError(`there is no example file ${path}`);
}

/** A bundle's name becomes a folder and an address: it must not lead elsewhere. */
function checkFolderName(name: string): void {
  if (/^[\w-][\w.-]*$/.test(name)) return;
  throw new UserError('a deployed system is named with letters, digits, dots, dashes and underscores', {
    received: JSON.stringify(name),
    remedy: 'export it under another --name',
  });
}

function checkDistinct(names: readonly string[], what: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new UserError(`the ${what} of a site need different names`, { received: `${twice} twice` });
}

import { join } from 'node:path';
import { type Bundle, type BundleManifest, parseManifest } from '../bundle/manifest.ts';
import { reasonOf, UserError } from '../core/errors.ts';
import { labelSetHash } from '../core/labels.ts';
import { decodeSafetensors } from '../core/safetensors.ts';
import type { Tensor } from '../core/tensor.ts';
import { readText } from './text-file.ts';
import { readWhole } from './whole-file.ts';

/**
 * A bundle from its folder, with the graph checked against the manifest's sha256 and the labels against theirs.
 *
 * @throws UserError naming the file that is missing, damaged, or not the one the manifest speaks of
 * @example const bundle = await readBundle('runs/demo/bundles/pcd-resnet-tiny');
 */
export async function readBundle(folder: string): Promise<Bundle> {
  const manifest = await readManifest(folder);
  const { graph } = manifest;
  return {
    ...{ manifest, graph: await readHashed(folder, graph) },
    ...(graph.external && { external: await readHashed(folder, graph.external) }),
  };
}

/**
 * A bundle's manifest, with the labels checked against their hash. The files it speaks of are not looked at.
 *
 * @throws UserError as `readBundle`
 */
export async function readManifest(folder: string): Promise<BundleManifest> {
  const path = join(folder, 'bundle.json');
  const manifest = parseManifest(parseJson(await readManifestText(path, folder), path), path);
  if ((await labelSetHash(manifest.labels)) !== manifest.labels.hash) {
    throw changed(path, 'labels that do not match their hash');
  }
  return manifest;
}

/**
 * A bundle's golden tensors: an input and the outputs that tfjs gave for it, by their names in the graph.
 *
 * @throws UserError as `readBundle`
 */
export async function readGolden(folder: string, manifest: BundleManifest): Promise<Record<string, Tensor>> {
  const bytes = await readHashed(folder, manifest.golden);
  return decodeSafetensors(bytes, join(folder, manifest.golden.file)).tensors;
}

const remedy = 'export the bundle again, or fetch it again from where it came';

function changed(path: string, received: string): UserError {
  return new UserError(`${path} is not the file that was exported`, { received, remedy });
}

async function readManifestText(path: string, folder: string): Promise<string> {
  return readText(path).catch((cause) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${folder} is not a bundle: its bundle.json must be readable`, {
      received: reasonOf(cause),
      remedy: 'give the folder that `actionnx export` made',
      cause,
    });
  });
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { received: reasonOf(cause), remedy, cause });
  }
}

/** A file beside the manifest, with the content that the manifest promises. */
async function readHashed(
  folder: string,
  { file, sha256: expected }: { file: string; sha256: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const path = join(folder, file);
  const { bytes, sha256: actual } = await readWhole(path).catch((cause) => {
    throw new UserError(`${path} must be readable`, { received: reasonOf(cause), remedy, cause });
  });
  if (actual !== expected) {
    throw changed(path, `sha256 ${actual.slice(0, 12)}… where bundle.json has ${expected.slice(0, 12)}…`);
  }
  return bytes;
}

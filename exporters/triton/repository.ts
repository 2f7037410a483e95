import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from '../../src/bundle/manifest.ts';
import { usageError } from '../../src/core/errors.ts';
import { InputPlan } from '../../src/inputs/plan.ts';
import { writeFolderAtomic } from '../../src/node/atomic-folder.ts';
import { type FolderKind, ownEntries } from '../../src/node/owned-folder.ts';
import { tritonConfig } from './config.ts';

const labelFile = 'labels.txt';

/** Frames are small and clips are not: what a GPU holds of either at once without being asked. */
const maxBatchSizes = { frame: 32, clip: 4 } as const;

/** The file that tells a repository of ours from any other folder: our models, and the sha256 of their graphs. */
const mark = 'actionnx.json';

/** A repository in which `names` are to be replaced; other models of ours stay, and so does all that is not ours. */
function repositoryFolder(names: readonly string[]): FolderKind {
  return {
    what: 'a model repository',
    mark,
    entries({ models }) {
      const hashes = Object.entries(Object(models));
      if (!hashes.length || !hashes.every(([, hash]) => /^[0-9a-f]{64}$/.test(String(hash)))) return null;
      return hashes.filter(([name]) => names.includes(name)).flatMap(([name]) => modelFiles(name));
    },
  };
}

/** All that a model of ours may consist of. */
function modelFiles(name: string): string[] {
  const graph = `${name}/1/model.onnx`;
  return [`${name}/config.pbtxt`, `${name}/${labelFile}`, graph, `${graph}.data`];
}

/**
 * Writes a model repository for NVIDIA's Triton inference server: `<name>/config.pbtxt`, `<name>/labels.txt` and
 * `<name>/1/model.onnx` (and what it keeps its weights in) for each bundle, the ensemble's like any other's. The folder is complete or absent;
 * other models of an older one stay.
 *
 * @returns the files
 * @throws UserError when two bundles share a name, a name cannot be a folder's, or the folder holds other things
 */
export async function writeTritonRepository(target: string, bundles: readonly Bundle[]): Promise<string[]> {
  const names = bundles.map(({ manifest }) => manifest.name);
  for (const [i, name] of names.entries()) {
    if (!/^[\w-][\w.-]*$/.test(name)) {
      throw usageError('a model of Triton is named with letters, digits, dots, dashes and underscores', {
        received: JSON.stringify(name),
        remedy: 'export it under another --name',
      });
    }
    if (names.indexOf(name) !== i) {
      throw usageError('the models of a repository must differ in name', { received: `${name} twice` });
    }
  }
  const kind = repositoryFolder(names);
  await ownEntries(target, kind);
  const earlier = await modelsOf(target);
  const written: string[] = [];
  await writeFolderAtomic(
    target,
    async (folder) => {
      const write = async (path: string, content: string | Uint8Array) => {
        await writeFile(join(folder, path), content);
        written.push(path);
      };
      for (const { manifest, graph, external } of bundles) {
        const { name, inputs, labels } = manifest;
        const isClip = new InputPlan(inputs).sizes.length > 1;
        await mkdir(join(folder, name));
        await mkdir(join(folder, name, '1'));
        const config = tritonConfig(manifest, {
          maxBatchSize: isClip ? maxBatchSizes.clip : maxBatchSizes.frame,
          labelFile,
        });
        await write(join(name, 'config.pbtxt'), config);
        await write(join(name, labelFile), `${labels.names.join('\n')}\n`);
        await write(join(name, '1', 'model.onnx'), graph);
        const { external: outside } = manifest.graph;
        if (outside && external) await write(join(name, '1', outside.file), external);
      }
      const hashes = bundles.map(({ manifest: { name, graph } }) => [name, graph.sha256]);
      const models = { ...earlier, ...Object.fromEntries(hashes) };
      await write(mark, `${JSON.stringify({ models }, null, 2)}\n`);
    },
    kind,
  );
  return written;
}

/** The models that an older repository of ours lists, with the hashes of their graphs. */
async function modelsOf(folder: string): Promise<Record<string, unknown>> {
  const text = await readFile(join(folder, mark), 'utf8').catch(() => '{}');
  try {
    return Object(Object(JSON.parse(text)).models);
  } catch {
    return {};
  }
}

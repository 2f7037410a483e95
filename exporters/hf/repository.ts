import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle, BundleManifest, Precision } from '../../src/bundle/manifest.ts';
import { parseBundle } from '../../src/bundle/parse-bundle.ts';
import { UserError, usageError } from '../../src/core/errors.ts';
import { writeFolderAtomic } from '../../src/node/atomic-folder.ts';
import { type FolderKind, ownEntries } from '../../src/node/owned-folder.ts';
import { modelFile } from '../onnx/onnx-model.ts';
import type { VerificationTarget } from '../onnx/verify.ts';
import { huggingFaceCard } from './card.ts';
import { checkGraph, type GraphCheck } from './check.ts';
import { modelConfig, preprocessorConfig } from './config.ts';
import { huggingFaceModel } from './graph.ts';

/** What transformers.js calls a precision, and the end of the file name by which it finds its graph. */
const dtypes: Record<Precision, { readonly dtype: string; readonly suffix: string }> = {
  fp32: { dtype: 'fp32', suffix: '' },
  fp16: { dtype: 'fp16', suffix: '_fp16' },
  int8: { dtype: 'int8', suffix: '_int8' },
  'int8-weights': { dtype: 'q8', suffix: '_quantized' },
};

/** Everybody's repositories have a `config.json`; ours says what system it is of, and which files we made. */
const repositoryFolder: FolderKind = {
  what: 'a model repository',
  mark: 'config.json',
  entries({ actionnx }) {
    const { threshold, input, files } = Object(actionnx);
    const hasThreshold = typeof threshold === 'number' || Array.isArray(threshold);
    if (!hasThreshold || typeof input !== 'object') return null;
    // Before they were listed, they were these.
    const graphs = Object.values(dtypes).map(({ suffix }) => `onnx/model${suffix}.onnx`);
    return files ?? ['preprocessor_config.json', 'README.md', ...graphs];
  },
};

/**
 * Writes a model repository as the Hugging Face hub and transformers.js want it: `config.json`,
 * `preprocessor_config.json`, a model card with a model index, and `onnx/model<dtype>.onnx` for each bundle. The folder
 * appears only when every graph answers as its bundle's own does, in every runtime given.
 *
 * @param bundles one system in different precisions, the one the card describes first
 * @returns the files, and a row a graph and runtime
 * @throws UserError when the bundles are not of one system, share a precision, or a graph's answers are off
 */
export async function writeHuggingFaceRepository(
  target: string,
  bundles: readonly Bundle[],
  targets: readonly VerificationTarget[],
): Promise<{ files: string[]; verification: GraphCheck[] }> {
  const [{ manifest }] = bundles;
  requireOneSystem(bundles.map(({ manifest }) => manifest));
  await ownEntries(target, repositoryFolder);
  const graphs = bundles.map(({ manifest }) => `onnx/model${dtypes[manifest.graph.precision].suffix}.onnx`);
  const files = ['config.json', 'preprocessor_config.json', ...graphs, 'README.md'];
  const verification: GraphCheck[] = [];
  await writeFolderAtomic(
    target,
    async (folder) => {
      await mkdir(join(folder, 'onnx'));
      for (const [i, bundle] of bundles.entries()) {
        const model = huggingFaceModel(parseBundle(bundle), bundle.manifest);
        const file = modelFile(model);
        if (file.external) {
          throw new UserError('a repository for transformers.js holds graphs of up to 2 GiB', {
            received: `${file.external.byteLength} bytes of weights in ${bundle.manifest.name}`,
            remedy: 'export it with --precision fp16 or int8-weights',
          });
        }
        const graph = file.bytes();
        await writeFile(join(folder, graphs[i]), graph);
        for (const target of targets) verification.push(await checkGraph(graphs[i], graph, bundle, target));
      }
      const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
      const { dtype } = dtypes[manifest.graph.precision];
      await writeFile(join(folder, 'config.json'), json(modelConfig(manifest, dtype, files)));
      await writeFile(join(folder, 'preprocessor_config.json'), json(preprocessorConfig(manifest)));
      await writeFile(join(folder, 'README.md'), huggingFaceCard(manifest, { files, dtype }));
    },
    repositoryFolder,
  );
  return { files, verification };
}

function requireOneSystem([first, ...others]: readonly BundleManifest[]): void {
  const precisions = new Set([first.graph.precision]);
  for (const { name, labels, inputs, graph } of others) {
    if (labels.hash !== first.labels.hash || JSON.stringify(inputs) !== JSON.stringify(first.inputs)) {
      throw usageError('the bundles of one repository must be of one system', {
        received: `${first.name} and ${name}, with other labels or inputs`,
      });
    }
    if (precisions.has(graph.precision)) {
      throw usageError('the bundles of one repository must differ in precision', {
        received: `${graph.precision} twice`,
      });
    }
    precisions.add(graph.precision);
  }
}

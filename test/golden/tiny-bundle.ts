import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundle, type BundleManifest, parseManifest } from '../../src/bundle/manifest.ts';
import { a2dLabels, labelSetHash } from '../../src/core/labels.ts';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { tensor } from '../../src/core/tensor.ts';

/** The graphs of tiny-graphs.py. */
export type TinyGraph = 'tiny-frame' | 'tiny-clip' | 'tiny-wide' | 'tiny-broken';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A bundle around one of the small graphs, labelled as A2D; `tiny-wide` answers one column more than that. */
export async function tinyBundle(graph: TinyGraph, changes: Partial<BundleManifest> = {}): Promise<Bundle> {
  const bytes = new Uint8Array(await readFile(new URL(`${graph}.onnx`, import.meta.url)));
  const clip = graph === 'tiny-clip';
  const golden = goldenFile();
  // As the first versions wrote it.
  const written = parseManifest(
    {
      format: 'actionnx-bundle',
      formatVersion: 1,
      name: graph,
      task: 'multi-label-classification',
      labels: {
        names: [...a2dLabels.names],
        codes: [...a2dLabels.codes],
        hash: await labelSetHash(a2dLabels),
      },
      input: {
        name: clip ? 'clip' : 'frame',
        kind: clip ? 'clip' : 'frame',
        height: 8,
        width: 8,
        frames: clip ? 4 : 1,
        speed: clip ? 2 : 1,
        resize: 'bilinear-antialias',
        mean: [0, 0, 0],
        std: [1, 1, 1],
      },
      outputs: [
        { name: 'probabilities', shape: ['N', 43] },
        ...(graph === 'tiny-frame' ? [{ name: 'attention', shape: ['N', 2, 2] }] : []),
      ],
      threshold: 0.5,
      validation: { dataset: 'a2d', split: 'val', samples: 10, precision: 0.5, recall: 0.5, f1: 0.5 },
      graph: { file: 'model.onnx', sha256: sha256(bytes), bytes: bytes.length, opset: 17, parameters: 172 },
      golden: { file: 'golden.safetensors', sha256: sha256(golden) },
      provenance: {},
    },
    graph,
  );
  const manifest = parseManifest({ ...written, ...changes }, graph);
  return { manifest, graph: bytes };
}

const goldenFile = () => encodeSafetensors({ 'output.probabilities': tensor(new Float32Array(43), [1, 43]) });

/** Writes a bundle as the folder that `readBundle` reads. */
export async function writeTinyBundle(folder: string, bundle: Bundle): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), bundle.graph);
  await writeFile(join(folder, 'golden.safetensors'), goldenFile());
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(bundle.manifest));
}

import { basename, resolve } from 'node:path';
import { voteAverage, voteAverageWeights } from '../../eval/ensemble.ts';
import type { BundleSource } from '../../exporters/bundle.ts';
import {
  type EnsembleMember,
  type EnsembleWindow,
  ensembleGraph,
  findWindow,
} from '../../exporters/onnx/ensemble-graph.ts';
import type { OnnxModel } from '../../exporters/onnx/onnx-model.ts';
import type { Bundle, BundleManifest } from '../../src/core/bundle.ts';
import { UserError, usageError } from '../../src/core/errors.ts';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { parseBundle } from '../../src/onnx/parse-bundle.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { openBundle } from '../../src/runtime/open-bundle.ts';

export interface EnsembleOptions {
  readonly name?: string;
  /** Where the bundle is to lie: what it is called, unless it has a name. */
  readonly out?: string;
  readonly threshold: number;
}

/**
 * Bundles as one: their graphs merged, with what makes a bundle of that. Its golden outputs are those of the members,
 * each run by itself, combined by the rule that `eval` and `predict` use.
 *
 * @throws UserError when a member records no validation F1, or members do not fit together
 */
export async function openEnsemble(
  folders: readonly string[],
  { name, out = 'ensemble', threshold }: EnsembleOptions,
): Promise<Omit<BundleSource, 'targets'>> {
  if (folders.length < 2)
    throw usageError('an ensemble takes two bundles or more', { received: folders.join() || 'none' });
  const bundles = await Promise.all(folders.map(readBundle));
  const f1s = bundles.map(({ manifest: { validation } }, i) => {
    if (validation) return validation.f1;
    throw new UserError('an ensemble weighs its members by their validation F1', {
      received: `none in ${folders[i]}`,
      remedy: 'export a run that was validated',
    });
  });
  const weights = voteAverageWeights(f1s);
  const members = bundles.map((bundle, i): EnsembleMember => {
    return { manifest: bundle.manifest, model: parseBundle(bundle), weight: weights[i] };
  });
  const { onnx, windows } = ensembleGraph(members, { version: packageVersion });
  const [{ labels, input }] = bundles.map(({ manifest }) => manifest);
  const titles = bundles.map(({ manifest }) => manifest.name);
  return {
    ...{ onnx, name: name ?? basename(resolve(out)), labels, threshold },
    input: { ...frameInput(onnx, windows), mean: input.mean, std: input.std },
    validation: null,
    provenance: {
      ensemble: bundles.map(({ manifest }, i) => ({
        ...{ name: manifest.name, weight: weights[i], f1: f1s[i], graph: manifest.graph.sha256 },
        provenance: manifest.provenance,
      })),
      exporter: { actionnx: packageVersion },
    },
    card: {
      title: `Ensemble of ${titles.join(', ')}`,
      summary:
        `${titles.length} systems in one graph: ${labels.names.length} labels, each decided by half the weighted votes ` +
        'and half the weighted mean of the systems’ probabilities.',
      training: titles.map(
        (title, i) => `${title}: weight ${weights[i].toFixed(4)}, validation F1 ${f1s[i].toFixed(4)}`,
      ),
    },
    reference: (frames) => combine(members, bundles, windows, frames),
  };
}

/** What clients have to prepare: as the graph declares it. */
function frameInput({ inputs: [{ shape }] }: OnnxModel, windows: readonly EnsembleWindow[]) {
  const [height, width] = shape.slice(-3) as number[];
  const frames = windows.reduce((sum, window) => sum + window.frames, 0);
  return {
    kind: shape.length === 4 ? ('frame' as const) : ('clip' as const),
    ...{ height, width, frames, speed: Math.max(...windows.map((window) => window.speed)) },
    ...(windows.length > 1 && { windows: windows.map(({ offset, ...window }) => window) }),
  };
}

/** The members' answers to their own parts of the frames, by the rule of eval/ensemble.ts. */
async function combine(
  members: readonly EnsembleMember[],
  bundles: readonly Bundle[],
  windows: readonly EnsembleWindow[],
  frames: Tensor,
): Promise<Record<string, Tensor>> {
  const outputs: Record<string, Tensor>[] = [];
  for (const [i, { manifest }] of members.entries()) {
    const session = await openBundle(bundles[i], nodeRuntime, { provider: 'cpu' });
    try {
      outputs.push(await session.run({ [manifest.input.name]: framesOf(manifest, windows, frames) }));
    } finally {
      await session.release();
    }
  }
  const all = outputs.map(({ probabilities }) => probabilities);
  const combined = voteAverage(
    all.map(({ data }) => data as Float32Array),
    members.map(({ weight }) => weight),
  );
  const heaviest = members
    .map(({ weight }, i) => ({ weight, attention: outputs[i].attention }))
    .filter(({ attention }) => attention)
    .sort((a, b) => b.weight - a.weight)[0];
  return {
    probabilities: tensor(combined, all[0].shape),
    ...(heaviest && { attention: heaviest.attention }),
  };
}

/** A member's part of the ensemble's frames. */
function framesOf(
  manifest: BundleManifest,
  windows: readonly EnsembleWindow[],
  { shape, data }: Tensor,
): Tensor {
  const [samples, rest] = [shape[0], shape.slice(1)];
  const [count, fullHeight, fullWidth] = rest.length === 3 ? [1, ...rest] : rest;
  const { kind, frames, height, width } = manifest.input;
  const first = findWindow(windows, manifest).offset;
  const own = new Uint8Array(samples * frames * height * width * 3);
  let at = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let frame = first; frame < first + frames; frame++) {
      for (let row = 0; row < height; row++) {
        const from = ((sample * count + frame) * fullHeight + row) * fullWidth * 3;
        own.set((data as Uint8Array).subarray(from, from + width * 3), at);
        at += width * 3;
      }
    }
  }
  return tensor(own, kind === 'frame' ? [samples, height, width, 3] : [samples, frames, height, width, 3]);
}

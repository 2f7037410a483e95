import { basename, resolve } from 'node:path';
import { validationWeights } from '../eval/validation-weights.ts';
import type { BundleSource } from '../exporters/bundle.ts';
import {
  type EnsembleMember,
  type EnsembleWindow,
  ensembleGraph,
  inputOf,
} from '../exporters/onnx/ensemble-graph.ts';
import { framesName } from '../exporters/onnx/frames.ts';
import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import type { FramesInput } from '../src/bundle/frames-input.ts';
import { type Bundle, goldenTolerance, type Precision, type Target } from '../src/bundle/manifest.ts';
import { parseBundle } from '../src/bundle/parse-bundle.ts';
import { recordedScore } from '../src/bundle/recorded-score.ts';
import { UserError, usageError } from '../src/core/errors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import type { NamedInput } from '../src/inputs/plan.ts';
import { windows as windowsInput } from '../src/inputs/windows.ts';
import { readBundle } from '../src/node/bundle-folder.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { combine, decidedFrames } from './ensemble-answers.ts';
import type { Listener } from './listener.ts';
import { framesOf } from './source.ts';
import {
  type BundleOptions,
  requireWritable,
  taskOf,
  type WrittenBundle,
  writeVerified,
} from './written-bundle.ts';

export interface MergeBundlesOptions extends BundleOptions, Listener {}

/**
 * Merges bundles and their vote into one bundle, weighed by their validation F1, once both runtimes give what the
 * members give by themselves, combined by the rule of `voteAverage`.
 *
 * @param bundles two folders or more, of single systems with the same labels
 * @throws UserError when a member records no validation F1, or members do not fit together; nothing is written then
 * @example await mergeBundles(['bundles/a1', 'bundles/a3'], { out: 'bundles/both' });
 */
export async function mergeBundles(
  bundles: readonly string[],
  options: MergeBundlesOptions = {},
): Promise<WrittenBundle> {
  await requireWritable(options, bundles);
  const source = await openEnsemble(bundles, options);
  return writeVerified(source, 'the members combined', options, options);
}

/**
 * Bundles as one: their graphs merged, with what makes a bundle of that. Its golden outputs are those of the members,
 * each run by itself, combined by the rule that `eval` and `predict` use.
 *
 * @throws UserError when a member records no validation F1, or members do not fit together
 */
export async function openEnsemble(
  folders: readonly string[],
  { name, out = 'ensemble', threshold, onNotice }: MergeBundlesOptions = {},
): Promise<Omit<BundleSource, 'targets'>> {
  if (folders.length < 2)
    throw usageError('an ensemble takes two bundles or more', { received: folders.join() || 'none' });
  const bundles = await Promise.all(folders.map(readBundle));
  const systems = bundles.map(({ manifest }, i) => {
    return { name: folders[i], labels: manifest.labels.hash, f1: recordedScore(manifest)?.value ?? null };
  });
  const { f1s, weights, fault } = validationWeights(systems, 'export a run that was validated');
  if (fault) throw fault;
  const members = bundles.map((bundle, i): EnsembleMember => {
    return { manifest: bundle.manifest, model: parseBundle(bundle), weight: weights[i] };
  });
  const written = { target: commonTarget(bundles), precision: lowestPrecision(bundles) };
  const { onnx, windows } = ensembleGraph(members, { version: packageVersion });
  const [{ labels, task }] = bundles.map(({ manifest }) => manifest);
  requireMultiLabel(bundles);
  const titles = bundles.map(({ manifest }) => manifest.name);
  const input = frameInput(onnx, windows, inputOf(bundles[0].manifest));
  const tolerance = Math.max(...bundles.map(({ manifest }) => manifest.golden.tolerance));
  const combined = (given: Tensor) => combine(members, bundles, windows, given);
  const [{ shape }] = onnx.inputs;
  const golden = await decidedFrames(shape.slice(1) as number[], combined, tolerance, onNotice);
  return {
    ...{ ...written, onnx, name: name ?? basename(resolve(out)), labels },
    task: taskOf(task.kind, threshold),
    golden: { [framesName]: golden },
    // Members that compute in float32 are compared as closely as they were themselves.
    ...(tolerance > goldenTolerance && { tolerance }),
    inputs: [input],
    scores: [],
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
    reference: async ({ [framesName]: given }) => (await combined(given)).outputs,
  };
}

/** What the members were written for; portable ones fit to any. @throws UserError where they were written for several */
function commonTarget(bundles: readonly Bundle[]): Target {
  const special = bundles.filter(({ manifest }) => manifest.graph.target !== 'portable');
  const [first] = special;
  const other = special.find(({ manifest }) => manifest.graph.target !== first.manifest.graph.target);
  if (!other) return first?.manifest.graph.target ?? 'portable';
  throw new UserError('members of an ensemble must be written for one target', {
    received: [first, other]
      .map(({ manifest }) => `${manifest.name} for ${manifest.graph.target}`)
      .join(', '),
    remedy: 'export them again with the same --target',
  });
}

/** The one that keeps least of the numbers. */
function lowestPrecision(bundles: readonly Bundle[]): Precision {
  const order: readonly Precision[] = ['fp32', 'fp16', 'int8-weights', 'int8'];
  const ranks = bundles.map(({ manifest }) => order.indexOf(manifest.graph.precision));
  return order[Math.max(...ranks)];
}

/** What clients have to prepare: as the graph declares it. */
function frameInput(
  { inputs: [{ shape }] }: OnnxModel,
  windows: readonly EnsembleWindow[],
  { mean, std }: FramesInput,
): NamedInput {
  const [height, width] = shape.slice(-3) as number[];
  const options = { height, width, mean: tuple(mean), std: tuple(std) };
  if (windows.length > 1) {
    const parts = windows.map(({ offset, ...window }) => window);
    return { name: framesName, ...windowsInput({ ...options, windows: parts }) };
  }
  const [{ frames, speed }] = windows;
  return framesOf({ ...options, kind: shape.length === 4 ? 'frame' : 'clip', frames, speed });
}

const tuple = ([r, g, b]: FramesInput['mean']): [number, number, number] => [r, g, b];

/** @throws UserError where the labels of a member exclude one another: these have no votes */
function requireMultiLabel(bundles: readonly Bundle[]): void {
  const other = bundles.find(({ manifest }) => manifest.task.kind !== 'multi-label');
  if (!other) return;
  throw new UserError('a merged ensemble takes multi-label systems', {
    received: `${other.manifest.name}, whose labels exclude one another`,
  });
}

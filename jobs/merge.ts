import { basename, resolve } from 'node:path';
import type { BundleSource } from '../exporters/bundle.ts';
import {
  type EnsembleMember,
  type EnsembleWindow,
  ensembleGraph,
  inputOf,
  requireSingleSystems,
} from '../exporters/onnx/ensemble-graph.ts';
import { framesName } from '../exporters/onnx/frames.ts';
import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import type { FramesInput } from '../src/bundle/frames-input.ts';
import { type Bundle, goldenTolerance, type Precision, type Target } from '../src/bundle/manifest.ts';
import { parseBundle } from '../src/bundle/parse-bundle.ts';
import { recordedScore } from '../src/bundle/recorded-score.ts';
import { UserError, usageError } from '../src/core/errors.ts';
import type { KindValue } from '../src/core/kind.ts';
import type { Tensor } from '../src/core/tensor.ts';
import type { NamedInput } from '../src/inputs/plan.ts';
import { windows as windowsInput } from '../src/inputs/windows.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { type NamedBundle, readBundles } from './bundles.ts';
import {
  combinerMembers,
  type FitCombinerOptions,
  type FittedCombiner,
  fitCombiner,
  namedCombiner,
  unfitted,
} from './combine.ts';
import { combine, decidedFrames } from './ensemble-answers.ts';
import { framesOf } from './source.ts';
import {
  type BundleOptions,
  requireWritable,
  taskOf,
  type WrittenBundle,
  writeVerified,
} from './written-bundle.ts';

const defaultCombiner = 'vote-average';

export interface MergeBundlesOptions extends BundleOptions, Partial<Omit<FitCombinerOptions, 'otherLabels'>> {
  /** How one answer is made of the members', by name or with options. Default: vote-average. */
  readonly combine?: string | KindValue;
}

/**
 * Merges bundles and their combiner into one bundle, once both runtimes give what the members give by themselves,
 * combined. Votes and means weigh by validation F1; combiners that learn are fitted on a split of a data set first.
 *
 * @param bundles two folders or more, of single systems; with the same labels where the combiner does not learn
 * @throws UserError when a member records no validation F1 and is to be weighed by it, or members do not fit together; as
 *   `fitCombiner`; nothing is written then
 * @example
 * await mergeBundles(['bundles/a1', 'bundles/a3'], { out: 'bundles/both' });
 * await mergeBundles(['bundles/c1', 'bundles/c2'], { combine: 'lda', dataset: await openA2d('A2D'), split: 'val' });
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
 * each run by itself, combined by the code that the combiner's graph is held against.
 *
 * @throws UserError as `mergeBundles`
 */
export async function openEnsemble(
  folders: readonly string[],
  options: MergeBundlesOptions = {},
): Promise<Omit<BundleSource, 'targets'>> {
  const { combine: kind = defaultCombiner, dataset, name, out = 'ensemble', threshold, onNotice } = options;
  const bundles = await requireCombinable(folders, options);
  const manifests = bundles.map(({ manifest }) => manifest);
  const written = { target: commonTarget(bundles), precision: lowestPrecision(bundles) };
  const { combination, labels, task, ...fitting } = dataset
    ? await fitCombiner(bundles, kind, { ...options, dataset })
    : unfitted(kind, bundles);
  const { weights } = combination;
  const members = bundles.map((bundle, i): EnsembleMember => {
    return { manifest: bundle.manifest, model: parseBundle(bundle), weight: weights?.[i] ?? 1 };
  });
  const { onnx, windows } = ensembleGraph(members, combination, { version: packageVersion });
  const titles = manifests.map((manifest) => manifest.name);
  const f1s = manifests.map((manifest) => recordedScore(manifest)?.value ?? null);
  const input = frameInput(onnx, windows, inputOf(manifests[0]));
  const tolerance = Math.max(...manifests.map(({ golden }) => golden.tolerance));
  const combined = (given: Tensor) => combine(members, combination, bundles, windows, given);
  const [{ shape }] = onnx.inputs;
  const golden = await decidedFrames(shape.slice(1) as number[], combined, tolerance, onNotice);
  return {
    ...{ ...written, onnx, name: name ?? basename(resolve(out)), labels },
    task: taskOf(task, threshold),
    golden: { [framesName]: golden },
    // Members that compute in float32 are compared as closely as they were themselves.
    ...(tolerance > goldenTolerance && { tolerance }),
    inputs: [input],
    scores: [],
    provenance: {
      ensemble: manifests.map(({ name, graph, provenance }, i) => ({
        ...{ name, ...(weights && { weight: weights[i] }), f1: f1s[i] },
        ...{ graph: graph.sha256, provenance },
      })),
      // What it learnt is in the graph, and may be megabytes.
      combiner: { ...fitting.kind, fitted: fitting.fitted, notices: combination.notices },
      exporter: { actionnx: packageVersion },
    },
    card: {
      title: `Ensemble of ${titles.join(', ')}`,
      summary: `${titles.length} systems in one graph: ${labels.names.length} labels, each ${fitting.rule}.`,
      training: [...titles.map((title, i) => memberFact(title, f1s[i], weights?.[i])), ...factsOf(fitting)],
    },
    reference: async ({ [framesName]: given }) => (await combined(given)).outputs,
    // Of outputs that are a member's own, such as attention, runtimes differ as always.
    spread: async ({ [framesName]: given }, expected) => ({
      ...Object.fromEntries(Object.keys(expected).map((output) => [output, 0])),
      probabilities: (await combined(given)).spread,
    }),
  };
}

/**
 * To be asked before a data set is opened, or any other work.
 *
 * @returns the bundles
 * @throws UserError where they cannot be combined in that way, or a combiner that learns has no data, or another has some
 */
export async function requireCombinable(
  folders: readonly string[],
  { combine: kind = defaultCombiner, dataset }: { combine?: string | KindValue; dataset?: unknown },
): Promise<NamedBundle[]> {
  const { value, combiner } = namedCombiner(kind);
  if (folders.length < 2)
    throw usageError('an ensemble takes two bundles or more', { received: folders.join() || 'none' });
  const bundles = await readBundles(folders);
  requireSingleSystems(bundles.map(({ manifest }) => manifest));
  combiner.check(combinerMembers(bundles));
  if (!combiner.learns) requireMultiLabel(bundles);
  commonTarget(bundles);
  if (combiner.learns && dataset === undefined) {
    throw usageError('a combiner that learns needs samples that no member was trained on', {
      received: `${value.kind} without a data set`,
      remedy: 'give --data, and --split',
    });
  }
  if (!combiner.learns && dataset !== undefined) {
    throw usageError('a data set is for combiners that learn', { received: `one for ${value.kind}` });
  }
  return bundles;
}

function memberFact(title: string, f1: number | null, weight: number | undefined): string {
  const score = f1 === null ? 'not validated' : `validation F1 ${f1.toFixed(4)}`;
  return weight === undefined ? `${title}: ${score}` : `${title}: weight ${weight.toFixed(4)}, ${score}`;
}

function factsOf({ kind, fitted }: Pick<FittedCombiner, 'kind' | 'fitted'>): string[] {
  if (!fitted) return [];
  return [
    `${kind.kind} fitted on ${fitted.samples} samples of the ${fitted.split} split of ${fitted.dataset}`,
  ];
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
    remedy: 'combine them by one that learns, such as lda',
  });
}

import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Bundle,
  type BundleManifest,
  bundleSchema,
  goldenTolerance,
  type Precision,
  type PrecisionCost,
  type Target,
} from '../src/bundle/manifest.ts';
import { UserError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { type LabelSet, labelSetHash } from '../src/core/labels.ts';
import { encodeSafetensors } from '../src/core/safetensors.ts';
import { atOneHalf, type Task } from '../src/core/task.ts';
import type { Tensor } from '../src/core/tensor.ts';
import type { NamedInput } from '../src/inputs/plan.ts';
import { writeFolderAtomic } from '../src/node/atomic-folder.ts';
import { readBundle, readGolden } from '../src/node/bundle-folder.ts';
import { type FolderKind, ownEntries } from '../src/node/owned-folder.ts';
import { goldenInputs } from './golden.ts';
import { type CardDetails, modelCard } from './model-card.ts';
import { externalFile, type OnnxModel } from './onnx/onnx-model.ts';
import {
  judgedBySpread,
  requirePassed,
  type VerificationRow,
  type VerificationTarget,
  verifyBundle,
} from './onnx/verify.ts';

/** What a bundle is made of, beside what can be read off the graph. */
export interface BundleSource {
  /** It normalises its frames itself; its first output is `probabilities`. */
  readonly onnx: OnnxModel;
  /** What the graph was written for, and how its numbers are stored. Defaults: portable, fp32. */
  readonly target?: Target;
  readonly precision?: Precision;
  /** Of a precision below float32. */
  readonly cost?: PrecisionCost;
  /** How far a runtime may be from the reference; default: float32's rounding. */
  readonly tolerance?: number;
  /** How far the reference is from itself, by output: asked for where a runtime is further off than float32's rounding. */
  readonly spread?: (
    inputs: Readonly<Record<string, Tensor>>,
    expected: Readonly<Record<string, Tensor>>,
  ) => Promise<Record<string, number>>;
  readonly name: string;
  readonly labels: LabelSet;
  /** Under the graph's names for them, in its order. */
  readonly inputs: readonly NamedInput[];
  /** Default: multi-label, predicted at 0.5. */
  readonly task?: Task;
  readonly scores: BundleManifest['scores'];
  readonly provenance: BundleManifest['provenance'];
  readonly card: CardDetails;
  /** Inputs to be checked on, by name, [N, …], where not any will do. Default: `goldenInputs`. */
  readonly golden?: Readonly<Record<string, Tensor>>;
  /** Outputs by name for such inputs: what the graph has to reproduce. tfjs's, at float32. */
  readonly reference: (inputs: Readonly<Record<string, Tensor>>) => Promise<Record<string, Tensor>>;
  /** Where the graph is tried before the bundle is put in place. */
  readonly targets: readonly VerificationTarget[];
}

const files = {
  graph: 'model.onnx',
  golden: 'golden.safetensors',
  manifest: 'bundle.json',
  card: 'README.md',
};

/** A bundle is known by its manifest, of whatever version, and that names its files. */
const bundleFolder: FolderKind = {
  what: 'a bundle',
  mark: files.manifest,
  entries({ format, graph, golden }) {
    if (format !== 'actionnx-bundle') return null;
    const named = [Object(graph), Object(graph).external, golden].map((part) => Object(part).file);
    return [files.card, ...named.filter((file) => file !== undefined)];
  },
};

/**
 * Writes a bundle: graph, golden values, manifest and model card, then verifies what was written. The folder appears
 * only when every runtime agrees with tfjs; an older bundle at `target` stays until then.
 *
 * @throws UserError when a runtime's outputs are off, or the folder cannot be written
 */
export async function writeBundle(
  target: string,
  source: BundleSource,
): Promise<{ manifest: BundleManifest; verification: VerificationRow[] }> {
  await ownEntries(target, bundleFolder);
  const { golden: inputs = goldenInputs(source.inputs) } = source;
  const outputs = await source.reference(inputs);
  requireProbabilities(outputs);
  const golden = encodeSafetensors({ ...inputs, ...outputs }, { bundle: source.name });
  let result: { manifest: BundleManifest; verification: VerificationRow[] } | undefined;
  await writeFolderAtomic(
    target,
    async (folder) => {
      const { external } = source.onnx;
      const hashes = {
        graph: await writeChunks(join(folder, files.graph), source.onnx),
        ...(external && { external: await writeChunks(join(folder, externalFile), external) }),
        golden: await sha256(golden),
      };
      await writeFile(join(folder, files.golden), golden);
      const manifest = await writeManifest(folder, source, hashes);
      const rows = await verifyBundle(
        await readBundle(folder),
        await readGolden(folder, manifest),
        source.targets,
        source.tolerance,
      );
      const isMeasured = source.spread !== undefined && rows.some(({ passed }) => !passed);
      const verification = isMeasured ? judgedBySpread(rows, await source.spread(inputs, outputs)) : rows;
      requirePassed(verification, source.tolerance);
      const tolerance = Math.max(...verification.map(({ allowed = 0 }) => allowed));
      // What was allowed here, other runtimes will need as well.
      const isWider = tolerance > manifest.golden.tolerance;
      result = {
        manifest: isWider ? await writeManifest(folder, { ...source, tolerance }, hashes) : manifest,
        verification,
      };
    },
    bundleFolder,
  );
  return result!;
}

/** Writes what a bundle says of itself: manifest and model card. */
async function writeManifest(
  folder: string,
  source: BundleSource,
  hashes: Parameters<typeof describe>[1],
): Promise<BundleManifest> {
  const manifest = await describe(source, hashes);
  await writeFile(join(folder, files.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, files.card), modelCard(manifest, source.card));
  return manifest;
}

/** Every output is documented as lying in 0–1; a model that ends in logits would be silently misread. */
function requireProbabilities(outputs: Readonly<Record<string, Tensor>>): void {
  for (const [name, { data }] of Object.entries(outputs)) {
    const wrong = data.find((value) => !(value >= 0 && value <= 1));
    if (wrong !== undefined) {
      throw new UserError(`the model's ${name} must lie in 0–1`, {
        received: String(wrong),
        remedy: 'end the model in a sigmoid or softmax',
      });
    }
  }
}

/** Streams chunks into a file, hashing them on the way. */
async function writeChunks(path: string, content: Pick<OnnxModel, 'chunks'>): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  try {
    for (const chunk of content.chunks()) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

/**
 * A bundle that is only in memory, not verified and without golden values: to be scored before it is written.
 * The manifest is what `writeBundle` would write, but for the golden file.
 */
export async function unwrittenBundle(source: DescribedSource): Promise<Bundle> {
  const { onnx } = source;
  const graph = onnx.bytes();
  const external = onnx.external?.bytes();
  const hashes = {
    graph: hashOf(onnx),
    ...(onnx.external && { external: hashOf(onnx.external) }),
    // Of a file with nothing in it.
    golden: await sha256(''),
  };
  return { manifest: await describe(source, hashes), graph, ...(external && { external }) };
}

/** Of a file that is not written, chunk by chunk: a whole one may be larger than Node hashes at once. */
function hashOf({ chunks }: Pick<OnnxModel, 'chunks'>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks()) hash.update(chunk);
  return hash.digest('hex');
}

type DescribedSource = Omit<BundleSource, 'card' | 'reference' | 'spread' | 'targets'>;

async function describe(
  source: DescribedSource,
  hashes: { readonly graph: string; readonly external?: string; readonly golden: string },
): Promise<BundleManifest> {
  const { onnx, name, labels, inputs, task = atOneHalf, scores, provenance } = source;
  const { target = 'portable', precision = 'fp32', cost = null, tolerance = 0 } = source;
  return bundleSchema.parse({
    format: 'actionnx-bundle',
    formatVersion: 3,
    name,
    task,
    labels: { names: [...labels.names], codes: [...labels.codes], hash: await labelSetHash(labels) },
    inputs: [...inputs],
    outputs: onnx.outputs.map(({ name, shape }) => ({
      name,
      role: roleOf(name, shape),
      shape: [...shape],
    })),
    scores,
    graph: {
      file: files.graph,
      sha256: hashes.graph,
      bytes: onnx.byteLength,
      opset: onnx.opset,
      parameters: onnx.parameters,
      ...(onnx.external &&
        hashes.external && {
          external: { file: externalFile, sha256: hashes.external, bytes: onnx.external.byteLength },
        }),
      ...{ precision, target, cost },
    },
    golden: { file: files.golden, sha256: hashes.golden, tolerance: Math.max(goldenTolerance, tolerance) },
    provenance,
  });
}

/** A value for each place of the picture is a map. */
function roleOf(name: string, shape: readonly unknown[]): BundleManifest['outputs'][number]['role'] {
  if (name === 'probabilities') return 'scores';
  return shape.length === 3 ? 'map' : 'features';
}

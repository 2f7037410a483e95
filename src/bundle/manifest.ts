import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import { inputKinds } from '../inputs/index.ts';
import type { NamedInput } from '../inputs/plan.ts';
import { upgradeManifest } from './upgrade.ts';

/** How good the exported weights are on a split: rates in 0–1 by metric name, `f1/samples`. */
const scores = z.strictObject({
  dataset: z.string(),
  split: z.string(),
  samples: z.int().positive(),
  metrics: z.record(z.string(), z.number()),
});
export type SplitScores = z.infer<typeof scores>;

/**
 * How a graph's numbers are stored and computed with: `fp16` and `int8-weights` store weights in a half or a quarter
 * of the bytes and compute in float32; `int8` computes in 8 bits.
 */
export const precisions = ['fp32', 'fp16', 'int8', 'int8-weights'] as const;
export type Precision = (typeof precisions)[number];

/**
 * What a graph is written for. One set of weights, several forms of the same computation, which matter for clips only:
 * `portable` loads everywhere and has them as 2-D convolutions of images with their channels last, the fastest of the
 * portable forms on CPUs; `cpu` keeps the 3-D ones, which onnxruntime-node is given in the block layout of its
 * machine at load; `cuda` keeps them too, for cuDNN.
 */
export const targets = ['portable', 'cpu', 'wasm', 'webgpu', 'cuda'] as const;
export type Target = (typeof targets)[number];

/** How far a runtime may be from the golden outputs of a graph that computes in float32. */
export const goldenTolerance = 1e-3;

/** Of a file in the bundle's own folder, wherever that is: no path, no address. */
const fileName = z.string().regex(/^(?!\.\.?$)[^/\\:]+$/, 'must be the name of a file in the bundle');

/** What a precision below float32 costs and gains, measured when the graph was exported. */
const precisionCost = z.strictObject({
  /** Of probabilities from float32's, over the samples of `f1`, or over the golden inputs where that is null. */
  meanDifference: z.number(),
  maxDifference: z.number(),
  /**
   * Of the file, and of the processor's time for a run on onnxruntime-node's CPU: float32's by this one's, so above 1
   * is a gain.
   */
  bytesRatio: z.number(),
  speedRatio: z.number(),
  /** Where that was measured. */
  processor: z.string().optional(),
  /** Example-based F1 of both on one split, whose samples were not calibrated on; null where no data was given. */
  f1: z
    .strictObject({
      ...{ dataset: z.string(), split: z.string(), samples: z.int() },
      ...{ float32: z.number(), here: z.number() },
    })
    .nullable(),
  /** Of int8. */
  calibration: z
    .strictObject({
      ...{ dataset: z.string(), split: z.string(), samples: z.int(), method: z.string() },
      /** Convolutions in 8 bits, and the names of those left in float32. */
      ...{ layers: z.int(), inFloat: z.array(z.string()) },
    })
    .nullable(),
});
export type PrecisionCost = z.infer<typeof precisionCost>;

const positive = z.int().positive();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in hexadecimal');

/** Every label has a name and, where there are codes, a code of its own; a name is one line, as the hash takes it. */
const labels = z
  .strictObject({
    names: z.array(z.string().regex(/^[^\r\n]*\S[^\r\n]*$/, 'must be one line')).min(1),
    codes: z.array(z.int()),
    /** sha256 of the names, one a line. */
    hash: sha256,
  })
  .superRefine(({ names, codes }, { addIssue }) => {
    const wrong = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
    const [name, code] = [names, codes].map((values) =>
      values.find((value, i) => values.indexOf(value as never) !== i),
    );
    if (name !== undefined) wrong('names', `must be different; ${name} is there twice`);
    if (code !== undefined) wrong('codes', `must be different; ${code} is there twice`);
    if (codes.length > 0 && codes.length !== names.length) {
      wrong('codes', `must be none or one a label; ${codes.length} for ${names.length} labels`);
    }
  });

const threshold = z.number().gt(0).lt(1);

/** What is asked of a sample: which labels hold, each by its own probability, or which one does. */
const task = z.discriminatedUnion('kind', [
  /** A label is predicted at probability ≥ threshold: one for all, or one a label. */
  z.strictObject({ kind: z.literal('multi-label'), threshold: z.union([threshold, z.array(threshold)]) }),
  /** The most probable label is predicted. */
  z.strictObject({ kind: z.literal('single-label') }),
]);

/** An input of the graph, and how its values are made of frames: see src/inputs. */
const input = z
  .looseObject({ name: z.string().min(1) })
  .transform(({ name, ...value }, { addIssue }): NamedInput => {
    const parsed = inputKinds.schema.safeParse(value);
    if (parsed.success) return { name, ...parsed.data };
    for (const { path, message } of parsed.error.issues) addIssue({ code: 'custom', path, message });
    return z.NEVER;
  });

const hasDifferentNames = (all: readonly { readonly name: string }[]) =>
  new Set(all.map(({ name }) => name)).size === all.length;

/** What an output of the graph is: probabilities of the labels, a map over the picture, or features. */
export const roles = ['scores', 'map', 'features'] as const;

const output = z.strictObject({
  name: z.string().min(1),
  role: z.enum(roles),
  shape: z.array(z.union([z.int(), z.string()])),
});

/**
 * `bundle.json`: all that a client must know to run a graph and read its outputs. The schema is the contract
 * between the exporter and everything that consumes bundles, in Node and in browsers.
 */
export const bundleSchema = z
  .strictObject({
    format: z.literal('actionnx-bundle'),
    formatVersion: z.literal(3),
    /** How results and caches call it: the system's name, or one given at export. */
    name: z.string().min(1),
    task,
    labels,
    /** In the graph's order. Pictures are resized antialiased and bilinear, aspect ignored (src/image/resize.ts). */
    inputs: z.array(input).min(1).refine(hasDifferentNames, 'must have different names'),
    /** One of role `scores`, called `probabilities` (N × labels, in 0–1), and whatever else there is. */
    outputs: z
      .array(output)
      .refine(
        (all) =>
          all
            .filter(({ role }) => role === 'scores')
            .map(({ name }) => name)
            .join() === 'probabilities',
        'must have probabilities, and no other scores',
      )
      .refine(hasDifferentNames, 'must have different names'),
    /** Of the exported weights: the split that they were chosen by first. */
    scores: z.array(scores),
    graph: z.strictObject({
      file: fileName,
      sha256,
      bytes: z.int().positive(),
      opset: z.int(),
      parameters: z.int(),
      /** The file beside the graph that its weights are in: above 2 GiB, or by choice. */
      external: z.strictObject({ file: fileName, sha256, bytes: positive }).optional(),
      precision: z.enum(precisions).default('fp32'),
      target: z.enum(targets).default('portable'),
      cost: precisionCost.nullable().default(null),
    }),
    /**
     * Inputs with the outputs that TensorFlow.js gave for them; below float32, that this graph gave on
     * onnxruntime-node's CPU. A runtime may be off by `tolerance`.
     */
    golden: z.strictObject({
      file: fileName,
      sha256,
      tolerance: z.number().positive().default(goldenTolerance),
    }),
    /** Where it came from: system, preset, configuration, recipe, seed, epoch, versions. */
    provenance: z.record(z.string(), z.unknown()),
  })
  .refine(
    ({ task, labels }) =>
      task.kind === 'single-label' ||
      typeof task.threshold === 'number' ||
      task.threshold.length === labels.names.length,
    { path: ['task', 'threshold'], message: 'must be one for all labels, or one a label' },
  );

export type BundleManifest = z.infer<typeof bundleSchema>;

/** A bundle in memory: the manifest, and the graph it speaks of. */
export interface Bundle {
  readonly manifest: BundleManifest;
  readonly graph: Uint8Array;
  /** The graph's weights, where the manifest says that they are in a file of their own. */
  readonly external?: Uint8Array;
}

/**
 * Checks a parsed `bundle.json`; one of an earlier version is read as if it were of the latest.
 *
 * @throws UserError naming `source` and the first field that is wrong
 */
export function parseManifest(json: unknown, source: string): BundleManifest {
  const parsed = bundleSchema.safeParse(upgradeManifest(json));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new UserError(`${source} is not a valid bundle manifest`, {
    received: `${path.join('.') || 'the whole'}: ${message}`,
    remedy: 'export the bundle again, or update Actionnx where a newer one wrote it',
  });
}

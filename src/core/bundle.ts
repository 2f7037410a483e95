import { z } from 'zod';
import type { FramePlan, FrameSize } from './clip.ts';
import { UserError } from './errors.ts';

/** Rates of a system on a split, fractions in 0–1, example-based. */
const scores = z.strictObject({
  dataset: z.string(),
  split: z.string(),
  samples: z.int().positive(),
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
});

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
const channelsOf = (value: z.ZodNumber) => z.tuple([value, value, value]);

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

function isOneFrame({ kind, frames, speed, windows }: { kind: string } & FramePlan): boolean {
  return kind !== 'frame' || (frames === 1 && speed === 1 && windows === undefined);
}

function windowsFit({ frames, height, width, windows = [] }: FramePlan & FrameSize): boolean {
  const count = windows.reduce((sum, window) => sum + window.frames, 0);
  const isInside = windows.every((window) => window.height <= height && window.width <= width);
  return windows.length === 0 || (count === frames && isInside);
}

/**
 * `bundle.json`: all that a client must know to run a graph and read its outputs. The schema is the contract
 * between the exporter and everything that consumes bundles, in Node and in browsers.
 */
export const bundleSchema = z.strictObject({
  format: z.literal('actionnx-bundle'),
  /** 2 where the input has `windows` or the graph `external` data, which programs of version 1 would not see. */
  formatVersion: z.union([z.literal(1), z.literal(2)]),
  /** How results and caches call it: the system's name, or one given at export. */
  name: z.string().min(1),
  task: z.literal('multi-label-classification'),
  labels,
  input: z
    .strictObject({
      /** The graph's input: uint8 RGB, `[N, height, width, 3]` for a frame, `[N, frames, height, width, 3]` for a clip. */
      name: z.string(),
      kind: z.enum(['frame', 'clip']),
      height: z.int().positive(),
      width: z.int().positive(),
      /** Frames a clip, and the step between them (1 and 1 for a frame): see `clipFrames`. */
      frames: z.int().positive(),
      speed: z.int().positive(),
      /** Where the clip is several windows one after the other, as an ensemble's is: see `plannedFrames`, `frameSizes`. */
      windows: z
        .array(z.object({ frames: positive, speed: positive, height: positive, width: positive }))
        .min(2)
        .optional(),
      /** How frames reach height × width: antialiased bilinear, aspect ignored (src/image/resize.ts). */
      resize: z.literal('bilinear-antialias'),
      /** Applied inside the graph to values scaled to 0–1; recorded for readers, not for clients to apply. */
      mean: channelsOf(z.number()),
      std: channelsOf(z.number().positive()),
    })
    .refine(isOneFrame, { path: ['frames'], message: 'must be 1, as the speed, for a frame' })
    .refine(windowsFit, {
      path: ['windows'],
      message: 'must have as many frames as the clip, none larger than the input',
    }),
  /** Always `probabilities` (N × labels); `attention` (N × h × w, in 0–1) where the system has one. */
  outputs: z
    .array(z.strictObject({ name: z.string(), shape: z.array(z.union([z.int(), z.string()])) }))
    .refine((all) => all.some(({ name }) => name === 'probabilities'), 'must have probabilities')
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'must have different names'),
  /** A label is predicted at probability ≥ threshold. */
  threshold: z.number().gt(0).lt(1),
  /** Validation scores of the exported weights; the ensemble weighs by their F1. */
  validation: scores.nullable(),
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
});

export type BundleManifest = z.infer<typeof bundleSchema>;

/** A bundle in memory: the manifest, and the graph it speaks of. */
export interface Bundle {
  readonly manifest: BundleManifest;
  readonly graph: Uint8Array;
  /** The graph's weights, where the manifest says that they are in a file of their own. */
  readonly external?: Uint8Array;
}

/** Checks a parsed `bundle.json`. @throws UserError naming `source` and the first field that is wrong */
export function parseManifest(json: unknown, source: string): BundleManifest {
  const parsed = bundleSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new UserError(`${source} is not a valid bundle manifest`, {
    received: `${path.join('.') || 'the whole'}: ${message}`,
    remedy: 'export the bundle again, or update Actionnx where a newer one wrote it',
  });
}

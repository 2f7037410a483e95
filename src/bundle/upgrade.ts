import { z } from 'zod';

const positive = z.int().positive();
const channels = z.array(z.number());

/** What versions 1 and 2 had otherwise: one input of frames, one threshold, one split's scores, outputs by name alone. */
const earlier = z.looseObject({
  formatVersion: z.union([z.literal(1), z.literal(2)]),
  task: z.literal('multi-label-classification'),
  threshold: z.unknown(),
  input: z.looseObject({
    name: z.unknown(),
    kind: z.enum(['frame', 'clip']),
    height: z.unknown(),
    width: z.unknown(),
    frames: positive,
    speed: positive,
    windows: z
      .array(z.looseObject({ frames: positive }))
      .min(2)
      .optional(),
    resize: z.literal('bilinear-antialias'),
    mean: channels,
    std: channels,
  }),
  outputs: z.array(z.looseObject({ name: z.unknown() })),
  validation: z
    .strictObject({
      dataset: z.unknown(),
      split: z.unknown(),
      samples: z.unknown(),
      precision: z.unknown(),
      recall: z.unknown(),
      f1: z.unknown(),
    })
    .nullable(),
});

/**
 * A manifest of an earlier version as the latest would have it; anything else as it is, for the schema to judge. What is
 * wrong in an earlier one stays so, under the name that it has now.
 */
export function upgradeManifest(json: unknown): unknown {
  const parsed = earlier.safeParse(json);
  if (!parsed.success) return json;
  const { input, validation, threshold, outputs, ...rest } = parsed.data;
  return {
    ...rest,
    formatVersion: 3,
    task: { kind: 'multi-label', threshold },
    inputs: [upgradedInput(input)],
    outputs: outputs.map((output) => ({
      ...output,
      role: output.name === 'probabilities' ? 'scores' : 'map',
    })),
    scores: validation ? [upgradedScores(validation)] : [],
  };
}

/** A frame of other than one frame has its numbers kept, for the schema to refuse. */
function upgradedInput({ name, kind, ...input }: z.infer<typeof earlier>['input']) {
  const { frames, speed, windows, resize: _, ...size } = input;
  if (kind === 'frame' && frames === 1 && speed === 1 && !windows) return { name, kind, options: size };
  if (!windows) return { name, kind, options: { ...size, frames, speed } };
  const isWhole = kind === 'clip' && windows.reduce((sum, window) => sum + window.frames, 0) === frames;
  return { name, kind: 'windows', options: { ...size, windows, ...(isWhole ? {} : { frames }) } };
}

function upgradedScores(validation: NonNullable<z.infer<typeof earlier>['validation']>) {
  const { precision, recall, f1, ...split } = validation;
  return {
    ...split,
    metrics: { 'precision/samples': precision, 'recall/samples': recall, 'f1/samples': f1 },
  };
}

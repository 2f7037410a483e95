import { calibrations } from '../exporters/onnx/quantize/calibrate.ts';
import { type PrecisionOptions, precisionDefaults, requireCost } from '../jobs/precision.ts';
import { precisions, targets } from '../src/bundle/manifest.ts';
import { usageError } from '../src/core/errors.ts';
import { openData } from './evaluation.ts';

/** Where a graph is to run. */
export const targetOption = {
  target: {
    choices: targets,
    default: 'portable',
    describe:
      "where it is to run best: portable does well everywhere; cpu, onnxruntime-node alone, is faster for clips; wasm is faster on browsers' CPUs; int8 has one form for all",
  },
} as const;

const stated = (value: string | number) => ({ defaultDescription: JSON.stringify(value) });

/** What numbers a graph holds and computes with. Defaults are told here and filled in by the job. */
export const precisionOptions = {
  precision: {
    choices: precisions,
    default: precisionDefaults.precision,
    describe:
      'fp16 and int8-weights: a half and a quarter of the bytes at the same speed; int8: faster on CPUs with VNNI, needs data',
  },
  calibrate: {
    type: 'string',
    describe: 'data set that a precision below fp32 is calibrated and measured on',
  },
  'calibration-split': {
    type: 'string',
    ...stated(precisionDefaults.calibrationSplit),
    describe: 'the split that int8 is calibrated on',
  },
  'calibration-samples': {
    type: 'number',
    ...stated(precisionDefaults.calibrationSamples),
    describe: 'how many of its samples',
  },
  calibration: {
    choices: calibrations,
    ...stated(precisionDefaults.calibration),
    describe: "how int8 finds the range of a layer's values",
  },
  'measure-split': {
    type: 'string',
    ...stated(precisionDefaults.measureSplit),
    describe: 'the split that the loss of F1 is measured on',
  },
  'max-f1-loss': {
    type: 'number',
    ...stated(precisionDefaults.maxF1Loss),
    describe: 'the largest loss of F1 that is accepted',
  },
  cache: { type: 'string', ...stated(precisionDefaults.cache), describe: 'predictions cache' },
} as const;

export interface PrecisionArguments extends Omit<PrecisionOptions, 'data'> {
  readonly calibrate?: string;
}

/** Flags that say something only of a calibration or a measurement, and what they are called. */
const calibrating = {
  calibrationSplit: 'calibration-split',
  calibrationSamples: 'calibration-samples',
  calibration: 'calibration',
} as const;
const measuring = { measureSplit: 'measure-split', maxF1Loss: 'max-f1-loss', cache: 'cache' } as const;

/**
 * The data set that a precision is calibrated and measured on, opened; undefined where none is named.
 *
 * @throws UserError (exit 2) for flags that have no effect on the precision asked for, or do not go together
 */
export async function calibrationData(args: PrecisionArguments): Promise<PrecisionOptions['data']> {
  const { precision = 'fp32', calibrate } = args;
  const first = (flags: Partial<Record<keyof PrecisionArguments, string>>) =>
    Object.entries(flags).find(([name]) => args[name as keyof PrecisionArguments] !== undefined)?.[1];
  const below = first({ calibrate: 'calibrate', ...calibrating, ...measuring });
  if (precision === 'fp32' && below !== undefined) {
    throw usageError(`--${below} is for precisions below fp32`, { received: '--precision fp32' });
  }
  const int8 = first(calibrating);
  if (precision !== 'int8' && int8 !== undefined) {
    throw usageError(`--${int8} is for --precision int8`, { received: `--precision ${precision}` });
  }
  const measured = first(measuring);
  if (calibrate === undefined && measured !== undefined) {
    throw usageError(`--${measured} needs --calibrate: a data set to be measured on`);
  }
  requireCost(args);
  return calibrate === undefined ? undefined : openData({ data: calibrate, skipBroken: false });
}

import { type Calibration, calibrations } from '../../exporters/onnx/quantize/calibrate.ts';
import { type Precision, precisions, type Target, targets } from '../../src/core/bundle.ts';

/** Flags that say what numbers a graph holds and computes with, and where it is to run. */
export const precisionOptions = {
  target: {
    choices: targets,
    default: 'portable',
    describe:
      "where it is to run best: portable does well everywhere; cpu, onnxruntime-node alone, is faster for clips; wasm is faster on browsers' CPUs; int8 has one form for all",
  },
  precision: {
    choices: precisions,
    default: 'fp32',
    describe:
      'fp16 and int8-weights: a half and a quarter of the bytes at the same speed; int8: faster on CPUs with VNNI, needs data',
  },
  calibrate: {
    type: 'string',
    describe: 'data set that a precision below fp32 is calibrated and measured on',
  },
  'calibration-split': { type: 'string', default: 'train', describe: 'the split that int8 is calibrated on' },
  'calibration-samples': { type: 'number', default: 64, describe: 'how many of its samples' },
  calibration: {
    choices: calibrations,
    default: 'min-max',
    describe: "how int8 finds the range of a layer's values",
  },
  'measure-split': {
    type: 'string',
    default: 'val',
    describe: 'the split that the loss of F1 is measured on',
  },
  'max-f1-loss': { type: 'number', default: 0.005, describe: 'the largest loss of F1 that is accepted' },
  cache: { type: 'string', default: 'runs/cache', describe: 'predictions cache' },
} as const;

export interface PrecisionArguments {
  target: Target;
  precision: Precision;
  calibrate?: string;
  calibrationSplit: string;
  calibrationSamples: number;
  calibration: Calibration;
  measureSplit: string;
  maxF1Loss: number;
  cache: string;
}

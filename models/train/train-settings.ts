import type { Task } from '../../src/core/task.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { WeightFileOnDisk } from '../../src/node/weight-file.ts';
import type { PretrainedMatch } from '../pretrained/match.ts';
import type { Recipe, System } from '../system.ts';
import type { Backend } from './backend.ts';
import type { EpochRecord } from './run-record.ts';

/**
 * Example-based rates in 0–1 of probabilities [samples, labels] against truth of the same shape: at 0.5, or of the most
 * probable label where a sample has one, of which all three are the accuracy.
 */
export type Evaluate = (
  probabilities: Float32Array,
  truth: Uint8Array,
  samples: number,
  labels: number,
  kind: Task['kind'],
) => { precision: number; recall: number; f1: number };

export interface StepProgress {
  readonly phase: 'training' | 'validation';
  /** Which of the recipe's stages it is, 1-based, and how many those are. */
  readonly stage: { readonly number: number; readonly count: number };
  /** 1-based. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done of this phase's. */
  readonly step: number;
  readonly steps: number;
  /** The mean loss of a sample in this epoch so far; null in validation. */
  readonly loss: number | null;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  /** Until the last epoch's end, from the pace so far. */
  readonly secondsLeft: number;
}

export interface TrainSettings {
  readonly system: System;
  readonly preset: string;
  readonly config: Record<string, unknown>;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly dataset: Dataset;
  /** The run folder: run.json, metrics.jsonl, checkpoints/{best,last}.safetensors. */
  readonly folder: string;
  /** The one that is active: `await selectBackend()`. */
  readonly backend: Backend;
  readonly evaluate: Evaluate;
  /** Weights that the backbone starts from, in place of drawn ones. A resumed run needs the same. */
  readonly pretrained?: WeightFileOnDisk;
  /** Hears what of `pretrained` has been loaded; not where a checkpoint takes its place. */
  readonly onPretrained?: (match: PretrainedMatch) => void;
  /** Goes on with the run in `folder`, if there is one. */
  readonly resume?: boolean;
  readonly splits?: { readonly train: string; readonly validation: string };
  /** Bytes of resized frames to keep in memory. Default 1 GiB. */
  readonly frameMemory?: number;
  /** Seconds between checkpoints within an epoch. Default 300. */
  readonly checkpointInterval?: number;
  /** Once aborted, training stops after the step at hand, with a checkpoint to go on from. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StepProgress) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
}

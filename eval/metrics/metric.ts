import type { Task } from '../../src/core/task.ts';

/** Predictions on a split beside the truth: what every metric is a function of. */
export interface Evaluated {
  readonly samples: number;
  readonly labels: number;
  /** samples × labels, row-major, in 0–1. */
  readonly probabilities: Float32Array;
  /** Multi-hot, samples × labels, row-major. */
  readonly truth: Uint8Array;
  /** How labels are predicted from probabilities. */
  readonly task: Task;
}

/** One number that says how good predictions are. */
export interface Metric {
  /** `what/averaged over what`, the key in `result.json`. */
  readonly name: string;
  readonly title: string;
  /** What it says something of. */
  readonly tasks: readonly Task['kind'][];
  readonly range: readonly [number, number];
  /** Whether larger values are better. */
  readonly higherIsBetter: boolean;
  /** An independent implementation that the tests hold it against. */
  readonly reference: string;
  /** Null where it is undefined: over no samples. */
  readonly compute: (evaluated: Evaluated) => number | null;
}

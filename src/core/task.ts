/** What is asked of a sample: which labels hold, each by its own probability, or which one does. */
export type Task =
  | {
      readonly kind: 'multi-label';
      /** A label is predicted at probability ≥ threshold: one for all, or one a label. In 0–1. */
      readonly threshold: number | readonly number[];
    }
  /** The most probable label is predicted; of equal ones the first. */
  | { readonly kind: 'single-label' };

/** Multi-label, at one half: how ensembles decide, and whoever says nothing else. */
export const atOneHalf: Task = { kind: 'multi-label', threshold: 0.5 };

/** How what several systems say together is decided. */
export function ensembleTask(kind: Task['kind']): Task {
  return kind === 'single-label' ? { kind } : atOneHalf;
}

/** From which probability on a label is predicted, for files: null where it takes more than its own. */
export function statedThreshold(task: Task): number | readonly number[] | null {
  return task.kind === 'multi-label' ? task.threshold : null;
}

/** The metric that systems of a task are chosen, weighed and compared by. */
export const mainMetric = { 'multi-label': 'f1/samples', 'single-label': 'accuracy/top-1' } as const;

/**
 * Which labels are predicted, multi-hot, row-major like the probabilities.
 *
 * @param probabilities samples × labels
 */
export function predictedLabels(task: Task, probabilities: Float32Array, labels: number): Uint8Array {
  const predicted = new Uint8Array(probabilities.length);
  if (task.kind === 'multi-label') {
    const thresholds = thresholdsOf(task, labels);
    for (let i = 0; i < predicted.length; i++) {
      predicted[i] = probabilities[i] >= thresholds[i % labels] ? 1 : 0;
    }
    return predicted;
  }
  for (let at = 0; at < predicted.length; at += labels) {
    let largest = at;
    for (let i = at + 1; i < at + labels; i++) if (probabilities[i] > probabilities[largest]) largest = i;
    predicted[largest] = 1;
  }
  return predicted;
}

/** The threshold of each label; none where the most probable is predicted. */
export function thresholdsOf(task: Task, labels: number): number[] {
  if (task.kind === 'single-label') return [];
  const { threshold } = task;
  return typeof threshold === 'number' ? Array.from({ length: labels }, () => threshold) : [...threshold];
}

/** "predicted at 0.5 or more", for people. */
export function taskText(task: Task): string {
  if (task.kind === 'single-label') return 'the most probable label is predicted';
  const { threshold } = task;
  if (typeof threshold === 'number') return `a label is predicted at a probability of ${threshold} or more`;
  const [least, most] = [Math.min(...threshold), Math.max(...threshold)];
  return `a label is predicted at a probability of its own threshold or more, ${least} to ${most}`;
}

import { Registry } from '../../src/core/registry.ts';
import type { Task } from '../../src/core/task.ts';
import { exactMatch } from './exact-match.ts';
import { f1 } from './f1.ts';
import { hammingLoss } from './hamming-loss.ts';
import { meanClassAccuracy } from './mean-class-accuracy.ts';
import type { Evaluated } from './metric.ts';
import { precision } from './precision.ts';
import { recall } from './recall.ts';
import { top1, top5 } from './top-k.ts';

export { confusion } from './confusion.ts';
export type { Evaluated, Metric } from './metric.ts';
export { type LabelScores, perLabel } from './per-label.ts';

/** Every metric of `result.json`, in its order. */
export const metrics = new Registry('metric', [
  ...[precision, recall, f1, exactMatch, hammingLoss],
  ...[top1, top5, meanClassAccuracy],
]);

/**
 * The metrics of a task by name, in 0–1; null where one is undefined.
 *
 * @param kind what is asked of the samples; default: what the predictions are decided by
 */
export function metricsOf(
  evaluated: Evaluated,
  kind: Task['kind'] = evaluated.task.kind,
): Record<string, number | null> {
  const fitting = metrics.all.filter(({ tasks }) => tasks.includes(kind));
  return Object.fromEntries(fitting.map(({ name, compute }) => [name, compute(evaluated)]));
}

/** The challenge's three scores (fractions in 0–1, over at least one sample). @throws Error over no samples */
export function exampleBasedScores(evaluated: Evaluated): { precision: number; recall: number; f1: number } {
  const scores = [precision, recall, f1].map((metric) => metric.compute(evaluated));
  if (scores.includes(null)) throw new Error('example-based scores need at least one sample');
  const [p, r, f] = scores as number[];
  return { precision: p, recall: r, f1: f };
}

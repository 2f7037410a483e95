import { mainMetric } from '../core/task.ts';
import type { BundleManifest } from './manifest.ts';

/** How good a bundle says that it is: by its task's main metric, in 0–1, on the split that its weights were chosen by. */
export interface RecordedScore {
  readonly dataset: string;
  readonly split: string;
  readonly samples: number;
  readonly metric: string;
  readonly value: number;
}

/** What ensembles weigh a system by; null where its bundle records none. */
export function recordedScore({
  scores,
  task,
}: Pick<BundleManifest, 'scores' | 'task'>): RecordedScore | null {
  const metric = mainMetric[task.kind];
  const found = scores.find(({ metrics }) => metric in metrics);
  if (!found) return null;
  const { dataset, split, samples, metrics } = found;
  return { dataset, split, samples, metric, value: metrics[metric] };
}

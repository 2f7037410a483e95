import type { Task } from '../../src/core/task.ts';

/** The metrics of a task that tables show, and what they call them; the main one is named in src/core/task.ts. */
export const scoreColumns: Readonly<
  Record<Task['kind'], readonly (readonly [title: string, metric: string])[]>
> = {
  'multi-label': [
    ['P', 'precision/samples'],
    ['R', 'recall/samples'],
    ['F1', 'f1/samples'],
  ],
  'single-label': [
    ['Top-1', 'accuracy/top-1'],
    ['Top-5', 'accuracy/top-5'],
    ['Class mean', 'accuracy/mean-class'],
  ],
};

/** What a task's main metric is called in running text. */
export const mainTitle = { 'multi-label': 'F1', 'single-label': 'top-1 accuracy' } as const;

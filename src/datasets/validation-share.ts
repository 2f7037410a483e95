import { dealFolds } from './folds.ts';
import type { ListedItem } from './listed-dataset.ts';

/** One training sample of so many validates. */
const one = 10;

/**
 * A tenth of single-label training samples made validation samples, with the labels in proportion; the same ones every
 * time. None of fewer than ten.
 */
export function holdOut(items: readonly ListedItem[]): ListedItem[] {
  if (items.length < one) return [...items];
  const samples = items.map(({ id, labels }) => ({ group: id, label: labels[0] }));
  const dealt = dealFolds(samples, { index: 0, of: one, seed: 0 });
  return items.map((item, i) => (dealt[i] === 0 ? { ...item, split: 'val' } : item));
}

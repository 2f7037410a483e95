import type { Task } from '../src/core/task.ts';

/**
 * The labels whose prediction for every sample gives the highest example-based F1: the floor that a system has to
 * clear. Exact: for a set of k labels the mean F1 is a sum over its labels of Σ 2·y / (k + |y|), so the best set of
 * each size is its k best labels. Chosen on the given truth itself, which no constant chosen elsewhere can beat.
 *
 * @param truth multi-hot, samples × labels, row-major
 * @param kind where a sample has one label, so has the prediction: the most frequent
 * @returns class indices, best first
 */
export function bestConstant(
  truth: Uint8Array,
  labels: number,
  kind: Task['kind'] = 'multi-label',
): number[] {
  const samples = truth.length / labels;
  const counts = Array.from({ length: samples }, (_, n) =>
    truth.subarray(n * labels, (n + 1) * labels).reduce((sum, label) => sum + label, 0),
  );
  let best: { indices: number[]; f1: number } = { indices: [], f1: -1 };
  const most = kind === 'single-label' ? 1 : labels;
  for (let k = 1; k <= most; k++) {
    const gains = new Float64Array(labels);
    for (let n = 0; n < samples; n++) {
      const gain = 2 / (k + counts[n]);
      for (let i = 0; i < labels; i++) if (truth[n * labels + i]) gains[i] += gain;
    }
    const indices = Array.from(gains.keys())
      .sort((a, b) => gains[b] - gains[a])
      .slice(0, k);
    const f1 = indices.reduce((sum, index) => sum + gains[index], 0);
    if (f1 > best.f1) best = { indices, f1 };
  }
  return best.indices;
}

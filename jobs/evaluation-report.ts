import type { ReportError } from '../eval/report/data.ts';
import { writeReport } from '../eval/report/index.ts';
import { trainingHistory } from '../eval/training-history.ts';
import { worstErrors } from '../eval/worst-errors.ts';
import { ensembleTask, mainMetric } from '../src/core/task.ts';
import { type Dataset, keyFrameOf } from '../src/datasets/dataset.ts';
import { encodeJpeg } from '../src/node/image-file.ts';
import type { NamedBundle } from './bundles.ts';
import type { Evaluation } from './evaluate.ts';

/** Key frames on the contact sheet. */
const errorsShown = 12;

/**
 * Draws the report of an evaluation: its table, labels, learning curves, and the worst errors of the ensemble, or
 * of the best system where there is none.
 *
 * @param bundles those evaluated, for how they were trained
 * @param command what made it, for the footer
 * @returns the path of `index.html`
 */
export async function writeEvaluationReport(
  folder: string,
  dataset: Dataset,
  evaluation: Evaluation,
  bundles: readonly NamedBundle[],
  command: string,
): Promise<string> {
  const { result, samples, truth } = evaluation;
  const { names } = result.labels;
  const shown = judged(evaluation);
  const worst = worstErrors({ ...shown, truth, labels: names.length }, errorsShown);
  const errors = await Promise.all(
    worst.map(async ({ index, predicted, truth, f1 }): Promise<ReportError> => {
      const { id, video } = samples[index];
      const [image] = await dataset.frames(video, [keyFrameOf(samples[index])]);
      const row = shown.probabilities.subarray(index * names.length, (index + 1) * names.length);
      return {
        id,
        image,
        predicted: predicted.map((i) => ({ label: names[i], probability: row[i] })),
        truth: truth.map((i) => names[i]),
        f1,
      };
    }),
  );
  return writeReport(
    folder,
    {
      result,
      training: bundles.flatMap(({ manifest }) => trainingHistory(manifest) ?? []),
      errorsOf: shown.name,
      errors,
      command,
      created: new Date().toISOString(),
    },
    encodeJpeg,
  );
}

/** Whose errors are worth looking at. */
function judged({ result, members, combined }: Evaluation) {
  if (combined) return { name: 'ensemble', probabilities: combined, task: ensembleTask(result.task) };
  const main = mainMetric[result.task];
  const scores = result.systems.map(({ metrics }) => metrics[main] ?? 0);
  const best = scores.indexOf(Math.max(...scores));
  const { probabilities, manifest } = members[best];
  return { name: manifest.name, probabilities, task: manifest.task };
}

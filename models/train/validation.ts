import type { ValidationScores } from './run-record.ts';
import type { Batch } from './sample-source.ts';
import type { TrainSettings } from './train-settings.ts';
import { trainedSpace } from './trained-space.ts';
import type { Trainer } from './trainer.ts';

/**
 * Scores a model on samples, by the averages of its weights where it has some.
 *
 * @param batches of all samples, in any order
 * @param samples how many there are
 * @param onBatch hears of each batch that is done; may throw, to stop
 */
export async function validationScores(
  trainer: Trainer,
  batches: AsyncIterable<Batch>,
  samples: number,
  { evaluate, ...settings }: Pick<TrainSettings, 'system' | 'config' | 'dataset' | 'evaluate'>,
  onBatch: (batch: Batch) => void,
): Promise<ValidationScores> {
  const { names, task } = trainedSpace(settings);
  const labels = names.length;
  const probabilities = new Float32Array(samples * labels);
  const truth = new Uint8Array(samples * labels);
  let [done, loss] = [0, 0];
  trainer.useAverages();
  try {
    for await (const batch of batches) {
      const predicted = trainer.predict(batch);
      probabilities.set(predicted.probabilities, done * labels);
      truth.set(batch.truth, done * labels);
      loss += predicted.loss;
      done += batch.samples;
      onBatch(batch);
    }
  } finally {
    trainer.resume();
  }
  return { loss: loss / samples, ...evaluate(probabilities, truth, samples, labels, task) };
}

import { UserError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { Dataset, Sample } from '../../src/datasets/dataset.ts';

/**
 * Sample ids are unique in one data set only, and a data set may be made anew in the same folder. So every shard
 * carries the hash of one of its pictures, and is used only where that sample still looks the same.
 */
export async function witnessOf(
  dataset: Dataset,
  { video, frame }: Pick<Sample, 'video' | 'frame'>,
): Promise<Record<string, string>> {
  const [{ width, height, data }] = await dataset.frames(video, [frame ?? 1]);
  return {
    witness: JSON.stringify({ video, frame }),
    witness_pixels: `${width}x${height} sha256 ${await sha256(data)}`,
  };
}

/** Whether a shard's witness is a picture of this data set. One without a witness is of none. */
export async function isWitnessed(
  dataset: Dataset,
  metadata: Readonly<Record<string, string>>,
): Promise<boolean> {
  if (metadata.witness === undefined) return false;
  try {
    const here = await witnessOf(dataset, JSON.parse(metadata.witness));
    return here.witness_pixels === metadata.witness_pixels;
  } catch (error) {
    // No such picture here: the shard speaks of another data set.
    if (error instanceof UserError) return false;
    throw error;
  }
}

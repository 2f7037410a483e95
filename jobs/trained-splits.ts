import { z } from 'zod';
import type { BundleManifest } from '../src/bundle/manifest.ts';

/** A split that something was learnt from. */
export interface LearntSplit {
  readonly dataset: string;
  readonly split: string;
}

const fitted = z.object({ dataset: z.string(), split: z.string() });

/** The part of a bundle's provenance that says what it learnt from: an ensemble's members each have their own. */
const provenance = z.object({
  dataset: z.string().optional().catch(undefined),
  train: z.object({ split: z.string() }).optional().catch(undefined),
  ensemble: z
    .array(z.object({ provenance: z.record(z.string(), z.unknown()) }))
    .optional()
    .catch(undefined),
  combiner: z.object({ fitted: fitted.nullable() }).optional().catch(undefined),
});

/**
 * The splits that a bundle was trained on, its combiner's included.
 *
 * @returns null where it does not say, as models made elsewhere do not
 */
export function trainedSplits(record: BundleManifest['provenance']): LearntSplit[] | null {
  const { dataset, train, ensemble, combiner } = provenance.parse(record);
  if (ensemble) {
    const members = ensemble.map((member) => trainedSplits(member.provenance));
    const known = members.flatMap((splits) => splits ?? []);
    const all = combiner?.fitted ? [...known, combiner.fitted] : known;
    return members.includes(null) && all.length === 0 ? null : all;
  }
  return dataset !== undefined && train ? [{ dataset, split: train.split }] : null;
}

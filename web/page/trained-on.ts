import { z } from 'zod';
import type { BundleManifest } from '../../src/bundle/manifest.ts';

/** The part of a bundle's provenance that names its data; an ensemble's members each have their own. */
const provenance = z.object({
  dataset: z.string().optional().catch(undefined),
  pretrained: z.unknown().optional(),
  ensemble: z
    .array(z.object({ provenance: z.record(z.string(), z.unknown()) }))
    .optional()
    .catch(undefined),
});

const known: Readonly<Record<string, string>> = {
  'synthetic-a2d': 'drawn figures on plain grounds (synthetic-a2d)',
  a2d: 'the videos of A2D',
};

/**
 * One line on what the systems have seen, without which their certainty means little: a classifier has an answer to
 * any picture. Null where no bundle says.
 */
export function trainedOn(provenances: readonly BundleManifest['provenance'][]): string | null {
  const names = new Set(provenances.flatMap(datasetsOf));
  if (names.size === 0) return null;
  const data = [...names].map((name) => known[name] ?? name);
  const all = provenances.every((one) => datasetsOf(one).length > 0);
  const who = all ? 'Trained on' : 'Some are trained on';
  const isDrawn = all && names.size === 1 && names.has('synthetic-a2d');
  return isDrawn
    ? `${who} ${data[0]} and nothing else: on photographs they are guessing, however sure they are.`
    : `${who} ${data.join(' and ')}: on pictures of another kind they are guessing, however sure they are.`;
}

function datasetsOf(record: BundleManifest['provenance']): string[] {
  const { dataset, pretrained, ensemble } = provenance.parse(record);
  // Weights that others began with have seen more than the data set.
  const own =
    dataset === undefined ? [] : [pretrained ? `${known[dataset] ?? dataset} (after pretraining)` : dataset];
  return [...own, ...(ensemble ?? []).flatMap((member) => datasetsOf(member.provenance))];
}

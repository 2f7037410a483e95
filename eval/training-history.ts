import { z } from 'zod';
import type { BundleManifest } from '../src/bundle/manifest.ts';
import type { ReportTraining } from './report/data.ts';

const history = z.array(z.object({ epoch: z.int(), loss: z.number(), f1: z.number() })).min(1);

/**
 * How a system learnt, as its bundle records it: `provenance.history`, an entry an epoch with the training loss and
 * the validation F1 in 0–1. Null for a bundle that records none, such as one whose weights were imported.
 */
export function trainingHistory({ name, provenance }: BundleManifest): ReportTraining | null {
  const parsed = history.safeParse(provenance.history);
  return parsed.success ? { system: name, epochs: parsed.data } : null;
}

/** Parts of bundles that many tests need. */
import type { BundleManifest } from '../src/bundle/manifest.ts';
import { imagenetNormalization } from '../src/core/normalization.ts';
import { clip } from '../src/inputs/clip.ts';
import { frame } from '../src/inputs/frame.ts';
import type { NamedInput } from '../src/inputs/plan.ts';
import { windows } from '../src/inputs/windows.ts';

/** The input of a graph of frames, at ImageNet's normalisation where none is given. */
export function frames(options: Parameters<typeof frame>[0], name = 'frames'): NamedInput[] {
  return [{ name, ...frame({ ...imagenetNormalization, ...options! }) }];
}

export function clips(options: Parameters<typeof clip>[0], name = 'frames'): NamedInput[] {
  return [{ name, ...clip({ ...imagenetNormalization, ...options! }) }];
}

export function windowed(options: Parameters<typeof windows>[0], name = 'frames'): NamedInput[] {
  return [{ name, ...windows({ ...imagenetNormalization, ...options! }) }];
}

/** Example-based scores on a validation split. */
export function validated(
  f1: number,
  { precision = 0.5, recall = 0.5, samples = 10 } = {},
): BundleManifest['scores'] {
  const metrics = { 'precision/samples': precision, 'recall/samples': recall, 'f1/samples': f1 };
  return [{ dataset: 'a2d', split: 'val', samples, metrics }];
}

/** The F1 that a bundle records. */
export function f1Of({ scores }: Pick<BundleManifest, 'scores'>): number {
  return scores[0]?.metrics['f1/samples'] ?? 0;
}

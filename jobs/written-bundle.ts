import { join } from 'node:path';
import { type BundleSource, writeBundle } from '../exporters/bundle.ts';
import type { VerificationRow } from '../exporters/onnx/verify.ts';
import type { BundleManifest } from '../src/bundle/manifest.ts';
import { usageError } from '../src/core/errors.ts';
import type { Task } from '../src/core/task.ts';
import { requireOther } from '../src/node/replaceable.ts';
import type { Listener } from './listener.ts';
import { verificationTargets } from './verification-targets.ts';

/** A bundle as it was written. */
export interface WrittenBundle {
  /** The folder that it lies in. */
  readonly bundle: string;
  readonly manifest: BundleManifest;
  /** How far each runtime is from the reference, for every output. */
  readonly verification: readonly VerificationRow[];
  /** What the graph was compared with, in words. */
  readonly reference: string;
}

/** What every job that writes a bundle can be told. */
export interface BundleOptions {
  /** The bundle's folder. Default: `bundles/<name>`. */
  readonly out?: string;
  /** What results call it. */
  readonly name?: string;
  /** Least probability of a predicted label, above 0 and below 1, where several may hold. Default: 0.5. */
  readonly threshold?: number;
  /** The weights in a file beside the graph, as always above 2 GiB. */
  readonly externalData?: boolean;
}

/**
 * To be asked before any work.
 *
 * @param sources what the bundle is made from
 * @throws UserError (exit 2) where the folder would replace one of them, or the threshold is none
 */
export async function requireWritable(
  { out, threshold = 0.5 }: BundleOptions,
  sources: readonly string[],
): Promise<void> {
  if (out?.endsWith('.onnx')) {
    throw usageError('--out of a bundle is a folder', {
      received: out,
      remedy: 'the graph will be inside',
    });
  }
  if (out !== undefined) await requireOther(out, sources, '--out');
  if (threshold > 0 && threshold < 1) return;
  throw usageError('--threshold must lie between 0 and 1', { received: String(threshold) });
}

/** What a bundle asks. @throws UserError (exit 2) for a threshold where the most probable label is predicted */
export function taskOf(kind: Task['kind'], threshold: number | undefined): Task {
  if (kind === 'multi-label') return { kind, threshold: threshold ?? 0.5 };
  if (threshold === undefined) return { kind };
  throw usageError('--threshold is for labels of which several may hold', {
    received: `${threshold} for a model of one label a sample`,
    remedy: 'leave it out',
  });
}

/** Writes and verifies a bundle. @param reference what its golden outputs are of, in words */
export async function writeVerified(
  source: Omit<BundleSource, 'targets'>,
  reference: string,
  { out = join('bundles', source.name), externalData }: BundleOptions,
  listener: Listener,
): Promise<WrittenBundle> {
  const onnx = externalData ? source.onnx.withExternalData() : source.onnx;
  const targets = verificationTargets(onnx, listener);
  return { bundle: out, reference, ...(await writeBundle(out, { ...source, onnx, targets })) };
}

import { type FramesInput, requireFramesInput } from '../../src/bundle/frames-input.ts';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { UserError } from '../../src/core/errors.ts';

/** One for all labels, or one a label. */
export type Threshold = number | readonly number[];

/**
 * What there is to know of a system that the hub's libraries can run: frames in, labels out that do not exclude one
 * another.
 *
 * @throws UserError for other systems
 */
export function hubSystem(manifest: BundleManifest): { input: FramesInput; threshold: Threshold } {
  const input = requireFramesInput(manifest, 'a Hugging Face repository');
  const { task, name } = manifest;
  if (task.kind === 'multi-label') return { input, threshold: task.threshold };
  throw new UserError('a Hugging Face repository takes multi-label systems', {
    received: `${name}, whose labels exclude one another`,
    remedy: 'deploy or serve the bundle itself',
  });
}

import type { Precision, Target } from '../../src/bundle/manifest.ts';
import { cancelTransposes } from './passes/cancel-transposes.ts';
import { channelsLastClips } from './passes/channels-last-clips.ts';
import { passes } from './passes/index.ts';
import { padChannels } from './passes/pad-channels.ts';
import type { Pass } from './passes/pass.ts';
import { winograd } from './passes/winograd.ts';
import { float16Weights } from './precision/float16-weights.ts';
import { int8Weights } from './precision/int8-weights.ts';

/** Clips as 2-D convolutions: the portable form, and the one in which integers are fastest everywhere. */
export const clipsAsPlanes: readonly Pass[] = [padChannels, channelsLastClips, cancelTransposes];

/** What a float32 graph goes through for a target. */
export function passesFor(target: Target): readonly Pass[] {
  if (target === 'cpu' || target === 'cuda') return passes;
  const asPlanes = [...passes, ...clipsAsPlanes];
  return target === 'wasm' ? [...asPlanes, winograd(), cancelTransposes] : asPlanes;
}

/** How the weights of a finished float32 graph are stored. For int8, see `quantize`. */
export function weightPasses(precision: Exclude<Precision, 'int8'>): readonly Pass[] {
  return { fp32: [], fp16: [float16Weights], 'int8-weights': [int8Weights] }[precision];
}

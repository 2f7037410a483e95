import type { Precision } from '../../src/core/bundle.ts';
import { cancelTransposes } from './passes/cancel-transposes.ts';
import { channelsLastClips } from './passes/channels-last-clips.ts';
import { passes } from './passes/index.ts';
import { padChannels } from './passes/pad-channels.ts';
import type { Pass } from './passes/pass.ts';
import { float16Weights } from './precision/float16-weights.ts';
import { int8Weights } from './precision/int8-weights.ts';

/**
 * What a graph is written for. One set of weights, several forms of the same computation, which matter for clips only:
 * `portable` loads everywhere and has them as 2-D convolutions of images with their channels last, the fastest of the
 * portable forms on CPUs; `cpu` keeps the 3-D ones, which onnxruntime-node is given in the block layout of its
 * machine at load; `cuda` keeps them too, for cuDNN.
 */
export const targets = ['portable', 'cpu', 'wasm', 'webgpu', 'cuda'] as const;
export type Target = (typeof targets)[number];

const clipsAsPlanes = [padChannels, channelsLastClips, cancelTransposes];

/** What a float32 graph goes through for a target. */
export function passesFor(target: Target): readonly Pass[] {
  return target === 'cpu' || target === 'cuda' ? passes : [...passes, ...clipsAsPlanes];
}

/** How the weights of a finished float32 graph are stored. For int8, see `quantize`. */
export function weightPasses(precision: Exclude<Precision, 'int8'>): readonly Pass[] {
  return { fp32: [], fp16: [float16Weights], 'int8-weights': [int8Weights] }[precision];
}

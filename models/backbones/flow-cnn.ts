/**
 * The 3-D convolutions of papers/003's flow network (section 5.3): three of them, strided, each with a ReLU, batch norm
 * and a max-pool, all padded as Keras pads 'same'.
 */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { glorotUniform } from '../layers/initializers.ts';
import { convolveClip, poolClip } from '../layers/lowered3d.ts';
import { tf } from '../tf.ts';
import { kerasBatchNorm } from './strided-cnn.ts';

const convolutions = [
  { size: 7, stride: 2 },
  { size: 5, stride: 3 },
  { size: 3, stride: 3 },
] as const;

/** Filters of each convolution. */
export type FlowCnnWidths = readonly [number, number, number];

export const flowCnnWidths: FlowCnnWidths = [128, 256, 512];

/** Flow [N, T, H, W, 2] → flat features [N, F], of layers `flow.…`; F is 2048 for 16 flows at 224². */
export function flowCnn(
  flow: SymbolicTensor,
  { widths, seed }: { widths: FlowCnnWidths; seed: number },
): SymbolicTensor {
  let x = flow;
  convolutions.forEach((window, i) => {
    const name = `flow.conv${i}`;
    const initializer = glorotUniform(seed, name);
    x = convolveClip(x, { ...window, name, filters: widths[i], initializer });
    x = kerasBatchNorm(x, `flow.bn${i}`);
    x = poolClip(x, { name: `flow.pool${i}`, size: 3, stride: 2 });
  });
  return tf.layers.flatten({ name: 'flow.flatten' }).apply(x) as SymbolicTensor;
}

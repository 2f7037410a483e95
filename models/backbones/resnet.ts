/**
 * ResNet for frames (He et al. 2016), as torchvision builds it: v1.5 bottlenecks (the stride sits on the 3×3),
 * symmetric padding, batch norm with momentum 0.9 and epsilon 1e-5, layers named as in torchvision's checkpoints.
 */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { addResidual, convolve2d, normalize, relu } from '../layers/blocks.ts';
import { tf } from '../tf.ts';

interface Architecture {
  block: 'basic' | 'bottleneck';
  /** Blocks in layer1–layer4. */
  blocks: readonly [number, number, number, number];
  /** Channels of the 3×3 convolutions in layer1–layer4. */
  widths: readonly [number, number, number, number];
  /** The first convolution, and whether a stride-2 max-pool follows it. */
  stem: { kernel: number; pool: boolean };
}

const full = { widths: [64, 128, 256, 512], stem: { kernel: 7, pool: true } } as const;

export const resnetArchitectures = {
  '18': { block: 'basic', blocks: [2, 2, 2, 2], ...full },
  '34': { block: 'basic', blocks: [3, 4, 6, 3], ...full },
  '50': { block: 'bottleneck', blocks: [3, 4, 6, 3], ...full },
  '101': { block: 'bottleneck', blocks: [3, 4, 23, 3], ...full },
  '152': { block: 'bottleneck', blocks: [3, 8, 36, 3], ...full },
  /** For the demo: one basic block a layer on 64² frames. Not in any report. */
  tiny: { block: 'basic', blocks: [1, 1, 1, 1], widths: [16, 32, 64, 128], stem: { kernel: 3, pool: true } },
} as const satisfies Record<string, Architecture>;

export type ResnetDepth = keyof typeof resnetArchitectures;
export const resnetDepths = Object.keys(resnetArchitectures) as [ResnetDepth, ...ResnetDepth[]];

export interface ResnetOptions {
  depth: ResnetDepth;
  seed: number;
  /** Called with layer3's output [N, h, w, C]; what it returns goes into layer4. */
  beforeLayer4?: (features: SymbolicTensor) => SymbolicTensor;
}

/** Frames [N, H, W, 3], normalised → pooled features [N, C]; C is 2048 for ResNet-50 and deeper, 512 for 18 and 34. */
export function resnet(frames: SymbolicTensor, { depth, seed, beforeLayer4 }: ResnetOptions): SymbolicTensor {
  const architecture: Architecture = resnetArchitectures[depth];
  const block = architecture.block === 'basic' ? basicBlock : bottleneck;
  let x = stem(frames, architecture, seed);
  architecture.blocks.forEach((count, index) => {
    if (index === 3 && beforeLayer4) x = beforeLayer4(x);
    for (let i = 0; i < count; i++) {
      const stride = index > 0 && i === 0 ? 2 : 1;
      x = block(x, { name: `layer${index + 1}.${i}`, width: architecture.widths[index], stride, seed });
    }
  });
  return tf.layers.globalAveragePooling2d({ name: 'avgpool' }).apply(x) as SymbolicTensor;
}

interface Block {
  name: string;
  width: number;
  stride: number;
  seed: number;
}

function stem(frames: SymbolicTensor, architecture: Architecture, seed: number): SymbolicTensor {
  const { widths, stem } = architecture;
  let x = convolve2d(frames, { name: 'conv1', filters: widths[0], kernel: stem.kernel, stride: 2, seed });
  x = relu(normalize(x, 'bn1'), 'relu');
  if (!stem.pool) return x;
  // Zeros are as good as −∞ here: the pool follows a ReLU.
  x = tf.layers.zeroPadding2d({ padding: 1, name: 'maxpool.pad' }).apply(x) as SymbolicTensor;
  return tf.layers
    .maxPooling2d({ poolSize: 3, strides: 2, padding: 'valid', name: 'maxpool' })
    .apply(x) as SymbolicTensor;
}

function basicBlock(x: SymbolicTensor, { name, width, stride, seed }: Block): SymbolicTensor {
  let y = convolve2d(x, { name: `${name}.conv1`, filters: width, kernel: 3, stride, seed });
  y = relu(normalize(y, `${name}.bn1`), `${name}.relu1`);
  y = convolve2d(y, { name: `${name}.conv2`, filters: width, kernel: 3, seed });
  y = normalize(y, `${name}.bn2`);
  return addResidual(y, shortcut(x, { name, width, stride, seed }), name);
}

function bottleneck(x: SymbolicTensor, { name, width, stride, seed }: Block): SymbolicTensor {
  let y = convolve2d(x, { name: `${name}.conv1`, filters: width, kernel: 1, seed });
  y = relu(normalize(y, `${name}.bn1`), `${name}.relu1`);
  y = convolve2d(y, { name: `${name}.conv2`, filters: width, kernel: 3, stride, seed });
  y = relu(normalize(y, `${name}.bn2`), `${name}.relu2`);
  y = convolve2d(y, { name: `${name}.conv3`, filters: 4 * width, kernel: 1, seed });
  y = normalize(y, `${name}.bn3`);
  return addResidual(y, shortcut(x, { name, width: 4 * width, stride, seed }), name);
}

/** The identity where shapes allow it, otherwise a strided 1×1 projection. */
function shortcut(x: SymbolicTensor, { name, width, stride, seed }: Block): SymbolicTensor {
  if (stride === 1 && x.shape[3] === width) return x;
  const projected = convolve2d(x, { name: `${name}.downsample.0`, filters: width, kernel: 1, stride, seed });
  return normalize(projected, `${name}.downsample.1`);
}

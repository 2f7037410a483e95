/**
 * R(2+1)D for clips (Tran et al. 2018), as torchvision's r2plus1d_18 builds it: every 3×3×3 convolution is a 1×3×3
 * over space, batch norm, ReLU and a 3×1×1 over time, with as many channels in between as keep the parameter count.
 * Layers are named as in torchvision's checkpoints.
 */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { addResidual, convolve3d, normalize, relu } from '../layers/blocks.ts';
import { GlobalAveragePooling3D } from '../layers/global-average-pooling3d.ts';

interface Architecture {
  /** Blocks in layer1, layer2, … */
  blocks: readonly number[];
  /** Channels of each layer. */
  widths: readonly number[];
  /** The stem's spatial convolution: its channels, kernel and stride. */
  stem: { middle: number; kernel: number; stride: number };
}

export const r2plus1dArchitectures = {
  '18': { blocks: [2, 2, 2, 2], widths: [64, 128, 256, 512], stem: { middle: 45, kernel: 7, stride: 2 } },
  /** For the demo: three layers of one block behind a stem of stride 4. Not in any report. */
  tiny: { blocks: [1, 1, 1], widths: [8, 32, 64], stem: { middle: 8, kernel: 7, stride: 4 } },
} as const satisfies Record<string, Architecture>;

export type R2plus1dDepth = keyof typeof r2plus1dArchitectures;
export const r2plus1dDepths = Object.keys(r2plus1dArchitectures) as [R2plus1dDepth, ...R2plus1dDepth[]];

/** Clips [N, T, H, W, 3], normalised → pooled features [N, C]; C is 512 for depth 18. */
export function r2plus1d(
  clips: SymbolicTensor,
  { depth, seed }: { depth: R2plus1dDepth; seed: number },
): SymbolicTensor {
  const architecture: Architecture = r2plus1dArchitectures[depth];
  let x = stem(clips, architecture, seed);
  architecture.blocks.forEach((count, index) => {
    for (let i = 0; i < count; i++) {
      const stride = index > 0 && i === 0 ? 2 : 1;
      x = basicBlock(x, {
        name: `layer${index + 1}.${i}`,
        width: architecture.widths[index],
        stride,
        seed,
      });
    }
  });
  return new GlobalAveragePooling3D({ name: 'avgpool' }).apply(x) as SymbolicTensor;
}

interface Block {
  name: string;
  width: number;
  stride: number;
  seed: number;
}

function stem(clips: SymbolicTensor, { widths, stem }: Architecture, seed: number): SymbolicTensor {
  const { middle, kernel, stride } = stem;
  let x = convolve3d(clips, {
    name: 'stem.0',
    filters: middle,
    kernelSize: [1, kernel, kernel],
    strides: [1, stride, stride],
    seed,
  });
  x = relu(normalize(x, 'stem.1'), 'stem.2');
  x = convolve3d(x, { name: 'stem.3', filters: widths[0], kernelSize: [3, 1, 1], seed });
  return relu(normalize(x, 'stem.4'), 'stem.5');
}

function basicBlock(x: SymbolicTensor, { name, width, stride, seed }: Block): SymbolicTensor {
  const channels = x.shape[4] as number;
  // The same for both convolutions of a block, as in torchvision (and unlike the paper's second one).
  const middle = Math.floor((channels * width * 27) / (channels * 9 + 3 * width));
  let y = convolve2plus1d(x, { name: `${name}.conv1.0`, middle, width, stride, seed });
  y = relu(normalize(y, `${name}.conv1.1`), `${name}.conv1.2`);
  y = convolve2plus1d(y, { name: `${name}.conv2.0`, middle, width, stride: 1, seed });
  y = normalize(y, `${name}.conv2.1`);
  return addResidual(y, shortcut(x, { name, width, stride, seed }), name);
}

function convolve2plus1d(
  x: SymbolicTensor,
  { name, middle, width, stride, seed }: Block & { middle: number },
): SymbolicTensor {
  let y = convolve3d(x, {
    name: `${name}.0`,
    filters: middle,
    kernelSize: [1, 3, 3],
    strides: [1, stride, stride],
    seed,
  });
  y = relu(normalize(y, `${name}.1`), `${name}.2`);
  return convolve3d(y, {
    name: `${name}.3`,
    filters: width,
    kernelSize: [3, 1, 1],
    strides: [stride, 1, 1],
    seed,
  });
}

function shortcut(x: SymbolicTensor, { name, width, stride, seed }: Block): SymbolicTensor {
  if (stride === 1 && x.shape[4] === width) return x;
  const strides: [number, number, number] = [stride, stride, stride];
  const projected = convolve3d(x, {
    name: `${name}.downsample.0`,
    filters: width,
    kernelSize: [1, 1, 1],
    strides,
    seed,
  });
  return normalize(projected, `${name}.downsample.1`);
}

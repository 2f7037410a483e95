/** Which of torchvision's models a file of weights belongs to, by its names and shapes: for reports, not for loading. */

interface ResNet {
  readonly name: string;
  readonly block: 'basic' | 'bottleneck';
  /** Blocks in layer1–layer4. */
  readonly blocks: readonly number[];
  /** The first 3×3 convolution of layer1: its filters, and the channels that each of them sees. */
  readonly conv2: readonly [filters: number, channels: number];
  /** Of the 3×3 convolutions. */
  readonly groups: number;
}

const basic = { block: 'basic', conv2: [64, 64], groups: 1 } as const;
const bottleneck = { block: 'bottleneck', conv2: [64, 64], groups: 1 } as const;

/** torchvision.models.resnet. */
const resnets: readonly ResNet[] = [
  { name: 'resnet18', ...basic, blocks: [2, 2, 2, 2] },
  { name: 'resnet34', ...basic, blocks: [3, 4, 6, 3] },
  { name: 'resnet50', ...bottleneck, blocks: [3, 4, 6, 3] },
  { name: 'resnet101', ...bottleneck, blocks: [3, 4, 23, 3] },
  { name: 'resnet152', ...bottleneck, blocks: [3, 8, 36, 3] },
  { name: 'wide_resnet50_2', ...bottleneck, blocks: [3, 4, 6, 3], conv2: [128, 128] },
  { name: 'wide_resnet101_2', ...bottleneck, blocks: [3, 4, 23, 3], conv2: [128, 128] },
  { name: 'resnext50_32x4d', ...bottleneck, blocks: [3, 4, 6, 3], conv2: [128, 4], groups: 32 },
  { name: 'resnext101_32x8d', ...bottleneck, blocks: [3, 4, 23, 3], conv2: [256, 8], groups: 32 },
  { name: 'resnext101_64x4d', ...bottleneck, blocks: [3, 4, 23, 3], conv2: [256, 4], groups: 64 },
];

export interface PretrainedArchitecture {
  /** As torchvision calls it. */
  readonly name: string;
  /** Of its 3×3 convolutions. */
  readonly groups: number;
}

/** @param shapes by torchvision's names, such as "layer1.0.conv1.weight" */
export function identifyArchitecture(
  shapes: ReadonlyMap<string, readonly number[]>,
): PretrainedArchitecture | null {
  // The stem of r2plus1d_18 convolves over space alone, and to 45 channels.
  if (`${shapes.get('stem.0.weight')}` === '45,3,1,7,7') return { name: 'r2plus1d_18', groups: 1 };
  if (!shapes.has('conv1.weight')) return null;
  const blocks = [1, 2, 3, 4].map((layer) => blockCount(shapes, layer));
  const block = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  const conv2 = shapes.get('layer1.0.conv2.weight')?.slice(0, 2);
  const found = resnets.find(
    (known) => known.block === block && `${known.blocks}` === `${blocks}` && `${known.conv2}` === `${conv2}`,
  );
  return found ? { name: found.name, groups: found.groups } : null;
}

function blockCount(shapes: ReadonlyMap<string, unknown>, layer: number): number {
  let count = 0;
  while (shapes.has(`layer${layer}.${count}.conv1.weight`)) count++;
  return count;
}

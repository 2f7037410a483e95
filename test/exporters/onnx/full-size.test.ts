import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../../exporters/onnx/export.ts';
import { passes } from '../../../exporters/onnx/passes/index.ts';
import { resolveSystem } from '../../../models/index.ts';
import { imagenetNormalization } from '../../../src/core/normalization.ts';
import './parity.ts';

/** How often each operator occurs. */
function operatorCounts(preset: string) {
  const { system, config } = resolveSystem(preset);
  const model = system.build(config as never, 1);
  const { graph, parameters } = exportOnnx(model, {
    frames: imagenetNormalization,
    // New layers' biases are all zero, and sharing would count them once.
    passes: passes.filter(({ name }) => name !== 'share-initializers'),
    outputs: ['probabilities'],
  });
  model.dispose();
  const counts: Record<string, number> = {};
  for (const { operator } of graph.nodes) counts[operator] = (counts[operator] ?? 0) + 1;
  return { counts, parameters };
}

/** Layers of the head and of the normalisation, the same in both. */
const around = {
  ...{ Transpose: 1, Cast: 1, Mul: 1, GlobalAveragePool: 1, Flatten: 1 },
  ...{ Gemm: 1, Reshape: 1, Softmax: 1, Gather: 1 },
};

describe('full-size graphs', () => {
  it('ResNet-152: 155 convolutions, 50 residual sums, one transpose, every norm folded', () => {
    const { counts, parameters } = operatorCounts('pcd-resnet-152');
    expect(counts).toEqual({ ...around, Conv: 155, Relu: 151, MaxPool: 1, Add: 50 + 1 });
    // torchvision's count without its classifier and with ours; a norm's scale and shift have become one bias a channel.
    const [classifier, channels, head] = [2048 * 1000 + 1000, 75_712, 2048 * 86 + 86];
    expect(parameters).toBe(60_192_808 - classifier + 2 * channels + head);
  });

  it('R(2+1)D-18: 37 convolutions, 8 residual sums, one transpose, every norm folded', () => {
    const { counts, parameters } = operatorCounts('pcd-r2plus1d-18');
    // Two reshapes bring frames into rows and back.
    expect(counts).toEqual({ ...around, Reshape: 1 + 2, Conv: 37, Relu: 34, Add: 8 + 1 });
    const [classifier, channels, head] = [512 * 400 + 400, 12_675, 512 * 86 + 86];
    expect(parameters).toBe(31_505_325 - classifier + 2 * channels + head);
  });
});

import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { blockClips } from '../../src/rewrites/blocked-clips.ts';
import { findBlock } from '../../src/runtime/blocked-session.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { difference, predict, randomTensor, seedWeights, tf } from '../exporters/onnx/parity.ts';

type Symbolic = ReturnType<typeof tf.input>;

/** Clips of 4 frames of 11 × 9 pixels with 128 channels, over space and time, and a sum of two. */
function wideClips() {
  const L = tf.layers;
  const convolve = (x: Symbolic, kernelSize: [number, number, number]) =>
    L.conv3d({ filters: 128, kernelSize, padding: 'same' }).apply(x) as Symbolic;
  const x = tf.input({ shape: [4, 11, 9, 16] });
  const first = convolve(x, [1, 3, 3]);
  const second = L.reLU().apply(convolve(convolve(first, [1, 3, 3]), [3, 1, 1])) as Symbolic;
  const sum = L.reLU().apply(L.add().apply([first, convolve(second, [1, 3, 3])])) as Symbolic;
  // One value for all three kinds of convolutions.
  const ends = [convolve(sum, [1, 1, 1]), convolve(sum, [3, 1, 1]), convolve(sum, [1, 3, 3])];
  const wide = tf.model({ inputs: x, outputs: L.concatenate().apply(ends) as Symbolic });
  seedWeights(wide, 'wide clips');
  return wide;
}

const openAsIs = (bytes: Uint8Array) => nodeRuntime.open(bytes, { provider: 'cpu' });

/** A session of the graph in the blocks of this machine. */
async function openBlocks(bytes: Uint8Array) {
  const block = await findBlock(openAsIs);
  expect(block, 'onnxruntime has a block layout on this machine').not.toBeNull();
  return openAsIs(serializeModel(blockClips(parseModel(bytes, 'graph'), block!)!).whole());
}

describe('blockClips', () => {
  it("writes wide convolutions over space by Winograd's filtering, residual sums and all", async () => {
    const wide = wideClips();
    const bytes = exportOnnx(wide, { target: 'cpu' }).bytes();
    const operators = blockClips(parseModel(bytes, 'graph'), 8)!.graph.nodes.map(({ operator }) => operator);
    // Two by two of Winograd's: the convolution of too few channels stays one, as those with other kernels.
    expect(operators.filter((operator) => operator === 'Gather')).toHaveLength(2 * 3);
    expect(operators.filter((operator) => operator === 'Conv')).toHaveLength(4);
    const session = await openBlocks(bytes);
    const clip = randomTensor([2, ...(wide.inputs[0].shape.slice(1) as number[])], 'wide');
    const feeds = { [wide.inputNames[0]]: clip };
    const [expected] = predict(wide, [clip]);
    expect(difference(Object.values(await session.run(feeds))[0], expected)).toBeLessThan(2e-5);
  });

  it('takes clips of few channels more than once, and of every other frame', async () => {
    const clip = tf.input({ shape: [6, 8, 7, 3] });
    const convolve = (kernelSize: [number, number, number], strides: [number, number, number]) =>
      tf.layers.conv3d({ filters: 16, kernelSize, strides }).apply(clip) as Symbolic;
    const ends = [convolve([1, 3, 3], [1, 1, 1]), convolve([1, 1, 1], [1, 1, 1])];
    const branches = tf.model({ inputs: clip, outputs: [...ends, convolve([1, 3, 3], [2, 2, 2])] });
    seedWeights(branches, 'branches');
    const { graph, bytes } = exportOnnx(branches, { target: 'cpu' });
    const session = await openBlocks(bytes());
    const input = randomTensor([2, 6, 8, 7, 3], 'branches');
    const actual = await session.run({ [graph.inputs[0].name]: input });
    predict(branches, [input]).forEach((expected, i) => {
      expect(difference(actual[graph.outputs[i].name], expected)).toBeLessThan(2e-5);
    });
  });

  it('has nothing to do for a graph without clips', () => {
    const image = tf.sequential({
      layers: [tf.layers.conv2d({ filters: 8, kernelSize: 3, inputShape: [8, 8, 3] })],
    });
    seedWeights(image, 'image');
    const bytes = exportOnnx(image, { target: 'cpu' }).bytes();
    expect(blockClips(parseModel(bytes, 'graph'), 8)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { goldenFrames } from '../../exporters/golden.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { blockClips } from '../../src/onnx/blocked-clips.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { withBlockedClips } from '../../src/runtime/blocked-session.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { InferenceSession } from '../../src/runtime/session.ts';
import { difference, predict, randomTensor, seedWeights, tf } from '../exporters/onnx/parity.ts';
import { randomModel } from '../exporters/random-run.ts';

const model = randomModel('pcd-r2plus1d-tiny');
const options = { frames: imagenetNormalization, outputs: ['probabilities'], target: 'cpu' } as const;
const graph = exportOnnx(model, options).bytes();
const frames = goldenFrames(model.inputs[0].shape.slice(1) as number[]);
const provider = 'cpu' as const;

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

/** A session, and what was said when it was opened in blocks. */
async function openBlocks(open: (graph: Uint8Array) => Promise<InferenceSession>, bytes = graph) {
  const notices: string[] = [];
  const portable = await nodeRuntime.open(bytes, { provider });
  const session = await withBlockedClips(portable, parseModel(bytes, 'graph'), open, (notice) =>
    notices.push(notice),
  );
  return { session, portable, notices };
}

const openAsIs = (bytes: Uint8Array) => nodeRuntime.open(bytes, { provider });

describe('withBlockedClips', () => {
  it('gives the same values in blocks, for any batch, and says nothing', async () => {
    const { session, portable, notices } = await openBlocks(openAsIs);
    expect(notices).toEqual([]);
    expect(session).not.toBe(portable);
    const expected = await (await openAsIs(graph)).run({ frames });
    const actual = await session.run({ frames });
    expect(difference(actual.probabilities, expected.probabilities)).toBeLessThan(1e-5);
    const one = await session.run({
      frames: {
        ...frames,
        shape: [1, ...frames.shape.slice(1)],
        data: frames.data.slice(0, frames.data.length / 3),
      },
    });
    expect([...one.probabilities.data]).toEqual([...actual.probabilities.data.slice(0, 43)]);
  });

  it('takes weights that are stored in fewer bits', async () => {
    for (const precision of ['fp16', 'int8-weights'] as const) {
      const bytes = exportOnnx(model, { ...options, precision }).bytes();
      const { session, portable, notices } = await openBlocks(openAsIs, bytes);
      expect([notices, session === portable]).toEqual([[], false]);
    }
  });

  it("writes wide convolutions over space by Winograd's filtering, residual sums and all", async () => {
    const wide = wideClips();
    const bytes = exportOnnx(wide, { target: 'cpu' }).bytes();
    const operators = blockClips(parseModel(bytes, 'graph'), 8)!.graph.nodes.map(({ operator }) => operator);
    // Two by two of Winograd's: the convolution of too few channels stays one, as those with other kernels.
    expect(operators.filter((operator) => operator === 'Gather')).toHaveLength(2 * 3);
    expect(operators.filter((operator) => operator === 'Conv')).toHaveLength(4);
    const { session, notices } = await openBlocks(openAsIs, bytes);
    expect(notices).toEqual([]);
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
    const { session, notices } = await openBlocks(openAsIs, bytes());
    expect(notices).toEqual([]);
    const input = randomTensor([2, 6, 8, 7, 3], 'branches');
    const actual = await session.run({ [graph.inputs[0].name]: input });
    predict(branches, [input]).forEach((expected, i) => {
      expect(difference(actual[graph.outputs[i].name], expected)).toBeLessThan(2e-5);
    });
  });

  it('leaves graphs of frames as they are', async () => {
    const image = randomModel('pcd-resnet-tiny');
    const { session, portable, notices } = await openBlocks(openAsIs, exportOnnx(image, options).bytes());
    expect([notices, session === portable]).toEqual([[], true]);
  });

  it('keeps the portable form, and says why, where the blocks do not load', async () => {
    const { session, portable, notices } = await openBlocks(async (bytes) => {
      if (bytes.length > 100_000) throw new Error('no such operator');
      return openAsIs(bytes);
    });
    expect(session).toBe(portable);
    expect(notices).toEqual([
      'the graph runs in its portable form, which is slower here: its block form does not load (no such operator)',
    ]);
  });
});

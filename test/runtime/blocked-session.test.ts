import { describe, expect, it } from 'vitest';
import { goldenFrames } from '../../exporters/golden.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { withBlockedClips } from '../../src/runtime/blocked-session.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { InferenceSession } from '../../src/runtime/session.ts';
import { difference } from '../exporters/onnx/parity.ts';
import { randomModel } from '../exporters/random-run.ts';

const model = randomModel('pcd-r2plus1d-tiny');
const options = { frames: imagenetNormalization, outputs: ['probabilities'], target: 'cpu' } as const;
const graph = exportOnnx(model, options).bytes();
const frames = goldenFrames(model.inputs[0].shape.slice(1) as number[]);
const provider = 'cpu' as const;

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

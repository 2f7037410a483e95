import { beforeEach, describe, expect, it, vi } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { InferenceSession } from '../../src/runtime/session.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { leftBehind } from '../left-behind.ts';

// What a search has found is kept for the process: each test searches anew.
let { findBlock, withBlockedClips } = await import('../../src/runtime/blocked-session.ts');
beforeEach(async () => {
  vi.resetModules();
  ({ findBlock, withBlockedClips } = await import('../../src/runtime/blocked-session.ts'));
});

type Answers = Readonly<Record<string, Tensor>>;
type Change = (answers: Answers) => Answers;

const openAsIs = (bytes: Uint8Array) => nodeRuntime.open(bytes, { provider: 'cpu' });

/** A session that answers in another way, as one on a machine of other blocks does. */
async function changed(session: Promise<InferenceSession>, change: Change): Promise<InferenceSession> {
  const { run, ...rest } = await session;
  return { ...rest, run: async (feeds) => ({ ...change(await run(feeds)) }) };
}

/** The channels a block of a graph; null where it has none. */
function blockOf(bytes: Uint8Array): number | null {
  const { graph, opsets } = parseModel(bytes, 'the graph');
  if (!opsets.has('com.microsoft.nchwc')) return null;
  // Blocks come innermost in the first reshaping of five axes.
  const shape = [...graph.initializers.values()].find(
    ({ dtype, shape }) => dtype === 'int64' && shape[0] === 5,
  );
  return Number(shape?.data()[4]);
}

const byEach =
  (by: number): Change =>
  (answers) =>
    Object.fromEntries(
      Object.entries(answers).map(([name, value]) => [
        name,
        { ...value, data: Float32Array.from(value.data, (x) => x + by) },
      ]),
    );

/** Opens as a machine would whose onnxruntime computes in blocks of this size; null: in none. */
function machineOf(right: number | null, wrong: Change | Error = byEach(0.5)) {
  const tried: (number | null)[] = [];
  let plain: Uint8Array;
  const open = async (bytes: Uint8Array) => {
    const block = blockOf(bytes);
    tried.push(block);
    if (block === null) plain = bytes.slice();
    if (block === null || block === right) return openAsIs(plain);
    if (wrong instanceof Error) throw wrong;
    return changed(openAsIs(plain), wrong);
  };
  return { open, tried };
}

describe('findBlock', () => {
  it.each([16, 8, null])('finds the blocks of a machine: %s', async (block) => {
    const { open, tried } = machineOf(block);
    expect(await findBlock(open)).toBe(block);
    // The larger first, and no more than are needed.
    expect(tried).toEqual(block === 16 ? [null, 16] : [null, 16, 8]);
    expect(await findBlock(open)).toBe(block);
    expect(tried.length).toBeLessThanOrEqual(3);
  });

  it('goes on to the next where one does not load', async () => {
    expect(await findBlock(machineOf(8, new Error('no such operator')).open)).toBe(8);
  });

  it.each<[string, Change]>([
    ['is no number', byEach(Number.NaN)],
    ['is a little off', byEach(0.001)],
    ['is missing', () => ({})],
    ['is off at its start', ({ result }) => ({ result: at(result, 0, 0.01) })],
    ['is off at its end', ({ result }) => ({ result: at(result, -1, -0.01) })],
    ['has another shape', ({ result }) => ({ result: { ...result, shape: result.shape.toReversed() } })],
  ])('believes no block whose result %s', async (_, wrong) => {
    expect(await findBlock(machineOf(null, wrong).open)).toBeNull();
  });

  it('takes what differs by rounding', async () => {
    expect(await findBlock(machineOf(null, byEach(5e-5)).open)).toBe(16);
  });

  it('leaves no session behind, however it ends', async () => {
    for (const { open } of [machineOf(16), machineOf(8), machineOf(null), machineOf(8, () => ({}))]) {
      const search = async () => {
        vi.resetModules();
        const module = await import('../../src/runtime/blocked-session.ts');
        await module.findBlock(open);
      };
      expect(await leftBehind(search)).toEqual({});
    }
  });
});

/** The same tensor with one element changed. */
function at(value: Tensor, index: number, by: number): Tensor {
  const data = Float32Array.from(value.data);
  return { ...value, data: data.with(index, data.at(index)! + by) };
}

/** Two convolutions over clips; the first filter of the second gives values around 1000. */
function twoConvolutions(): Uint8Array {
  const clip = tf.input({ shape: [4, 5, 5, 3] });
  const convolve = (name: string) => tf.layers.conv3d({ name, filters: 16, kernelSize: [1, 3, 3] });
  const [small, large] = [convolve('small'), convolve('large')];
  const outputs = [small, large].map((layer) => layer.apply(clip) as ReturnType<typeof tf.input>);
  const model = tf.model({ inputs: clip, outputs });
  seedWeights(model, 'two convolutions');
  const [kernel] = large.getWeights();
  large.setWeights([kernel, tf.tensor(Float32Array.from({ length: 16 }, (_, i) => (i === 0 ? 1000 : 0)))]);
  const bytes = exportOnnx(model, { target: 'cpu' }).bytes();
  model.dispose();
  return bytes;
}
const graph = twoConvolutions();
const outputNames = parseModel(graph, 'the graph').graph.outputs.map(({ name }) => name);

/** What becomes of the graph where its blocks, and nothing else, are changed so. */
async function openedWith(change: Change) {
  const notices: string[] = [];
  const portable = await openAsIs(graph);
  const session = await withBlockedClips(
    portable,
    parseModel(graph, 'the graph'),
    (bytes) => {
      const { name } = parseModel(bytes, 'the graph').graph;
      const opened = openAsIs(bytes);
      return name === 'probe' ? opened : changed(opened, change);
    },
    (notice) => notices.push(notice),
  );
  await session.release();
  return { isPortable: session === portable, notices };
}

describe('withBlockedClips', () => {
  const [small, large] = outputNames;
  const dropped = (reason: string) => ({
    isPortable: true,
    notices: [`the graph runs in its portable form, which is slower here: ${reason}`],
  });
  const off = (by: string) => dropped(`its block form gives other values (by ${by})`);

  it.each<[string, Change, ReturnType<typeof dropped>]>([
    ['the first value', (a) => ({ ...a, [small]: at(a[small], 0, 0.25) }), off('0.25')],
    ['the last value', (a) => ({ ...a, [small]: at(a[small], -1, -0.25) }), off('0.25')],
    [
      'a value of another output, which is none',
      (a) => ({ ...a, [large]: at(a[large], 1, Number.NaN) }),
      off('Infinity'),
    ],
    ['a value that is none', (a) => ({ ...a, [small]: at(a[small], 3, Number.NaN) }), off('Infinity')],
    ['a missing output', ({ [small]: _, ...rest }) => rest, off('Infinity')],
    [
      'another shape',
      (a) => ({ ...a, [large]: { ...a[large], shape: a[large].shape.toReversed() } }),
      off('Infinity'),
    ],
    // Of about 1000 in the first channel: a fifth of a thousandth.
    ['a large value', (a) => ({ ...a, [large]: at(a[large], 0, 0.2) }), off('0.00020')],
    [
      'a run that fails',
      () => {
        throw new Error('no memory');
      },
      off('NaN'),
    ],
  ])('keeps the portable form for %s', async (_, change, expected) => {
    expect(await openedWith(change)).toEqual(expected);
  });

  it('takes what differs by rounding, of the size of the value', async () => {
    const taken = { isPortable: false, notices: [] };
    expect(await openedWith(byEach(5e-5))).toEqual(taken);
    expect(await openedWith((a) => ({ ...a, [large]: at(a[large], 0, 0.05) }))).toEqual(taken);
  });

  it.each<[string, (bytes: Uint8Array) => Promise<InferenceSession>, string]>([
    ['has no blocks', machineOf(null).open, 'onnxruntime has no block layout on this machine'],
    [
      'cannot be asked',
      () => Promise.reject(new Error('no memory')),
      'no block layout could be tried (no memory)',
    ],
  ])('keeps the portable form where the machine %s', async (_, open, reason) => {
    const notices: string[] = [];
    const portable = await openAsIs(graph);
    const model = parseModel(graph, 'the graph');
    const session = await withBlockedClips(portable, model, open, (notice) => notices.push(notice));
    await session.release();
    expect({ isPortable: session === portable, notices }).toEqual(dropped(reason));
  });

  it('leaves no session behind, whether the blocks are taken or not', async () => {
    const left = await leftBehind(async () => {
      await openedWith((answers) => answers);
      await openedWith(byEach(1));
    });
    expect(left).toEqual({});
  });
});

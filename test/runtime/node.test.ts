import { readFile } from 'node:fs/promises';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it, vi } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { UserError } from '../../src/core/errors.ts';
import { tensor } from '../../src/core/tensor.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { providers } from '../../src/runtime/session.ts';
import { tf } from '../exporters/onnx/parity.ts';
import { leftBehind } from '../left-behind.ts';
import { answeringGraph } from './answering-graph.ts';

const graph = await readFile(new URL('../golden/tiny-frame.onnx', import.meta.url));
const golden = JSON.parse(await readFile(new URL('../golden/tiny-graphs.json', import.meta.url), 'utf8'));

/** One 8 × 8 picture of a plain colour. */
const picture = ([r, g, b]: number[]) => Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => [r, g, b][i % 3]);

const frame = tensor(new Uint8Array(192), [1, 8, 8, 3]);

describe('nodeRuntime', () => {
  it('runs a graph, and says what it takes and gives', async () => {
    const session = await nodeRuntime.open(graph, { provider: 'cpu', threads: 1 });
    expect(session.provider).toBe('cpu');
    expect(session.inputNames).toEqual(['frame']);
    expect(session.outputNames).toEqual(['probabilities', 'attention']);
    const outputs = await session.run({
      frame: { dtype: 'uint8', shape: [1, 8, 8, 3], data: picture(golden.colours[0]) },
    });
    expect(outputs.probabilities.shape).toEqual([1, 43]);
    expect(outputs.probabilities.dtype).toBe('float32');
    outputs.probabilities.data.forEach((p, i) => {
      expect(p).toBeCloseTo(golden.frame.probabilities[i], 5);
    });
    await session.release();
  });

  it('takes a provider that really runs the graph when it may choose', async () => {
    const session = await nodeRuntime.open(graph);
    expect(session.provider).toBe(await nodeRuntime.resolve('auto'));
    await expect(nodeRuntime.probe(session.provider)).resolves.toBeUndefined();
    await session.release();
  });

  it('does not resolve what was named', async () => {
    for (const provider of providers) expect(await nodeRuntime.resolve(provider)).toBe(provider);
  });

  it('refuses a named provider that does not load, with the reason, and never falls back', async () => {
    for (const provider of ['cuda', 'webgpu'] as const) {
      const loads = await nodeRuntime.probe(provider).then(
        () => true,
        () => false,
      );
      if (loads) {
        console.warn(`${provider} loads on this machine: its refusal was not tested`);
        continue;
      }
      const error = await nodeRuntime.open(graph, { provider }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toMatch(
        new RegExp(`^the provider ${provider} does not load this graph; received .+; needs .+ --provider`),
      );
      expect(error.message).not.toContain('\n');
    }
    await expect(nodeRuntime.open(graph, { provider: 'wasm' })).rejects.toThrow(/onnxruntime-web/);
  });

  it('says in one line that a graph is not ONNX', async () => {
    for (const bytes of [
      new Uint8Array(0),
      graph.subarray(0, 500),
      new TextEncoder().encode('<html></html>'),
    ]) {
      for (const provider of ['cpu', 'auto'] as const) {
        await expect(nodeRuntime.open(bytes, { provider })).rejects.toThrow(
          /^the graph must be valid ONNX; received [^\n]+; export or download it again$/,
        );
      }
    }
  });

  it('knows its version without loading the native library', () => {
    expect(nodeRuntime.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('refuses outputs of other types', async () => {
    const data = BigInt64Array.of(1n, 2n);
    const bytes = answeringGraph({ whole: { dtype: 'int64', shape: [2], data } as never });
    const session = await nodeRuntime.open(bytes, { provider: 'cpu' });
    await expect(session.run({ frame })).rejects.toThrow(
      'the output whole must be float32, uint8, int32 or bool; received int64',
    );
    await session.release();
  });

  it.each([
    tensor(Float32Array.of(0.5, -1), [1, 2]),
    tensor(Uint8Array.of(3, 255), [2]),
    tensor(Int32Array.of(-7, 9), [2, 1]),
    { dtype: 'bool' as const, shape: [3], data: Uint8Array.of(1, 0, 1) },
  ])('gives outputs of $dtype as they are', async (value) => {
    const session = await nodeRuntime.open(answeringGraph({ value }), { provider: 'cpu' });
    expect(await session.run({ frame })).toEqual({ value });
    await session.release();
  });

  it('runs in blocks only on the CPU, where that is asked for, and says nothing', async () => {
    const clip = tf.input({ shape: [4, 5, 5, 3] });
    const convolved = tf.layers.conv3d({ filters: 16, kernelSize: [1, 3, 3] }).apply(clip) as typeof clip;
    const model = tf.model({ inputs: clip, outputs: convolved });
    const bytes = exportOnnx(model, { target: 'cpu' }).bytes();
    model.dispose();
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    // Sessions of onnxruntime that it takes: the block's own comes beside the plain one, once the block is known.
    const created = vi.spyOn(InferenceSession, 'create');
    const counts: number[] = [];
    const left = await leftBehind(async () => {
      for (const blockClips of [true, false]) {
        created.mockClear();
        const session = await nodeRuntime.open(bytes, { provider: 'cpu', blockClips, onNotice });
        counts.push(created.mock.calls.length);
        await session.release();
      }
    });
    created.mockRestore();
    expect(counts.slice(2)).toEqual([2, 1]);
    expect([left, notices]).toEqual([{}, []]);
  });

  it('leaves no session behind, whether a graph loads or not', async () => {
    const left = await leftBehind(async () => {
      const session = await nodeRuntime.open(graph, { provider: 'cpu', blockClips: true });
      await session.release();
      await expect(
        nodeRuntime.open(graph.subarray(0, 500), { provider: 'cpu', blockClips: true }),
      ).rejects.toThrow('valid ONNX');
      await nodeRuntime.probe('cpu');
      await expect(nodeRuntime.probe('wasm')).rejects.toThrow('the provider wasm does not load this graph');
    });
    expect(left).toEqual({});
  });
});

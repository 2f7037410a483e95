import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { webRuntime } from '../../src/runtime/web.ts';

const read = (name: string) => readFile(new URL(`../golden/${name}`, import.meta.url));
const graph = await read('tiny-frame.onnx');
const golden = JSON.parse((await read('tiny-graphs.json')).toString());

/** One 8 × 8 picture of a plain colour. */
const picture = ([r, g, b]: number[]) => Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => [r, g, b][i % 3]);

describe('webRuntime in Node', () => {
  it('runs a graph in wasm, and says what it takes and gives', async () => {
    const runtime = webRuntime();
    expect(runtime.name).toBe('onnxruntime-web');
    expect(runtime.version).toMatch(/^\d+\.\d+\.\d+/);
    const session = await runtime.open(graph);
    expect(session.provider).toBe('wasm');
    expect(session.inputNames).toEqual(['frame']);
    expect(session.outputNames).toEqual(['probabilities', 'attention']);
    const { probabilities, attention } = await session.run({
      frame: { dtype: 'uint8', shape: [1, 8, 8, 3], data: picture(golden.colours[0]) },
    });
    expect(probabilities).toMatchObject({ dtype: 'float32', shape: [1, 43] });
    expect(attention).toMatchObject({ dtype: 'float32', shape: [1, 2, 2] });
    probabilities.data.forEach((p, i) => {
      expect(p).toBeCloseTo(golden.frame.probabilities[i], 5);
    });
    await session.release();
  });

  it('refuses a graph that is no ONNX', async () => {
    const error = await webRuntime()
      .open(new Uint8Array(100))
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^onnxruntime-web cannot open the graph with wasm; received .*protobuf/);
  });

  it('refuses providers that it does not have', async () => {
    await expect(webRuntime().open(graph, { provider: 'cuda' })).rejects.toThrow(
      'wasm and webgpu; received cuda',
    );
    await expect(webRuntime().open(graph, { provider: 'webgpu' })).rejects.toThrow(
      'WebGPU is not available here',
    );
  });
});

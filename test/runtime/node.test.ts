import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { providers } from '../../src/runtime/session.ts';

const graph = await readFile(new URL('../golden/tiny-frame.onnx', import.meta.url));
const golden = JSON.parse(await readFile(new URL('../golden/tiny-graphs.json', import.meta.url), 'utf8'));

/** One 8 × 8 picture of a plain colour. */
const picture = ([r, g, b]: number[]) => Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => [r, g, b][i % 3]);

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
});

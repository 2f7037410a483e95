import { expect, it } from 'vitest';
import { probeProvider } from '../../cli/probe-graph.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { Runtime } from '../../src/runtime/session.ts';
import { webRuntime } from '../../src/runtime/web.ts';

it.each([
  ['onnxruntime-node', nodeRuntime, 'cpu'],
  ['onnxruntime-web', webRuntime(), 'wasm'],
] as const)('%s computes the convolution as it is defined', async (_, runtime, provider) => {
  expect(await probeProvider(runtime, provider)).toBeLessThan(1e-6);
});

/** A runtime that spoils one number of what the real one computes. */
function spoilt(spoil: (value: number) => number): Runtime {
  return {
    ...nodeRuntime,
    async open(graph, options) {
      const session = await nodeRuntime.open(graph, options);
      return {
        ...session,
        async run(feeds) {
          const outputs = await session.run(feeds);
          const { data } = outputs.result;
          data[data.length - 1] = spoil(data[data.length - 1]);
          return outputs;
        },
      };
    },
  };
}

it.each([
  ['a number that is off', (value: number) => value + 0.01, 'off by 0.010'],
  ['no number', () => Number.NaN, 'off by Infinity'],
])('a provider that answers with %s is found out', async (_, spoil, reason) => {
  await expect(probeProvider(spoilt(spoil), 'cpu')).rejects.toThrow(reason);
});

it('a provider that does not exist is refused', async () => {
  await expect(probeProvider(nodeRuntime, 'wasm')).rejects.toThrow('wasm');
});

import { InferenceSession } from 'onnxruntime-web/wasm';
import { describe, expect, it } from 'vitest';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import { openClassifier } from '../../web/open-classifier.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';
import { leftBehind } from '../left-behind.ts';
import { answeringGraph } from '../runtime/answering-graph.ts';

describe('openClassifier leaves no session behind', () => {
  const halves = (value = 0.5): Tensor => tensor(new Float32Array(43).fill(value), [1, 43]);
  async function open(golden: Readonly<Record<string, Tensor>>, options = {}, graph?: Uint8Array) {
    const outputs = [{ name: 'probabilities', role: 'scores' as const, shape: ['N', 43] }];
    const { manifest } = await tinyBundle('tiny-frame', { outputs });
    const bytes = graph ?? answeringGraph({ probabilities: halves() });
    const classifier = await openClassifier({ manifest, graph: bytes, golden }, options);
    await classifier.release();
  }
  const frame = tensor(new Uint8Array(192), [1, 8, 8, 3]);
  const right = { frame, probabilities: halves() };
  const wrong = { frame, probabilities: halves(0.75) };

  it.each<[string, () => Promise<unknown>]>([
    ['where all is well', () => open(right)],
    [
      'where the golden values are others',
      () => expect(open(wrong)).rejects.toThrow('computes tiny-frame otherwise'),
    ],
    ['where there are none', () => expect(open({})).rejects.toThrow('must hold frame and probabilities')],
    [
      'where the graph is none',
      () => expect(open(right, {}, new Uint8Array(9))).rejects.toThrow('valid ONNX'),
    ],
    [
      'where another provider was asked for',
      async () => {
        const reasons: string[] = [];
        await open(right, { provider: 'webgpu', onFallback: (reason: string) => reasons.push(reason) });
        expect(reasons).toHaveLength(1);
        await expect(open(wrong, { provider: 'webgpu' })).rejects.toThrow('runs on neither webgpu nor wasm');
      },
    ],
    [
      'where it was given up, before or meanwhile',
      async () => {
        const reason = new Error('changed my mind');
        await expect(open(right, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        // While the library makes the session, which then comes too late.
        const controller = new AbortController();
        const { create } = InferenceSession;
        InferenceSession.create = ((...given: Parameters<typeof create>) => {
          InferenceSession.create = create;
          controller.abort(reason);
          return create(...given);
        }) as typeof create;
        await expect(open(right, { signal: controller.signal })).rejects.toBe(reason);
        await open(right);
      },
    ],
  ])('%s', async (_, work) => {
    expect(await leftBehind(work)).toEqual({});
  });
});

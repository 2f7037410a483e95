import { describe, expect, it } from 'vitest';
import { externalFile, modelFile } from '../../exporters/onnx/onnx-model.ts';
import { tensor } from '../../src/core/tensor.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { openBundle } from '../../src/runtime/open-bundle.ts';
import type { Runtime, SessionOptions } from '../../src/runtime/session.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';
import { leftBehind } from '../left-behind.ts';
import { answeringGraph } from './answering-graph.ts';

const answer = tensor(
  Float32Array.from({ length: 3000 }, (_, i) => i),
  [3, 1000],
);
const whole = modelFile(parseModel(answeringGraph({ answer }), 'the graph'));
const outside = whole.withExternalData();
const frame = { frame: tensor(new Uint8Array(192), [1, 8, 8, 3]) };
const { manifest } = await tinyBundle('tiny-frame');
const external = { file: externalFile, sha256: '', bytes: outside.external!.byteLength };
const outsideManifest = { ...manifest, graph: { ...manifest.graph, external } };

describe.each([
  [nodeRuntime, 'cpu'],
  [webRuntime(), 'wasm'],
] as const)('openBundle on %o', (runtime, provider) => {
  it('finds the weights inside the graph, or outside', async () => {
    const bundles = [
      { manifest, graph: whole.bytes() },
      { manifest: outsideManifest, graph: outside.bytes(), external: outside.external!.bytes() },
      // Its graph has them, whatever else lies beside it.
      { manifest, graph: whole.bytes(), external: new Uint8Array(1) },
    ];
    for (const bundle of bundles) {
      const session = await openBundle(bundle, runtime, { provider });
      expect(session.provider).toBe(provider);
      expect((await session.run(frame)).answer).toEqual(answer);
      await session.release();
    }
  });

  it('hands over what is asked for', async () => {
    const asked: (SessionOptions | undefined)[] = [];
    const recording: Runtime = {
      ...runtime,
      open(graph, options) {
        asked.push(options);
        return runtime.open(graph, options);
      },
    };
    const data = outside.external!.bytes();
    const options = { provider, threads: 1 };
    await (await openBundle({ manifest, graph: whole.bytes() }, recording, options)).release();
    const bundle = { manifest: outsideManifest, graph: outside.bytes(), external: data };
    await (await openBundle(bundle, recording, options)).release();
    expect(asked).toEqual([options, { ...options, externalData: { path: externalFile, data } }]);
  });

  it('leaves nothing behind where they are missing, or a run fails', async () => {
    const left = await leftBehind(async () => {
      const bundle = { manifest: outsideManifest, graph: outside.bytes() };
      await expect(openBundle(bundle, runtime, { provider })).rejects.toThrow(/graph/);
      const session = await openBundle({ manifest, graph: whole.bytes() }, runtime, { provider });
      await expect(session.run({ image: frame.frame })).rejects.toThrow(/frame/);
      await session.release();
    });
    expect(left).toEqual({});
  });
});

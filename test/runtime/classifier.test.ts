import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/bundle/manifest.ts';
import { type Tensor, tensor } from '../../src/core/tensor.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import type { Runtime, SessionOptions } from '../../src/runtime/session.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';
import { leftBehind } from '../left-behind.ts';
import { answeringGraph } from './answering-graph.ts';

const golden = JSON.parse(await readFile(new URL('../golden/tiny-graphs.json', import.meta.url), 'utf8'));

/** A picture of a plain colour; every sample has another size. */
function plain(colour: number[], n: number): RgbImage {
  const [width, height] = [8 + 7 * n, 30 - 6 * n];
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]),
  };
}
const images: RgbImage[] = golden.colours.map(plain);

/** Half for each of the labels but some. */
function halves(others: Readonly<Record<number, number>> = {}): Tensor {
  return tensor(
    Float32Array.from({ length: 43 }, (_, i) => others[i] ?? 0.5),
    [1, 43],
  );
}

/** A bundle of frames whose graph gives these answers. */
async function answering(answers: Readonly<Record<string, Tensor>>, input?: string): Promise<Bundle> {
  const outputs = [{ name: 'probabilities', role: 'scores' as const, shape: ['N', 43] }];
  return { ...(await tinyBundle('tiny-frame', { outputs })), graph: answeringGraph(answers, input) };
}

const close = (actual: ArrayLike<number>, expected: number[]) => {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 5);
};

describe.each([
  ['onnxruntime-node', nodeRuntime],
  ['onnxruntime-web', webRuntime()],
] as const)('Classifier on %s', (_, runtime) => {
  const provider = runtime === nodeRuntime ? 'cpu' : 'wasm';
  let frames: Classifier;
  let clips: Classifier;
  beforeAll(async () => {
    frames = await Classifier.open(await tinyBundle('tiny-frame'), runtime, { provider });
    clips = await Classifier.open(await tinyBundle('tiny-clip'), runtime, { provider });
  });
  afterAll(() => Promise.all([frames.release(), clips.release()]));

  it('answers as numpy does, with the attention map', async () => {
    const { probabilities, attention } = await frames.predict(images.map((image) => [image]));
    close(probabilities, golden.frame.probabilities);
    expect(attention?.shape).toEqual([4, 2, 2]);
    close(attention!.data, golden.frame.attention);
    expect(frames.provider).toBe(provider);
  });

  it('keeps the frames of a clip in order', async () => {
    const { probabilities, attention } = await clips.predict([images, images.toReversed()]);
    close(probabilities, golden.clip.probabilities);
    expect(attention).toBeNull();
  });

  it('takes batches of any size, none included', async () => {
    const all = golden.frame.probabilities as number[];
    for (const size of [0, 1, 3]) {
      const { probabilities } = await frames.predict(images.slice(0, size).map((image) => [image]));
      close(probabilities, all.slice(0, size * 43));
    }
  });

  it('refuses a sample with another number of frames', async () => {
    await expect(clips.predict([images.slice(0, 3)])).rejects.toThrow(
      'tiny-clip takes 4 frames a sample; received 3',
    );
  });

  it('refuses a graph that answers another number of labels', async () => {
    const wide = await Classifier.open(await tinyBundle('tiny-wide'), runtime, { provider });
    await expect(wide.predict([[images[0]]])).rejects.toThrow(
      /^tiny-wide must answer 1 × 43 probabilities, a column a label; received 1 × 44; /,
    );
    await wide.release();
  });

  it('refuses answers outside 0-1', async () => {
    const broken = await Classifier.open(await tinyBundle('tiny-broken'), runtime, { provider });
    await expect(broken.predict([[images[1]]])).rejects.toThrow(
      /^probabilities must lie in 0–1; received -?\d.* from tiny-broken on /,
    );
    await broken.release();
  });

  /** What a classifier of such a graph says of one picture. */
  const answered = async (answers: Readonly<Record<string, Tensor>>) => {
    const classifier = await Classifier.open(await answering(answers), runtime, { provider });
    try {
      return await classifier.predict([[images[0]]]);
    } finally {
      await classifier.release();
    }
  };

  it.each([
    [0, -0.001],
    [42, 1.001],
    [7, Number.NaN],
    [21, Number.POSITIVE_INFINITY],
    [3, -2e-6],
    [4, 1 + 2e-6],
  ])('refuses label %i at %f', async (label, value) => {
    await expect(answered({ probabilities: halves({ [label]: value }) })).rejects.toThrow(
      `probabilities must lie in 0–1; received ${Math.fround(value)} from tiny-frame on ${provider}; try another provider`,
    );
  });

  it('takes answers that rounding puts beside 0 or 1 as they are', async () => {
    const probabilities = halves({ 0: 0, 1: 1, 2: -5e-7, 3: 1 + 5e-7 });
    expect(await answered({ probabilities })).toEqual({ probabilities: probabilities.data, attention: null });
  });

  it.each<[string, Tensor, string]>([
    ['of more axes', tensor(new Float32Array(43), [1, 43, 1]), '1 × 43 × 1'],
    ['of one axis', tensor(new Float32Array(1), [1]), '1'],
    ['for two samples', tensor(new Float32Array(86), [2, 43]), '2 × 43'],
  ])('refuses probabilities %s', async (_, probabilities, received) => {
    await expect(answered({ probabilities })).rejects.toThrow(
      `tiny-frame must answer 1 × 43 probabilities, a column a label; received ${received}; export the bundle again`,
    );
  });

  it('does not ask the graph about nothing', async () => {
    const classifier = await Classifier.open(await answering({ probabilities: halves() }), runtime, {
      provider,
    });
    expect(await classifier.predict([])).toEqual({ probabilities: new Float32Array(0), attention: null });
    await classifier.release();
  });

  it.each<[string, Readonly<Record<string, Tensor>>, string | undefined, string]>([
    ['the input', { probabilities: halves() }, 'image', 'no frame'],
    ['the probabilities', { logits: halves() }, undefined, 'no probabilities'],
    ['either', { logits: halves() }, 'image', 'no frame, probabilities'],
  ])('refuses a graph without %s', async (_, answers, input, received) => {
    const bundle = await answering(answers, input);
    await expect(Classifier.open(bundle, runtime, { provider })).rejects.toThrow(
      `the graph of tiny-frame must have what its manifest names; received ${received}; export the bundle again`,
    );
  });

  it('refuses a graph without what its manifest names', async () => {
    const bundle = await tinyBundle('tiny-wide', {
      outputs: [
        { name: 'probabilities', role: 'scores', shape: ['N', 43] },
        { name: 'attention', role: 'map', shape: ['N', 2, 2] },
      ],
    });
    await expect(Classifier.open(bundle, runtime, { provider })).rejects.toThrow(/received no attention;/);
  });

  it('releases its session, and that of a graph that is refused', async () => {
    const good = await tinyBundle('tiny-frame');
    const refused = await answering({ logits: halves() });
    const damaged = { ...good, graph: good.graph.subarray(0, 500) };
    const left = await leftBehind(async () => {
      const classifier = await Classifier.open(good, runtime, { provider });
      await classifier.predict([[images[0]]]);
      await expect(classifier.predict([[]])).rejects.toThrow('takes 1 frame a sample');
      await classifier.release();
      await expect(Classifier.open(refused, runtime, { provider })).rejects.toThrow('must have what');
      await expect(Classifier.open(damaged, runtime, { provider })).rejects.toThrow('valid ONNX');
    });
    expect(left).toEqual({});
  });
});

describe('Classifier.open', () => {
  /** onnxruntime-node, and what it was asked for. */
  function recording(): { runtime: Runtime; asked: SessionOptions[] } {
    const asked: SessionOptions[] = [];
    const open: Runtime['open'] = (graph, options = {}) => {
      asked.push(options);
      return nodeRuntime.open(graph, options);
    };
    return { runtime: { ...nodeRuntime, open }, asked };
  }

  it.each([
    ['cpu', 'fp32', {}, true],
    ['cpu', 'fp16', {}, true],
    ['cpu', 'int8', {}, false],
    ['portable', 'fp32', {}, false],
    ['cpu', 'fp32', { blockClips: false }, false],
  ] as const)(
    'asks for blocks where a graph for %s in %s with %j wants them: %s',
    async (target, precision, options, expected) => {
      const bundle = await tinyBundle('tiny-frame');
      const graph = { ...bundle.manifest.graph, target, precision };
      const { runtime, asked } = recording();
      const wanted = { provider: 'cpu', ...options } as const;
      const classifier = await Classifier.open(
        { ...bundle, manifest: { ...bundle.manifest, graph } },
        runtime,
        wanted,
      );
      expect(asked).toEqual([{ ...wanted, blockClips: expected }]);
      await classifier.release();
    },
  );
});

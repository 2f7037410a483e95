import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';

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

  it('refuses a graph without what its manifest names', async () => {
    const bundle = await tinyBundle('tiny-wide', {
      outputs: [
        { name: 'probabilities', shape: ['N', 43] },
        { name: 'attention', shape: ['N', 2, 2] },
      ],
    });
    await expect(Classifier.open(bundle, runtime, { provider })).rejects.toThrow(/received no attention;/);
  });
});

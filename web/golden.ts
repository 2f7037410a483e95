import { type FrameSize, frameSizes } from '../src/core/clip.ts';
import { UserError } from '../src/core/errors.ts';
import { largestDifference } from '../src/core/largest-difference.ts';
import type { RgbImage } from '../src/image/image.ts';
import type { Classifier } from '../src/runtime/classifier.ts';
import type { LoadedBundle } from './load-bundle.ts';

/**
 * Runs a bundle's golden inputs and compares what comes out. Some providers are wrong without saying so (WebGPU
 * for convolutions of some channel counts), so none is believed before this.
 *
 * @returns the largest difference found
 * @throws UserError when it exceeds the tolerance that the manifest gives
 */
export async function verifyGolden(classifier: Classifier, golden: LoadedBundle['golden']): Promise<number> {
  const { input, name } = classifier.manifest;
  const { [input.name]: pictures, probabilities: expected } = golden;
  if (!pictures || !expected) {
    throw new UserError(`the golden file of ${name} must hold ${input.name} and probabilities`, {
      received: Object.keys(golden).join(', ') || 'nothing',
      remedy: 'export the bundle again',
    });
  }
  const size = input.width * input.height * 3;
  const sizes = frameSizes(input);
  const frames = Array.from({ length: pictures.data.length / size }, (_, i): RgbImage => {
    const data = pictures.data.subarray(i * size, (i + 1) * size) as Uint8Array;
    return corner({ width: input.width, height: input.height, data }, sizes[i % input.frames]);
  });
  const samples = Array.from({ length: frames.length / input.frames }, (_, i) =>
    frames.slice(i * input.frames, (i + 1) * input.frames),
  );
  const { probabilities, attention } = await classifier.predict(samples);
  const worst = Math.max(
    largestDifference(probabilities, expected.data),
    attention && golden.attention ? largestDifference(attention.data, golden.attention.data) : 0,
  );
  if (!(worst <= classifier.manifest.golden.tolerance)) {
    throw new UserError(`${classifier.provider} computes ${name} otherwise than its export did`, {
      received: `a difference of ${worst.toPrecision(2)}`,
    });
  }
  return worst;
}

/** The part of a golden frame that its window looks at. */
function corner({ width, data }: RgbImage, size: FrameSize): RgbImage {
  const rows = Array.from({ length: size.height }, (_, y) =>
    data.subarray(y * width * 3, (y * width + size.width) * 3),
  );
  const cut = new Uint8Array(size.width * size.height * 3);
  rows.forEach((row, y) => {
    cut.set(row, y * size.width * 3);
  });
  return { ...size, data: cut };
}

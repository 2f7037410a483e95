import type { KindValue } from '../core/kind.ts';
import type { Normalization } from '../core/normalization.ts';
import type { Tensor } from '../core/tensor.ts';
import { sizeOf } from '../core/tensor.ts';
import type { RgbImage } from '../image/image.ts';
import { resizeBilinear } from '../image/resize.ts';
import { inputKinds } from './index.ts';
import { type FrameSize, type Input, noFrame, type Place, type Values } from './input.ts';

/** An input as a system or a bundle has it: what the graph calls it, and what it is. */
export interface NamedInput extends KindValue {
  readonly name: string;
}

/** All that a system looks at of a sample: the frames of its inputs, one input after the other. */
export class InputPlan {
  readonly inputs: ReadonlyMap<string, Input>;
  /** The size that each frame of a sample is brought to; null for one that is taken as it comes. */
  readonly sizes: readonly (FrameSize | null)[];

  /** @param inputs as their schema gives them, in the graph's order */
  constructor(inputs: readonly NamedInput[]) {
    this.inputs = new Map(inputs.map((value) => [value.name, inputKinds.make(value)]));
    this.sizes = [...this.inputs.values()].flatMap(({ sizes }) => sizes);
  }

  /** Whether some input's values are made with OpenCV. */
  get needsOpenCv(): boolean {
    return [...this.inputs.values()].some((input) => input.needsOpenCv);
  }

  /** The 1-based numbers of a sample's frames, or `noFrame`. @throws UserError when the key frame is outside the video */
  needs(place: Place): number[] {
    return [...this.inputs.values()].flatMap((input) => input.needs(place));
  }

  /**
   * A sample's values, by input.
   *
   * @param frames as many as `sizes`, each of its size
   */
  async prepare(frames: readonly RgbImage[]): Promise<Map<string, Values>> {
    const values = new Map<string, Values>();
    let from = 0;
    for (const [name, input] of this.inputs) {
      values.set(name, await input.prepare(frames.slice(from, from + input.sizes.length)));
      from += input.sizes.length;
    }
    return values;
  }

  /**
   * Samples as the inputs of a graph.
   *
   * @param samples each its frames, as many as `sizes`, of any size: they are resized here, each once
   */
  async pack(samples: readonly (readonly RgbImage[])[]): Promise<Record<string, Tensor>> {
    const packed = Object.fromEntries(
      [...this.inputs].map(([name, { dtype, shape }]) => {
        const size = samples.length * sizeOf(shape);
        const data = dtype === 'uint8' ? new Uint8Array(size) : new Float32Array(size);
        return [name, { dtype, shape: [samples.length, ...shape], data }];
      }),
    );
    const resize = resizer();
    for (const [i, frames] of samples.entries()) {
      const values = await this.prepare(frames.map((frame, at) => resize(frame, this.sizes[at])));
      for (const [name, own] of values) packed[name].data.set(own, i * own.length);
    }
    return packed;
  }
}

/** Resizes a picture once for each size, however often it is asked for: a clip at a video's end repeats a frame. */
function resizer(): (image: RgbImage, size: FrameSize | null) => RgbImage {
  const resized = new Map<RgbImage, Map<string, RgbImage>>();
  return (image, size) => {
    if (size === null) return image;
    let known = resized.get(image);
    if (!known) resized.set(image, (known = new Map()));
    const key = `${size.width}x${size.height}`;
    let small = known.get(key);
    if (!small) known.set(key, (small = resizeBilinear(image, size.width, size.height)));
    return small;
  };
}

/** What a graph does with its inputs: normalises RGB levels, or takes values as they are. */
export function graphInputsOf(
  inputs: readonly NamedInput[],
): { name: string; normalization: Normalization | null }[] {
  return [...new InputPlan(inputs).inputs].map(([name, { normalization }]) => ({ name, normalization }));
}

/** What is seen where a video has no frame. */
export const black: RgbImage = { width: 1, height: 1, data: new Uint8Array(3) };

/**
 * Frames by number, as `needs` gives them.
 *
 * @param load decodes frames that there are, in the order asked for
 */
export async function framesAt(
  numbers: readonly number[],
  load: (numbers: readonly number[]) => Promise<readonly RgbImage[]>,
): Promise<RgbImage[]> {
  const present = numbers.filter((number) => number !== noFrame);
  const images = present.length > 0 ? await load(present) : [];
  let at = 0;
  return numbers.map((number) => (number === noFrame ? black : images[at++]));
}

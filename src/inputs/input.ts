import type { Normalization } from '../core/normalization.ts';
import type { RgbImage } from '../image/image.ts';

/** Where a sample lies in its video. A picture is a video of one frame. */
export interface Place {
  /** The key frame, 1-based. */
  readonly key: number;
  readonly frameCount: number;
}

export interface FrameSize {
  readonly height: number;
  readonly width: number;
}

/** One of the things that a system looks at: which frames of a video it is made of, and how. */
export interface Input {
  /** Of one sample, without the batch. */
  readonly shape: readonly number[];
  /** Bytes are RGB levels, channels last. */
  readonly dtype: 'uint8' | 'float32';
  /** What a graph does to RGB levels scaled to 0–1 before anything else; null for other values, which it takes as they are. */
  readonly normalization: Normalization | null;
  /** Whether its values are made with OpenCV, of which a site has to have the script. */
  readonly needsOpenCv?: boolean;
  /** For people: "16 frames of 112×112, 2 apart, around the key frame". */
  readonly title: string;
  /** The size that each frame has to be brought to before `prepare`; null for one that is taken as it comes. */
  readonly sizes: readonly (FrameSize | null)[];
  /**
   * The 1-based numbers of the frames that it is made of, as many as `sizes`; they may repeat. `noFrame` where there is
   * none, which is black.
   *
   * @throws UserError when the key frame is outside the video
   */
  needs(place: Place): number[];
  /** The values of one sample, row-major, from its frames in the order of `needs`, each of its size. */
  prepare(frames: readonly RgbImage[]): Values | Promise<Values>;
}

export type Values = Uint8Array | Float32Array;

/** The number that stands for a frame which the video does not have. */
export const noFrame = 0;

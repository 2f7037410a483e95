import type { LabelSet } from '../core/labels.ts';
import type { RgbImage } from '../image/image.ts';

/** One annotated key frame. */
export interface Sample {
  /** Unique in the data set: `<video>/<frame>`. */
  readonly id: string;
  readonly video: string;
  /** 1-based number of the key frame in its video. */
  readonly frame: number;
  /** Frames in the video. */
  readonly frameCount: number;
}

/** An annotation at the frame's own size: `codes` holds height × width label codes, row-major; 0 is background. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly codes: Uint8Array;
}

/** A sample left out by `--skip-broken`, and why. */
export interface BrokenSample {
  readonly id: string;
  readonly reason: string;
}

/** A labelled set of key frames. Frames are decoded at their own size; resizing is the model's business. */
export interface Dataset {
  readonly name: string;
  readonly root: string;
  readonly labels: LabelSet;
  readonly splits: readonly string[];
  /** The samples of a split, in the list's order. @throws UserError (exit 2) for an unknown split */
  samples(split: string): Promise<Sample[]>;
  /** Multi-hot truth, samples × labels, row-major, 0 or 1. */
  truth(samples: readonly Sample[]): Promise<Uint8Array>;
  /** Decoded frames by 1-based number, in the order asked for (numbers may repeat). */
  frames(video: string, numbers: readonly number[]): Promise<RgbImage[]>;
  /** The key frame's annotation. */
  labelMap(sample: Sample): Promise<LabelMap>;
  /** Samples found broken so far; empty unless the data set was opened with `skipBroken`. */
  readonly broken: readonly BrokenSample[];
}

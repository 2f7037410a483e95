/** What can be asked of a synthetic data set, besides its seed. A kind has only some of these. */
export interface SynthSize {
  readonly pictures: number;
  readonly videos: number;
  /** Frames a video. */
  readonly frames: number;
  /** Height of a picture or frame in pixels; the width is four thirds of it. */
  readonly height: number;
}

export type SynthDimension = keyof SynthSize;

export interface SynthOptions extends Partial<SynthSize> {
  /** The same options and seed give the same files, byte for byte (videos: with the same ffmpeg). */
  readonly seed: number;
  /** Told of pictures or videos that are drawn. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a synthetic data set holds. */
export interface SynthSummary {
  readonly folder: string;
  readonly dataset: string;
  /** Files written, by what they are. */
  readonly pictures?: number;
  readonly videos?: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  /** Samples of each split as it is stored. */
  readonly splits: Readonly<Record<string, number>>;
  readonly labels: readonly { readonly label: string; readonly samples: number }[];
}

/** A data set that can be made, small, in the layout of the true one. */
export interface SynthKind {
  readonly name: string;
  /** One line for lists: what is made. */
  readonly title: string;
  /** What can be asked of it, and what it is where that is not asked. */
  readonly defaults: Partial<SynthSize>;
  /** @throws UserError (exit 2) where an option is out of range or the folder is not empty, or (exit 1) the disk is full */
  make(folder: string, options: SynthOptions): Promise<SynthSummary>;
}

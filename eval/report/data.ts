import type { RgbImage } from '../../src/image/image.ts';

/** A rate in 0–1; null where it is undefined (no predictions, no occurrences). */
export type Rate = number | null;

/** How one label is predicted; `support` counts the samples that have it. */
export interface ReportLabel {
  readonly label: string;
  readonly precision: Rate;
  readonly recall: Rate;
  readonly f1: Rate;
  readonly support: number;
}

/** A row of the table: rates by metric name (`precision/samples`, `recall/samples`, `f1/samples`), and by label. */
export interface ReportScores {
  readonly metrics: Readonly<Record<string, Rate>>;
  readonly perLabel: readonly ReportLabel[];
}

export interface ReportSystem extends ReportScores {
  readonly name: string;
}

export interface ReportEnsemble extends ReportScores {
  readonly rule: string;
  readonly members: readonly string[];
  /** In the members' order; they sum to 1. */
  readonly weights: readonly number[];
}

/** What `result.json` holds, as far as a reader of the report wants it. */
export interface ReportResult {
  readonly dataset: string;
  readonly split: string;
  readonly samples: number;
  readonly labels: { readonly hash: string; readonly names: readonly string[] };
  readonly versions: Readonly<Record<string, string>>;
  readonly provider: string;
  readonly systems: readonly ReportSystem[];
  readonly ensemble: ReportEnsemble | null;
}

/** One epoch of a system's training: the validation F1 in 0–1, and the loss as trained. */
export interface ReportEpoch {
  readonly epoch: number;
  readonly loss: number;
  readonly f1: number;
}

export interface ReportTraining {
  readonly system: string;
  readonly epochs: readonly ReportEpoch[];
}

/** One key frame for the contact sheet: what is in it and what was predicted. */
export interface ReportError {
  /** The sample's id, `<video>/<frame>`. */
  readonly id: string;
  readonly image: RgbImage;
  readonly truth: readonly string[];
  /** The labels predicted, with the probability that decided. */
  readonly predicted: readonly { readonly label: string; readonly probability: number }[];
  /** The sample's F1, in 0–1. */
  readonly f1: number;
}

/** A key frame and where a system looked. */
export interface ReportAttention {
  readonly system: string;
  readonly id: string;
  readonly image: RgbImage;
  /** height × width weights in 0–1, row-major; stretched over the image. */
  readonly map: { readonly height: number; readonly width: number; readonly data: Float32Array };
  readonly truth: readonly string[];
}

/** All that a report shows. Empty lists leave their section out. */
export interface ReportData {
  readonly result: ReportResult;
  /** The best prediction that is the same for every sample: the floor that a system has to clear. */
  readonly constant: {
    readonly labels: readonly string[];
    readonly metrics: Readonly<Record<string, Rate>>;
  } | null;
  readonly training: readonly ReportTraining[];
  /** Which predictor the errors are of: a system's name, or `ensemble`. */
  readonly errorsOf: string;
  /** Worst first. */
  readonly errors: readonly ReportError[];
  readonly attention: readonly ReportAttention[];
  /** The command that made it, for the footer. */
  readonly command: string | null;
  /** ISO 8601. */
  readonly created: string;
}

/** Turns a picture into JPEG bytes; handed in, because the report does not depend on an image library. */
export type JpegEncoder = (image: RgbImage, quality?: number) => Promise<Uint8Array>;

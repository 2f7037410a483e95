import type { RgbImage } from '../../src/image/image.ts';
import type { Result } from '../result.ts';

/** One epoch of a system's training. */
export interface ReportEpoch {
  readonly epoch: number;
  /** As trained. */
  readonly loss: number;
  /** Example-based, on the validation split, in 0–1. */
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
  /** At any size; the report shrinks it. */
  readonly image: RgbImage;
  readonly truth: readonly string[];
  /** The labels predicted, with their probabilities. */
  readonly predicted: readonly { readonly label: string; readonly probability: number }[];
  /** The sample's F1, in 0–1. */
  readonly f1: number;
}

/** All that a report shows. Empty lists leave their section out. */
export interface ReportData {
  readonly result: Result;
  readonly training: readonly ReportTraining[];
  /** Whose errors are shown: a system's name, or `ensemble`. */
  readonly errorsOf: string;
  /** Worst first. */
  readonly errors: readonly ReportError[];
  /** The command that made it, for the footer. */
  readonly command: string | null;
  /** When: ISO 8601. */
  readonly created: string;
}

/** Turns a picture into JPEG bytes; handed in, because the report does not depend on an image library. */
export type JpegEncoder = (image: RgbImage, quality?: number) => Promise<Uint8Array>;

/** An annotation at the frame's own size: `codes` holds height × width label codes, row-major; 0 is background. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly codes: Uint8Array;
}

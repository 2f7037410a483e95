/**
 * Where every pixel of a picture has gone in the next one. `data` is `[height, width, 2]`, row-major: pixels to the
 * right, then pixels down, positive or negative.
 */
export interface FlowField {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

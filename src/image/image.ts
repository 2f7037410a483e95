/** A decoded picture: `data` holds height × width × 3 bytes, RGB, row-major, sRGB values 0–255. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

import { UserError } from '../core/errors.ts';
import type { RgbImage } from '../image/image.ts';
import { type Keep, keeping, type OpenCv } from './opencv.ts';

/** A picture in OpenCV's memory, `[height, width]` of three bytes R, G, B. @throws UserError when bytes are missing */
export function toMat(cv: OpenCv, keep: Keep, { width, height, data }: RgbImage) {
  if (data.length !== width * height * 3) {
    throw new UserError('a picture has three bytes a pixel', {
      received: `${data.length} for ${width}×${height}`,
    });
  }
  const mat = keep(new cv.Mat(height, width, cv.CV_8UC3));
  mat.data.set(data);
  return mat;
}

/** Its brightness as OpenCV's COLOR_RGB2GRAY has it: 0.299 R + 0.587 G + 0.114 B, one byte a pixel. */
export function toGray(cv: OpenCv, keep: Keep, image: RgbImage) {
  const gray = keep(new cv.Mat());
  keeping((keepShortly) => cv.cvtColor(toMat(cv, keepShortly, image), gray, cv.COLOR_RGB2GRAY));
  return gray;
}

/** Those of a frame in 4K. A flow takes up to 90 bytes a pixel, and OpenCV's memory here ends at a gigabyte. */
const mostPixels = 4096 * 2160;

/** @throws UserError unless all pictures have one size, between one and 4096×2160 pixels */
export function checkSizes(frames: readonly RgbImage[]): void {
  const [first] = frames;
  const empty = frames.find(({ width, height }) => !(width > 0 && height > 0));
  if (empty)
    throw new UserError('flow needs pictures', { received: `${empty.width}×${empty.height} pixels` });
  const large = frames.find(({ width, height }) => width * height > mostPixels);
  if (large) {
    throw new UserError('flow needs pictures of 4096×2160 pixels at most', {
      received: `${large.width}×${large.height}`,
      remedy: 'resize them first',
    });
  }
  const other = frames.find(({ width, height }) => width !== first.width || height !== first.height);
  if (!other) return;
  throw new UserError('flow is between pictures of one size', {
    received: `${first.width}×${first.height} and ${other.width}×${other.height}`,
    remedy: 'resize them first',
  });
}

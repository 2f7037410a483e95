import { UserError } from '../core/errors.ts';
import type { RgbImage } from '../image/image.ts';
import type { Keep, OpenCv } from './opencv.ts';

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
  cv.cvtColor(toMat(cv, keep, image), gray, cv.COLOR_RGB2GRAY);
  return gray;
}

/** @throws UserError unless all pictures have one size, and a pixel at least */
export function checkSizes(frames: readonly RgbImage[]): void {
  const [first] = frames;
  const empty = frames.find(({ width, height }) => !(width > 0 && height > 0));
  if (empty)
    throw new UserError('flow needs pictures', { received: `${empty.width}×${empty.height} pixels` });
  const other = frames.find(({ width, height }) => width !== first.width || height !== first.height);
  if (!other) return;
  throw new UserError('flow is between pictures of one size', {
    received: `${first.width}×${first.height} and ${other.width}×${other.height}`,
    remedy: 'resize them first',
  });
}

import type { RgbImage } from '../image/image.ts';
import type { FlowField } from './field.ts';
import { checkSizes, toGray } from './gray.ts';
import { withOpenCv } from './opencv.ts';
import { checkPositive, checkWhole } from './option.ts';

export interface FarnebackOptions {
  /** Of each smaller picture of the pyramid to the one before it, above 0 and below 1. */
  readonly pyramidScale: number;
  /** Smaller pictures beside the full one, 0 or more. OpenCV makes none with a side below 32 pixels. */
  readonly levels: number;
  /** Side in pixels of the square that motion is averaged over. */
  readonly windowSize: number;
  /** Times that a level is gone over, 1 or more. */
  readonly iterations: number;
  /** Pixels to each side that a polynomial is fitted to. */
  readonly polynomialSize: number;
  /** Standard deviation in pixels of the weights of that fit. */
  readonly polynomialSigma: number;
}

/** Those of the two-stream systems, which are those of OpenCV's example with a smaller window. */
export const defaultFarneback: FarnebackOptions = {
  pyramidScale: 0.5,
  levels: 3,
  windowSize: 5,
  iterations: 3,
  polynomialSize: 5,
  polynomialSigma: 1.2,
};

/**
 * The dense flow from one picture to another of the same size, float32 `[height, width, 2]`, in pixels: where a pixel
 * of `from` has moved by (x, y), its brightness is found in `to` at its place plus (x, y).
 *
 * OpenCV's calcOpticalFlowFarneback on COLOR_RGB2GRAY without flags; G. Farnebäck, "Two-Frame Motion Estimation Based
 * on Polynomial Expansion", 2003. The same bytes in Node and in browsers; OpenCV for Python, which has SIMD, differs in
 * the last bits, and by more where a surface without texture leaves the motion open. What lies at the right and lower
 * edges has no neighbour to be looked up in: within some ten pixels of an edge, a picture and itself may differ by one.
 *
 * @throws UserError for pictures of two sizes, options out of their range, or more pixels than its memory holds
 * @example const { data } = await denseFlow(first, second); // data[(y * width + x) * 2]: pixels to the right
 */
export async function denseFlow(
  from: RgbImage,
  to: RgbImage,
  options: Partial<FarnebackOptions> = {},
): Promise<FlowField> {
  const { pyramidScale, levels, windowSize, iterations, polynomialSize, polynomialSigma } = {
    ...defaultFarneback,
    ...options,
  };
  checkPositive('pyramidScale', pyramidScale, 1);
  checkWhole('levels', levels, 0);
  checkWhole('windowSize', windowSize, 1);
  checkWhole('iterations', iterations, 1);
  checkWhole('polynomialSize', polynomialSize, 1);
  checkPositive('polynomialSigma', polynomialSigma);
  checkSizes([from, to]);
  return withOpenCv((cv, keep) => {
    const flow = keep(new cv.Mat());
    cv.calcOpticalFlowFarneback(
      toGray(cv, keep, from),
      toGray(cv, keep, to),
      flow,
      pyramidScale,
      levels,
      windowSize,
      iterations,
      polynomialSize,
      polynomialSigma,
      0,
    );
    return { width: from.width, height: from.height, data: flow.data32F.slice() };
  });
}

import { UserError } from '../core/errors.ts';
import type { RgbImage } from '../image/image.ts';
import { checkSizes, toGray } from './gray.ts';
import { keeping, type OpenCv, withOpenCv } from './opencv.ts';
import { checkPositive, checkWhole } from './option.ts';

export interface TrackOptions {
  /** Corners at most, the strongest first; 0: all. */
  readonly corners: number;
  /** Strength that a corner needs, as a share of the strongest one's, above 0 and below 1. */
  readonly quality: number;
  /** Pixels between two corners at least. */
  readonly distance: number;
  /** Side in pixels of the square that makes a corner. */
  readonly blockSize: number;
  /** Side in pixels of the square that is looked for in the next frame. */
  readonly windowSize: number;
  /** Smaller pictures beside the full one, each half as large as the one before it. */
  readonly levels: number;
  /** The search for a corner ends after so many steps, or with one shorter than `epsilon` pixels. */
  readonly iterations: number;
  readonly epsilon: number;
}

/** The report names the methods and no numbers; these are those of OpenCV's own example of the two. */
export const defaultTracks: TrackOptions = {
  corners: 100,
  quality: 0.3,
  distance: 7,
  blockSize: 7,
  windowSize: 15,
  levels: 2,
  iterations: 10,
  epsilon: 0.03,
};

/** A corner's places (x, y) in pixels, in the first frame and in each following one until it is lost. */
export type Track = readonly Readonly<Place>[];

/**
 * Follows the corners of the first frame through the others: a track a corner, the strongest first, each as long as
 * there are frames, or shorter where the corner is lost. None where there are no corners.
 *
 * OpenCV's goodFeaturesToTrack (Shi and Tomasi, "Good Features to Track", 1994) and calcOpticalFlowPyrLK (Lucas and
 * Kanade 1981, in pyramids: Bouguet 2000) on COLOR_RGB2GRAY.
 *
 * @throws UserError for no frames, frames of several sizes, and options out of their range
 */
export async function trackCorners(
  frames: readonly RgbImage[],
  options: Partial<TrackOptions> = {},
): Promise<Track[]> {
  const chosen = { ...defaultTracks, ...options };
  checkWhole('corners', chosen.corners, 0);
  checkPositive('quality', chosen.quality, 1);
  checkWhole('distance', chosen.distance, 0);
  checkWhole('blockSize', chosen.blockSize, 1);
  checkWhole('windowSize', chosen.windowSize, 3);
  checkWhole('levels', chosen.levels, 0);
  checkWhole('iterations', chosen.iterations, 1);
  checkPositive('epsilon', chosen.epsilon);
  if (frames.length === 0) throw new UserError('tracks need a frame at least', { received: 'none' });
  checkSizes(frames);
  return withOpenCv((cv) => {
    const tracks = keeping((keep) => {
      const found = keep(new cv.Mat());
      const everywhere = keep(new cv.Mat());
      const { corners, quality, distance, blockSize } = chosen;
      const gray = toGray(cv, keep, frames[0]);
      cv.goodFeaturesToTrack(gray, found, corners, quality, distance, everywhere, blockSize);
      return pairs(found.data32F).map((place) => [place]);
    });
    let alive = tracks;
    for (let i = 1; i < frames.length && alive.length > 0; i++) {
      const places = follow(cv, [frames[i - 1], frames[i]], alive.map(lastOf), chosen);
      alive = alive.filter((track, k) => {
        const place = places[k];
        if (place !== null) track.push(place);
        return place !== null;
      });
    }
    return tracks;
  });
}

type Place = [x: number, y: number];

/** Where places of one frame are in another; null for one that is not found again. */
function follow(
  cv: OpenCv,
  [from, to]: readonly [RgbImage, RgbImage],
  places: readonly Place[],
  { windowSize, levels, iterations, epsilon }: TrackOptions,
): (Place | null)[] {
  return keeping((keep) => {
    const before = keep(new cv.Mat(places.length, 1, cv.CV_32FC2));
    before.data32F.set(places.flat());
    const after = keep(new cv.Mat());
    const status = keep(new cv.Mat());
    const errors = keep(new cv.Mat());
    cv.calcOpticalFlowPyrLK(
      toGray(cv, keep, from),
      toGray(cv, keep, to),
      before,
      after,
      status,
      errors,
      new cv.Size(windowSize, windowSize),
      levels,
      new cv.TermCriteria(cv.TermCriteria_COUNT + cv.TermCriteria_EPS, iterations, epsilon),
    );
    return pairs(after.data32F).map((place, k) => (status.data[k] === 1 ? place : null));
  });
}

function lastOf(track: readonly Place[]): Place {
  return track[track.length - 1];
}

function pairs(values: Float32Array): Place[] {
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]);
}

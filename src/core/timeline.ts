/** When the frames of a video are shown. */
export interface Timeline {
  /** For each shown frame, in order of display, seconds from the first one. */
  readonly times: readonly number[];
  /** Seconds from the first frame to the end of the last one; 0 where one frame says nothing of its length. */
  readonly duration: number;
  /** Frames a second on the mean; null where there is no duration. */
  readonly fps: number | null;
  /** Seconds within which two times are the same: what the container rounds its time stamps by, on either side. */
  readonly tolerance: number;
}

/** Ticks a second from which a container rounds (WebM and FLV count in milliseconds); coarser ticks are whole frames. */
const roundingFrom = 1000;
/** Above the error of the arithmetic, and below any time stamp. */
const arithmeticSlack = 1e-7;

/**
 * A video's timeline from the time stamps of its shown frames, the same in Node and browsers for the same stamps.
 *
 * @param stamps ticks, ascending, one for each shown frame (at least one); the first may be anything
 * @param ticksPerSecond of the stamps
 * @param onlyLength how long an only frame is shown, ticks; 0 where nothing says so. Elsewhere the last frame is shown
 *   as long as the shorter of the two before it, since containers know its end less well than they know the stamps
 */
export function timelineOf(stamps: readonly number[], ticksPerSecond: number, onlyLength: number): Timeline {
  const [first, last] = [stamps[0], stamps[stamps.length - 1]];
  const lengths = stamps.slice(-3).flatMap((stamp, i, ends) => (i > 0 ? stamp - ends[i - 1] : []));
  const length = lengths.length > 0 ? Math.min(...lengths) : onlyLength;
  const ticksShown = last - first + length;
  return {
    times: stamps.map((stamp) => (stamp - first) / ticksPerSecond),
    duration: ticksShown / ticksPerSecond,
    fps: ticksShown > 0 ? Number(((stamps.length * ticksPerSecond) / ticksShown).toFixed(6)) : null,
    tolerance: (ticksPerSecond >= roundingFrom ? 0.5 / ticksPerSecond : 0) + arithmeticSlack,
  };
}

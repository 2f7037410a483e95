/**
 * How long optical flow takes: milliseconds for a pair of 224×224 frames with the settings of the two-stream systems,
 * the best of many, which other work on the machine disturbs least, in Node by OpenCV's WebAssembly build and by OpenCV
 * for Python in one thread, where that is to be had; and the same for the tracks of a clip of 16 frames.
 *
 * Run after `npm ci`: node dist/bench/flow.js
 */
import { table } from '../cli/table.ts';
import { Rng } from '../src/core/rng.ts';
import { denseFlow } from '../src/flow/farneback.ts';
import { loadOpenCv } from '../src/flow/opencv.ts';
import { trackCorners } from '../src/flow/tracks.ts';
import type { RgbImage } from '../src/image/image.ts';
import { resizeBilinear } from '../src/image/resize.ts';
import { runPeer } from './peer.ts';

const size = 224;
const repeats = 40;
const count = 16;

const rng = new Rng('bench/flow');
const noise = {
  width: 40,
  height: 28,
  data: Uint8Array.from({ length: 40 * 28 * 3 }, () => rng.integer(256)),
};

/** The noise enlarged to blobs, which move one pixel to the right a frame. */
function frames(): RgbImage[] {
  const texture = resizeBilinear(noise, size + count, size);
  return Array.from({ length: count }, (_, shift) => {
    const rows = Array.from({ length: size }, (_, y) => {
      const start = (y * texture.width + count - shift) * 3;
      return texture.data.subarray(start, start + size * 3);
    });
    return { width: size, height: size, data: Uint8Array.from(rows.flatMap((row) => [...row])) };
  });
}

async function best(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return Math.min(...times);
}

const python = `
import base64, json, time
import cv2, numpy as np
cv2.setNumThreads(1)
noise = base64.b64decode('${Buffer.from(noise.data).toString('base64')}')
texture = np.frombuffer(noise, np.uint8).reshape(${noise.height}, ${noise.width}, 3)
texture = cv2.resize(texture, (${size + count}, ${size}))
frames = [np.ascontiguousarray(texture[:, ${count} - i : ${size + count} - i]) for i in range(${count})]
gray = lambda frame: cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
def dense():
    cv2.calcOpticalFlowFarneback(gray(frames[0]), gray(frames[1]), None, 0.5, 3, 5, 3, 5, 1.2, 0)
def tracks():
    grays = [gray(frame) for frame in frames]
    places = cv2.goodFeaturesToTrack(grays[0], 100, 0.3, 7, blockSize=7)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)
    for before, after in zip(grays, grays[1:]):
        places, status, _ = cv2.calcOpticalFlowPyrLK(before, after, places, None, winSize=(15, 15), maxLevel=2, criteria=criteria)
        places = places[status.ravel() == 1].reshape(-1, 1, 2)
def best(work):
    work()
    times = []
    for _ in range(${repeats}):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return min(times)
print(json.dumps({"dense": best(dense), "tracks": best(tracks)}))
`;

const clip = frames();
const started = performance.now();
await loadOpenCv();
console.log(`OpenCV is loaded in ${(performance.now() - started).toFixed(0)} ms`);
const ours = {
  dense: await best(() => denseFlow(clip[0], clip[1])),
  tracks: await best(() => trackCorners(clip)),
};
const answer = runPeer('OpenCV for Python', python);
const theirs: typeof ours | null = answer === null ? null : JSON.parse(answer);
const row = (what: string, key: keyof typeof ours) => [
  what,
  ours[key].toFixed(1),
  theirs ? theirs[key].toFixed(1) : '–',
  theirs ? (ours[key] / theirs[key]).toFixed(1) : '–',
];
console.log(
  table(
    ['of 224×224', 'Node, ms', 'Python, ms', 'times as long'],
    [row('dense flow of a pair', 'dense'), row(`tracks through ${count} frames`, 'tracks')],
  ),
);

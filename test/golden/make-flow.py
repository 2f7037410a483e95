"""Golden values of src/flow: OpenCV's own Python on frames that are made here.

Run: pip install numpy opencv-python-headless==4.12.0.88 && python3 make-flow.py [folder of JPEG frames] > flow.json
The folder, ../../../shared/real/frames where it is there, gives the last case: its pictures are not kept, but what
OpenCV says of two of them.
"""

import base64
import hashlib
import json
import pathlib
import sys

import cv2
import numpy as np

# One thread: values do not depend on it, and the script's own order does not either.
cv2.setNumThreads(1)

FARNEBACK = dict(pyr_scale=0.5, levels=3, winsize=5, iterations=3, poly_n=5, poly_sigma=1.2, flags=0)
CORNERS = dict(maxCorners=100, qualityLevel=0.3, minDistance=7, blockSize=7)
TRACKS = dict(winSize=(15, 15), maxLevel=2, criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03))
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def texture(seed, width, height):
    """Coloured noise of two grains, smooth enough to be followed, with room around it."""
    noise = np.random.default_rng(seed).uniform(0, 255, (height + 64, width + 64, 3)).astype(np.float32)
    fine, coarse = cv2.GaussianBlur(noise, (0, 0), 1.5), cv2.GaussianBlur(noise, (0, 0), 4)
    mixed = (fine - fine.mean()) / fine.std() + (coarse - coarse.mean()) / coarse.std()
    return np.clip(128 + 40 * mixed, 0, 255).astype(np.float32)


def frames(seed, width, height, count, step, turn, patch):
    """The texture, moved by `step` and turned by `turn` degrees a frame, and a square with another texture over it."""
    ground, object_ = texture(seed, width, height), texture(seed + 1, width, height)
    result = []
    for i in range(count):
        matrix = cv2.getRotationMatrix2D((width / 2 + 32, height / 2 + 32), turn * i, 1)
        matrix[:, 2] += np.array(step) * i - 32
        frame = cv2.warpAffine(ground, matrix, (width, height), flags=cv2.INTER_CUBIC)
        if patch is not None:
            side, (x, y), (dx, dy) = patch
            x, y = x + dx * i, y + dy * i
            frame[y : y + side, x : x + side] = object_[:side, :side]
        result.append(np.clip(np.rint(frame), 0, 255).astype(np.uint8))
    return result


def gray(frame):
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def tracks(sequence):
    """Per corner its places, and the picture of them over the last frame and on black."""
    grays = [gray(frame) for frame in sequence]
    corners = cv2.goodFeaturesToTrack(grays[0], **CORNERS)
    lines = [[place] for place in corners.reshape(-1, 2)]
    alive = lines
    for before, after in zip(grays, grays[1:]):
        places = np.array([line[-1] for line in alive], np.float32).reshape(-1, 1, 2)
        found, status, _ = cv2.calcOpticalFlowPyrLK(before, after, places, None, **TRACKS)
        kept = status.ravel() == 1
        for line, place, is_kept in zip(alive, found.reshape(-1, 2), kept):
            if is_kept:
                line.append(place)
        alive = [line for line, is_kept in zip(alive, kept) if is_kept]
    pictures = []
    for ground in (sequence[-1], np.zeros_like(sequence[-1])):
        picture = ground.copy()
        for i, line in enumerate(lines):
            colour = COLOURS[i % len(COLOURS)]
            points = [tuple(int(v) for v in np.floor(np.float64(place) + 0.5)) for place in line]
            for start, end in zip(points, points[1:]):
                cv2.line(picture, start, end, colour, 2, cv2.LINE_8)
            cv2.circle(picture, points[-1], 5, colour, cv2.FILLED, cv2.LINE_8)
        pictures.append(text(picture))
    return [[[float(v) for v in place] for place in line] for line in lines], pictures


result = {"opencv": cv2.__version__, "flows": [], "tracks": []}
for name, seed, width, height, step, turn, changes in [
    ("a shift", 1, 80, 64, (1.5, -0.75), 0, {}),
    ("a turn", 3, 81, 65, (0, 0), 2, {}),
    ("a turn, other settings", 3, 81, 65, (0, 0), 2, dict(levels=0, winsize=15, iterations=2, poly_n=7, poly_sigma=1.5)),
]:
    pair = frames(seed, width, height, 2, step, turn, (20, (12, 30), (2, -1)))
    flow = cv2.calcOpticalFlowFarneback(gray(pair[0]), gray(pair[1]), None, **{**FARNEBACK, **changes})
    case = dict(name=name, width=width, height=height, settings={**FARNEBACK, **changes})
    result["flows"].append({**case, "frames": [text(frame) for frame in pair], "flow": text(flow)})

for name, seed, turn in [("a square that moves", 5, 0), ("corners that are lost", 7, 6)]:
    sequence = frames(seed, 96, 72, 4, (1.2, 0.4), turn, (24, (60, 10), (-3, 7)))
    lines, pictures = tracks(sequence)
    case = dict(name=name, width=96, height=72, frames=[text(frame) for frame in sequence])
    result["tracks"].append({**case, "tracks": lines, "onFrame": pictures[0], "onBlack": pictures[1]})

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[3] / "shared/real/frames")
files = sorted(folder.glob("*.jpg"))[:2]
if len(files) < 2:
    sys.exit(f"make-flow.py needs two JPEG frames in {folder}")
pair = [cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB) for file in files]
flow = cv2.calcOpticalFlowFarneback(gray(pair[0]), gray(pair[1]), None, **FARNEBACK)
lines, _ = tracks(pair)
result["real"] = {
    "files": [file.name for file in files],
    "pixels": [hashlib.sha256(frame.tobytes()).hexdigest() for frame in pair],
    # Every fourth row and column.
    "stride": 4,
    "flow": text(flow[::4, ::4]),
    "tracks": lines,
}
print(json.dumps(result))

"""Golden batches of training: what SampleSource must hand to a model, worked out with NumPy, Pillow and OpenCV.

    python test/golden/training-batches.py > test/golden/training-batches.json   # numpy, pillow, opencv-python-headless
"""
import base64
import json
import math

import cv2
import numpy as np
from PIL import Image

SIZE, WIDTH, HEIGHT = 7, 20, 16
FRAMES = {"left": 6, "right": 3}
CODES = [11, 12, 13, 15, 16, 17, 18, 19, 21, 22, 26, 28, 29, 34, 35, 36, 39, 41, 43, 44, 45, 46, 48, 49, 54, 55, 56, 57,
         59, 61, 63, 65, 66, 67, 68, 69, 72, 73, 75, 76, 77, 78, 79]
MEAN_COLOUR = (124, 117, 104)
WORD = 0xFFFFFFFF


class Rng:
    """sfc32, seeded with three FNV-1a hashes of a text and a counter of 1, after fifteen rounds."""

    def __init__(self, text):
        self.a, self.b, self.c, self.d = self.hash(text), self.hash(text + "/b"), self.hash(text + "/c"), 1
        for _ in range(15):
            self.word()

    @staticmethod
    def hash(text):
        value = 0x811C9DC5
        for character in text:
            value = (value ^ ord(character)) * 0x01000193 & WORD
        return value

    def word(self):
        total = (self.a + self.b + self.d) & WORD
        self.d = (self.d + 1) & WORD
        self.a = self.b ^ self.b >> 9
        self.b = (self.c + (self.c << 3)) & WORD
        self.c = ((self.c << 21 | self.c >> 11) + total) & WORD
        return total

    def uniform(self, low=0.0, high=1.0):
        return low + self.word() / 2**32 * (high - low)


def frame(video, number):
    """Every pixel, frame and video has a value of its own; nothing is symmetric."""
    y, x, c = np.mgrid[0:HEIGHT, 0:WIDTH, 0:3]
    return ((list(FRAMES).index(video) * 101 + number * 37 + y * y * 5 + x * 23 + c * 71) % 256).astype(np.uint8)


def label_map(video, number):
    """Labels along three edges, and one pixel near each end of the upper one: a turn loses the one or the other."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    top = 36 if video == "left" else 44
    pixel = lambda column: (y == 0) & (x == column)
    return np.select([pixel(2), pixel(17), x < 2, x >= 19, y < 1 + number % 2], [46, 48, 11, 79, top], 0).astype(np.uint8)


def clip(target, count, speed, frame_count):
    window = (np.arange(count) - (count - 1) // 2) * speed + target
    window = window + max(0, 1 - window[0]) - max(0, window[-1] - frame_count)
    return [int(n) for n in np.clip(window, 1, frame_count)]


def resized(image, width, height):
    return np.asarray(Image.fromarray(image).resize((width, height), Image.BILINEAR)) if image.shape[:2] != (height, width) else image


def rounded(values):
    return np.floor(values + 0.5).astype(np.uint8)


def draw(names, rng):
    """The changes of a sample as pairs of functions, of an image and of a label map."""
    changes = []
    if "flip" in names and rng.uniform() < 0.5:
        changes.append((np.fliplr, np.fliplr))
    if "scale" in names:
        factor = rng.uniform(0.5, 2)
        side = lambda extent: math.floor(extent * factor + 0.5)

        def nearest(codes):
            height, width = codes.shape
            rows = [int((y + 0.5) * height / side(height)) for y in range(side(height))]
            columns = [int((x + 0.5) * width / side(width)) for x in range(side(width))]
            return codes[np.ix_(rows, columns)]

        changes.append((lambda image: resized(image, side(image.shape[1]), side(image.shape[0])), nearest))
    if "crop" in names:
        across, down = rng.uniform(), rng.uniform()

        def cut(picture, fill):
            # The picture on an endless plane of the fill, and a window that moves over all places that make sense.
            height, width = picture.shape[:2]
            plane = np.empty((height + 2 * SIZE, width + 2 * SIZE) + picture.shape[2:], np.uint8)
            plane[...] = fill
            plane[SIZE : SIZE + height, SIZE : SIZE + width] = picture
            corner = lambda extent, share: (math.floor(share * (extent - SIZE + 1)) if extent >= SIZE
                                            else -math.floor(share * (SIZE - extent + 1)))
            top, left = SIZE + corner(height, down), SIZE + corner(width, across)
            return plane[top : top + SIZE, left : left + SIZE]

        changes.append((lambda image: cut(image, MEAN_COLOUR), lambda codes: cut(codes, 0)))
    if "rotate" in names and rng.uniform() < 0.5:
        degrees = rng.uniform(-10, 10)

        def sources(height, width):
            matrix = cv2.invertAffineTransform(cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1))
            y, x = np.mgrid[0:height, 0:width].astype(np.float64)
            return matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2], matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]

        def turn(image):
            height, width = image.shape[:2]
            padded = np.empty((height + 8, width + 8, 3))
            padded[...] = MEAN_COLOUR
            padded[4:-4, 4:-4] = image
            x, y = (value + 4 for value in sources(height, width))
            left, top = np.floor(x).astype(int), np.floor(y).astype(int)
            right, bottom = (x - left)[..., None], (y - top)[..., None]
            upper = padded[top, left] * (1 - right) + padded[top, left + 1] * right
            lower = padded[top + 1, left] * (1 - right) + padded[top + 1, left + 1] * right
            return rounded(upper * (1 - bottom) + lower * bottom)

        def turn_codes(codes):
            padded = np.pad(codes, 4)
            x, y = sources(*codes.shape)
            return padded[np.floor(y + 4.5).astype(int), np.floor(x + 4.5).astype(int)]

        changes.append((turn, turn_codes))
    if "blur" in names and rng.uniform() < 0.5:
        sigma = rng.uniform(0, 0.6)
        blur = lambda image: rounded(cv2.GaussianBlur(image.astype(np.float64), (5, 5), sigma, borderType=cv2.BORDER_REFLECT_101))
        changes.append((blur, lambda codes: codes))
    return changes


def batch(samples, frames, speed, names=None, seed=0, epoch=0):
    tensors, truth = [], []
    for video, number in samples:
        changes = draw(names, Rng(f"{seed}/{epoch}/{video}/{number:05d}")) if names is not None else []
        codes = label_map(video, number)
        if names and {"crop", "rotate"} & set(names):
            for _, change in changes:
                codes = change(codes)
        truth.append([int(code in codes) for code in CODES])
        for wanted in clip(number, frames, speed, FRAMES[video]):
            image = frame(video, wanted)
            # A flip alone is made after the resize, which is the same but for the rounding.
            if names is None or set(names) <= {"flip"}:
                image = resized(image, SIZE, SIZE)
            for change, _ in changes:
                image = np.ascontiguousarray(change(image))
            image = resized(image, SIZE, SIZE)
            tensors.append((image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225])
    values = np.stack(tensors).astype("<f4").tobytes()
    return {"frames": frames, "speed": speed, "names": names, "seed": seed, "epoch": epoch,
            "values": base64.b64encode(values).decode(), "truth": truth}


samples = [("left", 1), ("left", 5), ("right", 2)]
every = ["rotate", "blur", "flip", "scale", "crop"]
plans = [dict(frames=1, speed=1), dict(frames=4, speed=2), dict(frames=2, speed=1),
         dict(frames=1, speed=1, names=[], seed=3, epoch=1), dict(frames=2, speed=2, names=["flip"], seed=3, epoch=1),
         dict(frames=4, speed=2, names=["rotate", "blur", "flip"], seed=3, epoch=2)]
plans += [dict(frames=1, speed=1, names=[name], seed=seed, epoch=1) for name in every for seed in (3, 4)]
plans += [dict(frames=1, speed=1, names=every, seed=seed, epoch=epoch) for seed in (3, 4) for epoch in (1, 2)]
# A flip decides which labels a crop or a turn loses, and a clip's frames change alike.
plans += [dict(frames=1, speed=1, names=["flip", other], seed=5, epoch=1) for other in ("crop", "rotate")]
plans += [dict(frames=2, speed=2, names=every, seed=5, epoch=3)]
print(json.dumps({"size": SIZE, "width": WIDTH, "height": HEIGHT, "videos": FRAMES, "samples": samples,
                  "batches": [batch(samples, **plan) for plan in plans]}))

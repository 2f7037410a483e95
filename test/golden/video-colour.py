"""Golden values of src/image/colour.ts: one 4:2:0 frame as ffmpeg's swscale and OpenCV turn it into RGB, and values of
other layouts and of 10 and 12 bits by the matrices of ITU-R BT.601-7 and BT.709-6 in floating point.

Run: python3 test/golden/video-colour.py > test/golden/video-colour.json   (needs ffmpeg)
"""

import base64
import json
import subprocess

import cv2
import numpy as np

WIDTH, HEIGHT = 32, 24
rng = np.random.default_rng(7)
# OpenCV takes luma below 16 as 16; ffmpeg and src/image/colour.ts do not. Legal video has none.
y = rng.integers(16, 256, (HEIGHT, WIDTH), dtype=np.uint8)
# With chroma at its very ends swscale's own arithmetic wraps around; here enough is clamped still.
u = rng.integers(40, 216, (HEIGHT // 2, WIDTH // 2), dtype=np.uint8)
v = rng.integers(40, 216, (HEIGHT // 2, WIDTH // 2), dtype=np.uint8)
# A quarter of the frame within the limits of legal video, where nothing is clamped.
y[:12, :16], u[:6, :8], v[:6, :8] = y[:12, :16] // 2 + 64, u[:6, :8] // 4 + 96, v[:6, :8] // 4 + 96
planes = y.tobytes() + u.tobytes() + v.tobytes()


def ffmpeg(matrix, scale_range):
    # Full-size chroma goes in, each value on its 2×2 pixels: swscale would interpolate it when asked to be accurate.
    full = y.tobytes() + u.repeat(2, 0).repeat(2, 1).tobytes() + v.repeat(2, 0).repeat(2, 1).tobytes()
    scale = f"scale=in_color_matrix={matrix}:in_range={scale_range}:out_range=pc:flags=accurate_rnd+bitexact"
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv444p", "-s", f"{WIDTH}x{HEIGHT}"]
    command += ["-i", "pipe:0", "-vf", scale, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    return subprocess.run(command, input=full, capture_output=True, check=True).stdout


def b64(data):
    return base64.b64encode(data).decode()


i420 = np.frombuffer(planes, np.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
cases = [
    {"by": "ffmpeg", "matrix": matrix, "range": name, "rgb": b64(ffmpeg(matrix, scale_range))}
    for matrix in ["bt601", "bt709"]
    for name, scale_range in [("limited", "tv"), ("full", "pc")]
]
opencv = cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)
cases.append({"by": "OpenCV", "matrix": "bt601", "range": "limited", "rgb": b64(opencv.tobytes())})


def by_matrix(matrix, scale_range, bits, columns, rows):
    """A frame of 5×3 pixels: each pixel with the chroma of its block, in exact arithmetic, rounded to nearest."""
    width, height = 5, 3
    across, down = -(-width // columns), -(-height // rows)
    top = 2**bits
    planes = [rng.integers(0, top, shape) for shape in [(height, width), (down, across), (down, across)]]
    # The ends of the ranges, and chroma that clips nothing.
    planes[0][0, :4] = [0, 16 * top // 256, 235 * top // 256, top - 1]
    planes[1][0, 0] = planes[2][0, 0] = top // 2
    planes[1][1:], planes[2][1:] = planes[1][1:] // 8 + top * 7 // 16, planes[2][1:] // 8 + top * 7 // 16
    red, blue = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    luma, cb, cr = (p.astype(float) for p in planes)
    if scale_range == "limited":
        luma, cb, cr = (luma / (top / 256) - 16) / 219, (cb / (top / 256) - 128) / 224, (cr / (top / 256) - 128) / 224
    else:
        luma, cb, cr = luma / (top - 1), (cb - top / 2) / (top - 1), (cr - top / 2) / (top - 1)
    cb, cr = (c.repeat(rows, 0).repeat(columns, 1)[:height, :width] for c in (cb, cr))
    r, b = luma + 2 * (1 - red) * cr, luma + 2 * (1 - blue) * cb
    g = (luma - red * r - blue * b) / (1 - red - blue)
    rgb = np.clip(np.floor(np.stack([r, g, b], -1) * 255 + 0.5), 0, 255).astype(int)
    return {
        "width": width,
        "height": height,
        "matrix": matrix,
        "range": scale_range,
        "layout": {"bits": bits, "columns": columns, "rows": rows},
        "planes": [p.ravel().tolist() for p in planes],
        "rgb": rgb.ravel().tolist(),
    }


by_matrices = [
    by_matrix(matrix, name, bits, columns, rows)
    for matrix in ["bt601", "bt709"]
    for name in ["limited", "full"]
    for bits in [8, 10, 12]
    for columns, rows in [(2, 2), (2, 1), (1, 1)]
]
print(json.dumps({"width": WIDTH, "height": HEIGHT, "planes": b64(planes), "cases": cases, "matrices": by_matrices}))

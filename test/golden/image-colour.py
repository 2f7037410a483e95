"""Golden values for test/image/colour-space.test.ts: RGB triples of other colour spaces in sRGB, by littlecms (Pillow).

    pip install pillow numpy && python image-colour.py > image-colour.json

Each space is handed to littlecms as an ICC matrix profile made from its chromaticities (Bradford) and its curve.
The profiles stand beside the values, in base64.
"""

import base64
import json
import struct

import numpy as np
from PIL import Image, ImageCms

D50 = np.array([0.9642, 1, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
SPACES = {
    "display-p3": ([0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06], None),
    "bt2020": ([0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046], None),
    "linear": ([0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06], 1.0),
    "adobe-rgb": ([0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06], 1 / 0.45455),
    "ntsc": ([0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08], 1 / 0.45455),
}


def xyz(x, y):
    return np.array([x / y, 1, (1 - x - y) / y])


def s15(values):
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def parametric(kind, numbers):
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + s15(numbers)


def sampled(values):
    """A curve of steps; of one, which is a power in 8.8 fixed point; or of none, the value itself."""
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


SRGB_CURVE = parametric(3, [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])


def profile(primaries, gamma):
    """With sRGB's curve where gamma is None."""
    return profile_of(primaries, [parametric(0, [gamma]) if gamma else SRGB_CURVE] * 3)


def profile_of(primaries, curves):
    wx, wy, *colours = primaries
    white = xyz(wx, wy)
    columns = np.array([xyz(*colours[i : i + 2]) for i in (0, 2, 4)]).T
    own = columns * np.linalg.solve(columns, white)
    adapted = np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ D50) / (BRADFORD @ white)) @ BRADFORD @ own
    tags = {b"wtpt": b"XYZ \0\0\0\0" + s15(D50)}
    for i, name in enumerate((b"r", b"g", b"b")):
        tags[name + b"XYZ"] = b"XYZ \0\0\0\0" + s15(adapted[:, i])
        tags[name + b"TRC"] = curves[i]
    table, data, offset = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", offset + len(data), len(value))
        data += value + b"\0" * (-len(value) % 4)
    head = struct.pack(">I4sI4s4s4s", offset + len(data), b"\0" * 4, 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + s15(D50)
    return head + bytes(128 - len(head)) + table + data


# The code points of ITU-T H.273 with primaries or curves of their own: by white, red, green, blue, and gamma.
CODED = {
    "4/4": SPACES["ntsc"][0:1] + (2.2,),
    "5/5": ([0.3127, 0.329, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06], 2.8),
    "6/6": ([0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07], None),
    "7/1": ([0.3127, 0.329, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07], None),
    "9/15": (SPACES["bt2020"][0], None),
    "11/8": ([0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06], 1.0),
    "12/2": (SPACES["display-p3"][0], None),
    "2/4": (SPACES["linear"][0], 2.2),
}
STEPS = [round(65535 * (i / 16) ** 2.5) for i in range(17)]
# Another curve for each channel, so that none can stand for another.
CURVES = {
    "powers": [parametric(0, [1.8]), sampled([round(2.2 * 256)]), sampled([])],
    "steps": [sampled(STEPS), sampled([0, 65535]), sampled([0, 9000, 30000, 65535])],
    "formulas": [
        parametric(1, [2.0, 1.25, -0.25]),
        parametric(2, [2.0, 0.9, -0.1, 0.2]),
        parametric(4, [2.4, 0.9, 0.05, 0.5, 0.2, 0.03, 0.01]),
    ],
    "formulas-on": [SRGB_CURVE, parametric(0, [0.7]), parametric(3, [2.0, 0.8, 0.2, 0.3, 0.1])],
}


def main():
    from io import BytesIO

    rng = np.random.default_rng(7)
    values = np.concatenate([np.repeat(np.arange(0, 256, 15)[:, None], 3, 1), rng.integers(0, 256, (46, 3))])
    image = Image.fromarray(values.astype(np.uint8)[None])
    srgb = ImageCms.createProfile("sRGB")
    found = {"values": values.ravel().tolist(), "spaces": {}, "profiles": {}, "coded": {}, "curves": {}}

    def in_srgb(icc):
        source = ImageCms.ImageCmsProfile(BytesIO(icc))
        converted = ImageCms.profileToProfile(
            image,
            source,
            srgb,
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.HIGHRESPRECALC | ImageCms.Flags.NOOPTIMIZE,
        )
        return np.asarray(converted).ravel().tolist()

    for name, (primaries, gamma) in SPACES.items():
        icc = profile(primaries, gamma)
        found["profiles"][name] = base64.b64encode(icc).decode()
        found["spaces"][name] = in_srgb(icc)
    for name, (primaries, gamma) in CODED.items():
        found["coded"][name] = in_srgb(profile(primaries, gamma))
    for name, curves in CURVES.items():
        icc = profile_of(SPACES["bt2020"][0], curves)
        found["curves"][name] = {"profile": base64.b64encode(icc).decode(), "srgb": in_srgb(icc)}
    print(json.dumps(found))


main()

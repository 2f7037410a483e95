"""Golden values of src/image/resize.ts: Pillow's Image.resize(size, BILINEAR), which antialiases when shrinking.

Run: python3 test/golden/pillow-resize.py > test/golden/pillow-resize.json
"""

import base64
import hashlib
import json

import numpy as np
import PIL
from PIL import Image


def picture(width, height):
    """The same picture as in the test: waves of different lengths, with hard edges between the channels."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    channels = [(x * 37 + y * 11) % 256, (x * x + 3 * y) % 251, ((x // 5 + y // 3) % 2) * 255]
    return np.stack(channels, axis=-1).astype(np.uint8)


cases = []
for source, target in [
    ((37, 29), (16, 11)),
    ((37, 29), (64, 50)),
    ((37, 29), (37, 7)),
    ((37, 29), (80, 29)),
    ((37, 29), (1, 1)),
    ((1, 1), (5, 4)),
    ((40, 3), (9, 17)),
    ((320, 240), (224, 224)),
    ((569, 320), (224, 224)),
    ((320, 240), (64, 64)),
    ((340, 256), (480, 360)),
]:
    out = np.asarray(Image.fromarray(picture(*source)).resize(target, Image.Resampling.BILINEAR))
    case = {"source": source, "target": target, "sha256": hashlib.sha256(out.tobytes()).hexdigest()}
    if out.size <= 10000:
        case["pixels"] = base64.b64encode(out.tobytes()).decode()
    cases.append(case)
print(json.dumps({"pillow": PIL.__version__, "cases": cases}, indent=1))

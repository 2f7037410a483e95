"""Small JPEGs of every form that libjpeg writes, for test/image/jpeg-file.test.ts, and the rows that it paints of each
when its end is cut off.

Run: python3 test/golden/jpeg-forms.py > test/golden/jpeg-forms.json   (needs Pillow, and libjpeg-turbo's cjpeg, jpegtran)
"""

import base64
import io
import json
import subprocess
import tempfile

import numpy as np
import PIL
from PIL import Image, ImageFile

ImageFile.LOAD_TRUNCATED_IMAGES = True

WIDTH, HEIGHT = 43, 37


def picture():
    """Waves, with an edge and a patch of noise: small files with codes of every length."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    channels = [127 + 120 * np.sin((x + y) / 9), 255 * x / WIDTH, np.where(x > y, 230, 20)]
    pixels = np.stack(channels, -1)
    pixels[20:28, 8:16] = np.random.default_rng(3).integers(0, 256, (8, 8, 3))
    return Image.fromarray(pixels.astype(np.uint8))


def pillow(mode="RGB", **options):
    memory = io.BytesIO()
    picture().convert(mode).save(memory, "JPEG", quality=60, **options)
    return memory.getvalue()


def cjpeg(*options, scans=None):
    ppm = io.BytesIO()
    picture().save(ppm, "PPM")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as script:
        if scans:
            script.write(scans)
            script.flush()
            options = (*options, "-scans", script.name)
        command = ["cjpeg", "-quality", "60", *options]
        return subprocess.run(command, input=ppm.getvalue(), capture_output=True, check=True).stdout


files = {
    "4:2:0": pillow(subsampling=2),
    "4:2:2": pillow(subsampling=1),
    "4:4:4": pillow(subsampling=0, optimize=True),
    "4:1:1": cjpeg("-sample", "4x1"),
    "luma below chroma": cjpeg("-sample", "1x1,2x2,1x2"),
    "grey": pillow("L"),
    "four inks": pillow("CMYK"),
    "restarts each MCU": pillow(subsampling=2, restart_marker_blocks=1),
    "restarts each row": pillow(subsampling=1, restart_marker_rows=1),
    "progressive": pillow(subsampling=2, progressive=True),
    "progressive with restarts": cjpeg("-progressive", "-restart", "2B"),
    "progressive grey": pillow("L", progressive=True),
    # Each channel alone, without and with successive approximation, and a spectral scan of a refinement of three bits.
    "scans of one channel": cjpeg(scans="0;\n1;\n2;\n"),
    "scans of one channel and of two": cjpeg(scans="0;\n1 2;\n"),
    "scans with restarts": cjpeg("-restart", "3B", scans="0;\n1;\n2;\n"),
    "refined thrice": cjpeg(
        "-progressive",
        scans="0 1 2: 0-0, 0, 2;\n0: 1-5, 0, 3;\n0: 6-63, 0, 3;\n1: 1-63, 0, 2;\n2: 1-63, 0, 2;\n"
        "0: 1-63, 3, 2;\n0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n1: 1-63, 2, 1;\n2: 1-63, 2, 1;\n1: 1-63, 1, 0;\n2: 1-63, 1, 0;\n"
        "0 1 2: 0-0, 2, 1;\n0 1 2: 0-0, 1, 0;\n",
    ),
}


def markers(data):
    """Where each segment begins, by its marker, and where the data of each scan end."""
    at, found, ends = 2, [], []
    while data[at + 1] != 0xD9:
        found.append([at, data[at + 1]])
        kind, at = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if kind == 0xDA:
            while data[at] != 0xFF or data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
                at += 1
            ends.append(at)
    return [*found, [at, 0xD9]], ends


def painted(data):
    whole = np.asarray(Image.open(io.BytesIO(data)))
    start = markers(data)[0][-2][0]
    rows = []
    for length in range(start + 30, len(data) - 4, 11):
        same = (np.asarray(Image.open(io.BytesIO(data[:length]))) == whole).reshape(HEIGHT, -1).all(1)
        rows.append([length, int(np.argmin(same))])
    return rows


def form(data):
    segments, ends = markers(data)
    return {"jpeg": base64.b64encode(data).decode(), "markers": segments, "ends": ends}


print(
    json.dumps(
        {
            "pillow": PIL.__version__,
            "width": WIDTH,
            "height": HEIGHT,
            "files": {name: form(data) for name, data in files.items()},
            "painted": {
                name: painted(data) for name, data in files.items() if len(markers(data)[1]) == 1
            },
            "arithmetic": base64.b64encode(cjpeg("-arithmetic")).decode(),
        },
    )
)

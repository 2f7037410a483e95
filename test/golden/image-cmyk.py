"""Makes image-cmyk.jpg: CMYK without a profile (Pillow writes Adobe's inverted kind).

    pip install pillow numpy && python image-cmyk.py
"""

import numpy as np
from PIL import Image

y, x = np.mgrid[0:12, 0:16]
rgb = np.stack([x * 16, y * 21, 255 - x * 8 - y * 8], -1).astype(np.uint8)
Image.fromarray(rgb).convert("CMYK").save("image-cmyk.jpg", quality=95)

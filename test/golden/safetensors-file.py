"""Writes safetensors-file.json: a file by the reference library, base64. Needs numpy and safetensors (0.8)."""
import base64
import json
import pathlib

import numpy as np
from safetensors.numpy import save

tensors = {
    "10": np.arange(3, dtype=np.uint8),
    "head/bias": np.array([-1.5, 0.25], dtype=np.float32),
    "a": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
    "steps": np.array([-(2**31), 7], dtype=np.int32),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "scalar": np.array(3.5, dtype=np.float32),
    "naïve \"name\"": np.arange(5, dtype=np.uint8)[::-1].copy(),
}
golden = {"file": base64.b64encode(save(tensors, metadata={"format": "pt"})).decode()}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")

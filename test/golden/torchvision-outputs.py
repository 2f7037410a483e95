"""torchvision's answers with full-size weights that a formula makes, for test/models/pretrained. The formula is also in
test/models/pretrained/formula-weights.ts, so that both sides hold the same weights and none need be stored. Writes
torchvision-outputs.json beside itself.

    python test/golden/torchvision-outputs.py
"""
import base64
import hashlib
import json
import pathlib

import numpy as np
import torch
import torchvision


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def uniform(name, shape, low, high):
    """Element i: the hash of i and the name, in [low, high)."""
    size = int(np.prod(shape))
    x = np.arange(size, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(fnv1a(name))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    values = low + (high - low) * (x.astype(np.float64) / 2**32)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def weight(name, shape):
    if name.endswith("running_var"):
        return uniform(name, shape, 0.5, 1.5)
    if name.endswith(("running_mean", "bias")):
        return uniform(name, shape, -0.1, 0.1)
    if len(shape) == 1:
        # Batch norm's scale: small, so that sums of residuals do not grow.
        return uniform(name, shape, 0.4, 0.8)
    bound = (6 / np.prod(shape[1:])) ** 0.5
    return uniform(name, shape, -bound, bound)


def golden(name, model, shape):
    state = model.state_dict()
    for key, value in state.items():
        if not key.endswith("num_batches_tracked"):
            value.copy_(weight(key, tuple(value.shape)))
    listing = "".join(f"{key} {','.join(map(str, value.shape))}\n" for key, value in sorted(state.items()))
    with torch.no_grad():
        logits = model.eval()(uniform("input", shape, -2, 2))
    return {
        "input": shape,
        "tensors": hashlib.sha256(listing.encode()).hexdigest(),
        "logits": base64.b64encode(logits[0].numpy().tobytes()).decode(),
    }


frame = (1, 3, 99, 75)
models = torchvision.models
outputs = {name: golden(name, getattr(models, name)(), frame) for name in ["resnet18", "resnet34", "resnet50", "resnet152"]}
outputs["r2plus1d_18"] = golden("r2plus1d_18", models.video.r2plus1d_18(), (1, 3, 8, 57, 65))

# Every architecture by its tensors' shapes alone.
listed = {}
for name in ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2",
             "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"]:
    with torch.device("meta"):
        state = getattr(models, name)().state_dict()
    wanted = [k for k in state if k.endswith(("conv1.weight", "layer1.0.conv2.weight", "layer1.0.conv3.weight"))]
    listed[name] = {k: list(state[k].shape) for k in wanted}

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"outputs": outputs, "architectures": listed}) + "\n")
for name, output in outputs.items():
    values = np.frombuffer(base64.b64decode(output["logits"]), np.float32)
    print(name, values.std(), np.abs(values).max())

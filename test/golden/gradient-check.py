"""Expected loss and gradients of models/train/gradient-check.ts, computed by PyTorch in float64."""
import json

import torch
import torch.nn.functional as F

shapes = {
    "stem": [7, 7, 3, 4], "gamma": [4], "beta": [4], "down": [3, 3, 4, 8], "shortcut": [1, 1, 4, 8],
    "spatial": [3, 3, 8, 8], "temporal": [3, 1, 8, 8], "attention": [3, 3, 8, 1], "head": [8, 6], "bias": [6],
}


def wave(shape, phase):
    size = int(torch.tensor(shape).prod())
    i = torch.arange(size, dtype=torch.float64)
    return torch.sin(1.37 * i + phase + i * i / 97).float().double().reshape(shape)


w = {name: (wave(shape, i) * 0.8).requires_grad_() for i, (name, shape) in enumerate(shapes.items())}


def kernel(name):
    return w[name].permute(3, 2, 0, 1).contiguous()


frames = wave([2, 16, 16, 3], 1).permute(0, 3, 1, 2)
stem = F.conv2d(frames, kernel("stem"), stride=2, padding=3)
normal = F.batch_norm(stem, None, None, w["gamma"], w["beta"], training=True, eps=1e-5)
pooled = F.max_pool2d(F.pad(normal - 1, (1, 1, 1, 1)), 3, 2)
joined = F.relu(F.conv2d(pooled, kernel("down"), stride=2, padding=1) + F.conv2d(pooled, kernel("shortcut"), stride=2))
spatial = F.conv2d(joined, kernel("spatial"), padding=1)
clip = spatial.permute(0, 2, 3, 1).reshape(1, 2, 4, 8).permute(0, 3, 1, 2)
temporal = F.conv2d(clip, kernel("temporal"), padding=(1, 0))
temporal = temporal.permute(0, 2, 3, 1).reshape(2, 2, 2, 8).permute(0, 3, 1, 2)
attention = torch.sigmoid(F.conv2d(temporal, kernel("attention"), padding=1))
feature = (temporal * attention).mean((2, 3))
logits = (feature @ w["head"] + w["bias"]).reshape(2, 3, 2)
loss = -torch.log(torch.softmax(logits, 2)[..., 0]).sum()
loss.backward()
print(json.dumps({
    "loss": loss.item(),
    "gradients": {name: (w[name].grad * wave(shape, 9)).sum().item() for name, shape in shapes.items()},
}, indent=2))

"""Golden values for models/layers from PyTorch. Writes torch-layers.json beside itself.

    python test/golden/torch-layers.py
"""
import json
import pathlib

import torch

torch.manual_seed(7)


def flat(tensor):
    return {"shape": list(tensor.shape), "data": [round(float(v), 7) for v in tensor.detach().double().flatten()]}


def channels_last(x):
    return flat(x.movedim(1, -1))


convolutions = []
for kernel, stride, padding, size in [
    ((1, 3, 3), (1, 1, 1), (0, 1, 1), (3, 5, 4)),
    ((1, 3, 3), (1, 2, 2), (0, 1, 1), (2, 6, 5)),
    ((1, 7, 7), (1, 2, 2), (0, 3, 3), (2, 9, 8)),
    ((3, 1, 1), (1, 1, 1), (1, 0, 0), (4, 3, 2)),
    ((3, 1, 1), (2, 1, 1), (1, 0, 0), (5, 2, 3)),
    ((1, 1, 1), (2, 2, 2), (0, 0, 0), (4, 4, 6)),
    ((1, 1, 1), (2, 2, 2), (0, 0, 0), (3, 5, 5)),
]:
    conv = torch.nn.Conv3d(2, 3, kernel, stride, padding, bias=False)
    x = torch.randn(2, 2, *size, requires_grad=True)
    y = conv(x)
    (y * torch.cos(torch.arange(y.numel()).view_as(y))).sum().backward()
    convolutions.append(
        {
            "kernelSize": kernel,
            "strides": stride,
            "padding": padding,
            "x": channels_last(x),
            "kernel": flat(conv.weight.permute(2, 3, 4, 1, 0)),
            "y": channels_last(y),
        }
    )

norm = torch.nn.BatchNorm3d(3)
with torch.no_grad():
    norm.weight.copy_(torch.tensor([0.5, 1.5, -1.0]))
    norm.bias.copy_(torch.tensor([0.1, -0.2, 0.3]))
x = torch.randn(2, 3, 2, 3, 2) * 2 + 1
trained = norm(x)
batch_norm = {
    "x": channels_last(x),
    "trained": channels_last(trained),
    "runningMean": flat(norm.running_mean),
    "runningVariance": flat(norm.running_var),
}
norm.eval()
batch_norm["inferred"] = channels_last(norm(x))

features = torch.randn(3, 5)
linear = torch.nn.Linear(5, 8)
detectors = {
    "features": flat(features),
    "kernel": flat(linear.weight.T),
    "bias": flat(linear.bias),
    "probabilities": flat(linear(features).view(3, 4, 2).softmax(-1)[..., 0]),
}

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"convolutions": convolutions, "batchNorm": batch_norm, "detectors": detectors}) + "\n")

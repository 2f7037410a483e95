"""Tiny classifiers that PyTorch wrote as ONNX, and what PyTorch itself gives for fixed frames: probabilities.

Writes classifiers/*.onnx and classifiers.json beside this file. Frames are uint8, channels last; value i is
(i * 37 + i // 5 * 11) % 256. Normalisation is stated for each: (x / 255 - mean) / std, or the values as they are.

    python test/golden/classifiers.py
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

here = Path(__file__).parent
folder = here / "classifiers"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir()
torch.manual_seed(7)

imagenet = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
halves = ([0.5] * 3, [0.5] * 3)


def frames(shape):
    i = np.arange(np.prod(shape))
    return torch.from_numpy(((i * 37 + i // 5 * 11) % 256).astype(np.uint8).reshape(shape))


class Net(nn.Module):
    """A strided convolution, batch normalisation, pooling over all positions and a dense layer of large weights."""

    def __init__(self, dims, labels=3, last=nn.Identity(), channels_last=False):
        super().__init__()
        conv, norm = (nn.Conv2d, nn.BatchNorm2d) if dims == 2 else (nn.Conv3d, nn.BatchNorm3d)
        self.features = nn.Sequential(conv(3, 4, 3, stride=2, padding=1), norm(4), nn.ReLU())
        self.head = nn.Linear(4, labels)
        self.last = last
        self.channels_last = channels_last
        nn.init.normal_(self.head.weight, std=4)
        self.features[1].running_mean.normal_()
        self.features[1].running_var.uniform_(0.5, 2)
        self.eval()

    def forward(self, x):
        if self.channels_last:
            x = x.permute(0, x.dim() - 1, *range(1, x.dim() - 1))
        maps = self.features(x)
        return self.last(self.head(maps.mean(dim=tuple(range(2, maps.dim())))))


class KeepsBatch(nn.Module):
    """Says in a constant that there is one sample."""

    def __init__(self):
        super().__init__()
        self.net = Net(2)

    def forward(self, x):
        return self.net(x).reshape(1, 3)


class Raw(nn.Module):
    """Takes 0-255."""

    def __init__(self):
        super().__init__()
        self.net = Net(2)

    def forward(self, x):
        return self.net(x.float() / 255)


class TwoOutputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net(2)

    def forward(self, x):
        scores = self.net(x)
        return scores, scores * 2


class AsMap(nn.Module):
    """Scores as a map of one position, as SqueezeNet gives them."""

    def __init__(self):
        super().__init__()
        self.net = Net(2)

    def forward(self, x):
        return self.net(x)[:, :, None, None]


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net(2)

    def forward(self, x, y):
        return self.net(x + y)


def activated(scores, activation):
    scores = scores.double()
    return {"softmax": scores.softmax(1), "sigmoid": scores.sigmoid(), "none": scores}[activation]


def normalized(bytes_, normalization):
    values = bytes_.float()
    if normalization is None:
        return values
    mean, std = (torch.tensor(values) for values in normalization)
    return (values / 255 - mean) / std


known = {}


def write(name, model, shape, *, activation="none", normalization=imagenet, last=False, axes=None, opset=17,
          outputs=("scores",), inputs=1, as_bytes=False):
    """`shape`: of two samples, channels last."""
    bytes_ = frames(shape)
    given = bytes_ if as_bytes else normalized(bytes_, normalization)
    fed = given if last else given.movedim(-1, 1)
    axes = {0: "batch"} if axes is None else axes
    names = ["image", "second"][:inputs]
    path = folder / f"{name}.onnx"
    model.eval()
    torch.onnx.export(
        model, (fed[:1],) * inputs, path, dynamo=False, opset_version=opset, input_names=names,
        output_names=list(outputs),
        dynamic_axes={**{i: axes for i in names}, **({o: {0: "batch"} for o in outputs} if 0 in axes else {})},
    )
    answers = []
    with torch.no_grad():
        for sample in fed:
            answer = model(*([sample[None]] * inputs))
            answer = answer[0] if isinstance(answer, tuple) else answer
            answers.append(activated(answer.flatten(1), activation)[0].tolist())
    known[name] = {"shape": list(shape), "activation": activation, "normalization": normalization, "expected": answers}


write("logits", Net(2), (2, 8, 10, 3), activation="softmax")
write("multi-label", Net(2), (2, 8, 10, 3), activation="sigmoid", normalization=halves)
write("probabilities", Net(2, last=nn.Sigmoid()), (2, 8, 10, 3))
write("channels-last", Net(2, last=nn.Softmax(1), channels_last=True), (2, 8, 10, 3), last=True)
write("any-size", Net(2), (2, 12, 12, 3), activation="softmax", axes={0: "batch", 2: "height", 3: "width"})
write("one-sample", Net(2), (2, 8, 10, 3), activation="softmax", axes={})
write("keeps-batch", KeepsBatch(), (2, 8, 10, 3), activation="softmax", axes={})
write("raw", Raw(), (2, 8, 10, 3), activation="sigmoid", normalization=None)
write("bytes", Raw(), (2, 8, 10, 3), activation="sigmoid", normalization=None, as_bytes=True)
write("two-outputs", TwoOutputs(), (2, 8, 10, 3), activation="softmax", outputs=("scores", "doubled"))
write("as-map", AsMap(), (2, 8, 10, 3), activation="softmax")
write("two-inputs", TwoInputs(), (2, 8, 10, 3), activation="softmax", inputs=2)
write("clip", Net(3), (2, 4, 8, 10, 3), activation="sigmoid")
write("clip-last", Net(3, channels_last=True), (2, 4, 8, 10, 3), activation="sigmoid", last=True)
write("older", Net(2), (2, 8, 10, 3), activation="softmax", opset=11)

model = onnx.load(folder / "logits.onnx")
onnx.save_model(
    model, folder / "outside.onnx", save_as_external_data=True, location="outside.bin", size_threshold=0,
    convert_attribute=False,
)
(folder / "outside.bin").chmod(0o644)
known["outside"] = known["logits"]
(here / "classifiers.json").write_text(json.dumps(known, indent=1) + "\n")

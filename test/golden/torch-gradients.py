"""Gradients of convolutions, max pools and batch normalisation, by PyTorch in float64. Writes torch-gradients.json.

    python test/golden/torch-gradients.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F


def wave(shape, phase):
    i = torch.arange(int(torch.tensor(shape).prod()), dtype=torch.float64)
    return torch.sin(1.37 * i + phase + i * i / 97).float().double().reshape(shape)


def projected(y):
    """A sum in which every element counts, each differently. y is channels last."""
    i = torch.arange(y.numel(), dtype=torch.float64)
    return (y.flatten() * torch.cos(0.7 * i + i * i / 31).float().double()).sum()


def flat(tensor):
    return [round(float(v), 7) for v in tensor.detach().flatten()]


def last(x):
    return x.movedim(1, -1)


convolutions = []
for shape, kernel, strides, padding in [
    ([2, 5, 4, 3], [3, 3, 3, 4], [1, 1], [[1, 1], [1, 1]]),
    ([1, 9, 8, 2], [7, 7, 2, 3], [2, 2], [[3, 3], [3, 3]]),
    ([2, 5, 6, 2], [1, 1, 2, 3], [2, 2], [[0, 0], [0, 0]]),
    ([1, 6, 5, 2], [2, 3, 2, 2], [3, 2], [[0, 1], [2, 0]]),
    ([1, 4, 9, 1], [1, 2, 1, 2], [1, 4], [[0, 0], [0, 0]]),
    ([2, 6, 2, 2], [3, 1, 2, 3], [1, 1], [[1, 1], [0, 0]]),
    ([1, 3, 3, 1], [5, 5, 1, 1], [1, 1], [[4, 3], [2, 4]]),
    ([1, 1, 1, 5], [1, 1, 5, 1], [1, 1], [[0, 0], [0, 0]]),
]:
    x, w = wave(shape, 1).requires_grad_(), wave(kernel, 2).requires_grad_()
    (top, bottom), (left, right) = padding
    y = F.conv2d(F.pad(x.movedim(-1, 1), (left, right, top, bottom)), w.permute(3, 2, 0, 1), stride=strides)
    value = projected(last(y))
    value.backward()
    convolutions.append({"shape": shape, "kernel": kernel, "strides": strides, "padding": padding,
                         "value": value.item(), "dx": flat(x.grad), "dw": flat(w.grad)})

pools = []
for shape, size, strides, padding, levels in [
    ([2, 6, 7, 3], [3, 3], [2, 2], [[1, 1], [1, 1]], 0),
    ([1, 5, 6, 2], [2, 3], [2, 1], [[0, 0], [0, 0]], 0),
    # Few levels: every window has its maximum several times, and the first counts.
    ([2, 6, 6, 2], [3, 3], [2, 2], [[0, 1], [1, 0]], 2),
    ([1, 4, 4, 1], [2, 2], [2, 2], [[0, 0], [0, 0]], 1),
]:
    # Below zero altogether, so that zeros beyond the edges would be noticed.
    x = (wave(shape, 3) if levels == 0 else torch.round(wave(shape, 3) * levels)) - 5
    x.requires_grad_()
    (top, bottom), (left, right) = padding
    padded = F.pad(x.movedim(-1, 1), (left, right, top, bottom), value=-float("inf"))
    value = projected(last(F.max_pool2d(padded, size, strides)))
    value.backward()
    pools.append({"shape": shape, "size": size, "strides": strides, "padding": padding,
                  "x": flat(x), "value": value.item(), "dx": flat(x.grad)})

# The second channel is the same everywhere: only epsilon stands between it and a division by zero.
norms = []
for shape, epsilon in [([6, 3], 0.1), ([2, 3, 5, 3], 1e-5), ([1, 7, 3], 1e-3), ([1, 3], 0.5)]:
    x = wave(shape, 4) * 2 + 1
    x[..., 1] = 2.5
    x, gamma, beta = x.requires_grad_(), (wave([3], 5) * 1.5).requires_grad_(), wave([3], 6).requires_grad_()
    rows = x.reshape(-1, 3)
    mean, variance = rows.mean(0), rows.var(0, unbiased=False)
    y = (x - mean) / torch.sqrt(variance + epsilon) * gamma + beta
    if shape != [1, 3]:
        theirs = F.batch_norm(rows, None, None, gamma, beta, training=True, eps=epsilon)
        assert torch.allclose(y.reshape(-1, 3), theirs, atol=1e-12)
    value = projected(y)
    value.backward()
    norms.append({"shape": shape, "epsilon": epsilon, "x": flat(x), "y": flat(y), "mean": flat(mean), "variance": flat(variance),
                  "dx": flat(x.grad), "dgamma": flat(gamma.grad), "dbeta": flat(beta.grad)})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"convolutions": convolutions, "pools": pools, "norms": norms}) + "\n")

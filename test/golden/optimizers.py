"""Golden values for the optimisers, clipping, accumulation and averages of weights: torch's steps on two small weights."""
import json

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

START = [[0.5, -1.25, 2.0], [[0.1], [-0.2]]]


def weights():
    return [torch.tensor(values, requires_grad=True) for values in START]


def loss(w, t=1.0):
    return t * (w[0] ** 2).sum() * 0.5 + (w[1] ** 3).sum() + w[0].sum() * w[1].sum()


def steps(make, clip=None):
    w, out = weights(), []
    optimizer = make(w)
    for step in range(6):
        optimizer.param_groups[0]["lr"] = 0.1 / (step + 1)
        optimizer.zero_grad()
        loss(w).backward()
        gradients = [v.grad.tolist() for v in w]
        if clip:
            torch.nn.utils.clip_grad_norm_(w, clip)
        optimizer.step()
        out.append({"gradients": gradients, "weights": [v.tolist() for v in w]})
    return out


O = torch.optim
optimizers = [
    ({"kind": "sgd", "options": {}}, lambda w: O.SGD(w, lr=0.1)),
    ({"kind": "sgd", "options": {"momentum": 0.9, "weightDecay": 0.01}}, lambda w: O.SGD(w, lr=0.1, momentum=0.9, weight_decay=0.01)),
    ({"kind": "sgd", "options": {"momentum": 0.8, "weightDecay": 0.02, "nesterov": True}},
     lambda w: O.SGD(w, lr=0.1, momentum=0.8, weight_decay=0.02, nesterov=True)),
    ({"kind": "adam", "options": {}}, lambda w: O.Adam(w, lr=0.1)),
    ({"kind": "adam", "options": {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.1}},
     lambda w: O.Adam(w, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    ({"kind": "adamw", "options": {}}, lambda w: O.AdamW(w, lr=0.1)),
    ({"kind": "adamw", "options": {"beta1": 0.5, "weightDecay": 0.3}}, lambda w: O.AdamW(w, lr=0.1, betas=(0.5, 0.999), weight_decay=0.3)),
    ({"kind": "rmsprop", "options": {}}, lambda w: O.RMSprop(w, lr=0.1)),
    ({"kind": "rmsprop", "options": {"alpha": 0.9, "epsilon": 1e-4, "momentum": 0.7, "centered": True, "weightDecay": 0.05}},
     lambda w: O.RMSprop(w, lr=0.1, alpha=0.9, eps=1e-4, momentum=0.7, centered=True, weight_decay=0.05)),
]
out = {"optimizers": [{"value": value, "steps": steps(make)} for value, make in optimizers]}
out["clipped"] = {"norm": 1.5, "steps": steps(lambda w: O.SGD(w, lr=0.1, momentum=0.9), clip=1.5)}


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(3))
        self.register_buffer("b", torch.zeros(2))


def averaged(value, takes, **options):
    model = Model()
    average = AveragedModel(model, use_buffers=True, **options)
    walk, averages = [], []
    for step in range(1, 8):
        with torch.no_grad():
            model.w.copy_(torch.tensor([step * 0.3, -step**2 * 0.1, 1 / step]))
            model.b.copy_(torch.tensor([step * 1.0, 2.0]))
        if takes(step):
            average.update_parameters(model)
        walk.append([model.w.tolist(), model.b.tolist()])
        averages.append([average.module.w.tolist(), average.module.b.tolist()])
    return {"value": value, "walk": walk, "averages": averages}


out["averages"] = [
    averaged({"kind": "swa", "options": {}}, lambda step: True),
    averaged({"kind": "swa", "options": {"from": 2, "every": 2}}, lambda step: step >= 2 and step % 2 == 0),
    averaged({"kind": "ema", "options": {"decay": 0.75}}, lambda step: True, multi_avg_fn=get_ema_multi_avg_fn(0.75)),
]
print(json.dumps(out))

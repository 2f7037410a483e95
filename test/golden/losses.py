"""Golden values for the losses: torch's own, and their gradients."""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(1)
z = torch.tensor([[0.5, -1.25, 3.0], [-40.0, 25.0, 0.0], [2.0, 0.25, -0.75], [1.5, -3.0, 90.0]], requires_grad=True)
y = torch.tensor([[1.0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 0, 1]])
shares = torch.tensor([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75]])
index = torch.tensor([2, 0, 1, 0])
steps = torch.randn(4, 5, 3, requires_grad=True)


def case(kind, options, of, inputs=None, target=None):
    inputs = {"logits": z} if inputs is None else inputs
    for value in inputs.values():
        value.grad = None
    loss = of()
    loss.backward()
    return {"value": {"kind": kind, "options": options}, "target": (y if target is None else target).tolist(), "loss": loss.item(),
            "outputs": {name: value.tolist() for name, value in inputs.items()},
            "gradients": {name: value.grad.tolist() for name, value in inputs.items()}}


def per_batch(logits, truth):
    positives = truth.sum(0)
    weight = torch.where(positives > 0, (len(truth) - positives) / positives, torch.ones(()))
    return F.binary_cross_entropy_with_logits(logits, truth, pos_weight=weight)


def each_step(weights):
    weights = torch.tensor(weights)
    losses = torch.stack([F.binary_cross_entropy_with_logits(steps[:, t], y) for t in range(5)])
    return (losses * weights).sum() / weights.sum()


bce = {"kind": "bce", "options": {}}
other = torch.tensor([[0.25, -0.5], [1.0, 2.0], [0.0, 0.5], [3.0, -1.0]], requires_grad=True)
cases = [
    case("bce", {}, lambda: F.binary_cross_entropy_with_logits(z, y)),
    case("bce", {"reduction": "sum"}, lambda: F.binary_cross_entropy_with_logits(z, y, reduction="sum")),
    case("bce", {"positiveWeight": 3}, lambda: F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor(3.0))),
    case("bce", {"positiveWeight": [0.5, 2, 7]}, lambda: F.binary_cross_entropy_with_logits(z, y, pos_weight=torch.tensor([0.5, 2, 7]))),
    case("bce", {"positiveWeight": "batch"}, lambda: per_batch(z, y)),
    case("cross-entropy", {}, lambda: F.cross_entropy(z, shares), target=shares),
    case("cross-entropy", {"reduction": "sum"}, lambda: F.cross_entropy(z, shares, reduction="sum"), target=shares),
    case("sparse-cross-entropy", {}, lambda: F.cross_entropy(z, index), target=index),
    case("sparse-cross-entropy", {"reduction": "sum"}, lambda: F.cross_entropy(z, index, reduction="sum"), target=index),
    case("sum", {"terms": [{"loss": bce}, {"weight": 0.25, "loss": {"kind": "cross-entropy", "options": {"output": "other"}}}]},
         lambda: F.binary_cross_entropy_with_logits(z[:, :2], shares[:, :2]) + 0.25 * F.cross_entropy(other, shares[:, :2]),
         inputs={"logits": z, "other": other}, target=shares[:, :2]),
    case("per-step", {"loss": bce}, lambda: each_step([1.0, 2, 3, 4, 5]), inputs={"logits": steps}),
    case("per-step", {"loss": bce, "weights": "equal"}, lambda: each_step([1.0] * 5), inputs={"logits": steps}),
]
# Two columns of the logits are what the sum looks at.
cases[9]["outputs"]["logits"] = z[:, :2].tolist()
cases[9]["gradients"]["logits"] = [row[:2] for row in cases[9]["gradients"]["logits"]]
print(json.dumps(cases))

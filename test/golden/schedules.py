"""Golden values for the schedules: the rates of torch's, step by step; four steps an epoch, 24 steps."""
import json

import torch
from torch.optim import lr_scheduler as S

BASE, STEPS, PER_EPOCH = 0.02, 24, 4


def rates(make, by="step", base=BASE):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base, momentum=0.9)
    schedule, out = make(optimizer), []
    for step in range(STEPS):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if by == "step":
            schedule.step()
        elif by == "fraction":
            schedule.step((step + 1) / PER_EPOCH)
        elif (step + 1) % PER_EPOCH == 0:
            schedule.step()
    return out


def case(kind, options, *args, **more):
    return {"value": {"kind": kind, "options": options}, "rates": rates(*args, **more)}


cosine = lambda o, steps: S.CosineAnnealingLR(o, T_max=steps, eta_min=1e-3)
cases = [
    case("constant", {}, lambda o: S.ConstantLR(o, factor=1)),
    case("step", {"every": 2, "factor": 0.5}, lambda o: S.StepLR(o, 2, 0.5), by="epoch"),
    case("multi-step", {"after": [1, 4], "factor": 0.25}, lambda o: S.MultiStepLR(o, [1, 4], 0.25), by="epoch"),
    case("cosine", {}, lambda o: S.CosineAnnealingLR(o, T_max=STEPS)),
    case("cosine", {"floor": 1e-3}, lambda o: cosine(o, STEPS)),
    case("cosine-restarts", {"epochs": 2}, lambda o: S.CosineAnnealingWarmRestarts(o, 2), by="fraction"),
    case("cosine-restarts", {"epochs": 1, "longer": 2, "floor": 1e-3},
         lambda o: S.CosineAnnealingWarmRestarts(o, 1, 2, eta_min=1e-3), by="fraction"),
    case("cyclic", {"peak": 5, "up": 5}, lambda o: S.CyclicLR(o, BASE, 5 * BASE, step_size_up=5)),
    case("cyclic", {"peak": 3, "up": 2, "down": 5, "shrink": 0.5},
         lambda o: S.CyclicLR(o, BASE, 3 * BASE, step_size_up=2, step_size_down=5, mode="triangular2")),
    case("warm-up", {"steps": 5, "after": {"kind": "constant", "options": {}}}, lambda o: S.LinearLR(o, 0.1, total_iters=5)),
    case("warm-up", {"steps": 4, "from": 0.25, "after": {"kind": "cosine", "options": {"floor": 1e-3}}},
         lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.25, total_iters=4), cosine(o, STEPS - 4)], [4])),
]


def one_cycle(**options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE, momentum=0.9)
    schedule, out = S.OneCycleLR(optimizer, max_lr=BASE, total_steps=STEPS, **options), []
    for step in range(STEPS):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < STEPS - 1:
            schedule.step()
    return out


cases.append({"value": {"kind": "one-cycle", "options": {}}, "rates": one_cycle()})
cases.append({"value": {"kind": "one-cycle", "options": {"rise": 0.5, "start": 10, "end": 100}},
              "rates": one_cycle(pct_start=0.5, div_factor=10, final_div_factor=100)})

# Plateaus go by scores: the rate of each epoch, before its score is known.
scores = [0.1, 0.2, 0.2, 0.2, 0.2, 0.25, 0.25, 0.2, 0.1, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]


def plateau(options, best, **torch_options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    schedule, out = S.ReduceLROnPlateau(optimizer, **torch_options), []
    for score in scores:
        out.append(optimizer.param_groups[0]["lr"])
        schedule.step(score)
    return {"value": {"kind": "plateau", "options": options}, "best": best, "rates": out}


plateaus = [
    plateau({"patience": 1, "factor": 0.25}, "highest", mode="max", patience=1, factor=0.25),
    plateau({"patience": 2, "factor": 0.5, "cooldown": 2, "floor": 0.004}, "highest", mode="max", patience=2, factor=0.5, cooldown=2, min_lr=0.004),
    plateau({"patience": 0, "factor": 0.5, "threshold": 0.1}, "lowest", mode="min", patience=0, factor=0.5, threshold=0.1),
]
print(json.dumps({"base": BASE, "steps": STEPS, "stepsPerEpoch": PER_EPOCH, "cases": cases, "scores": scores, "plateaus": plateaus}))

"""RNN, GRU, LSTM and Scan for onnx's reference evaluator, which has them only in part: without other activations than
the default ones, directions, lengths of sequences, and axes of a scan. Written from the operators' specification alone:
https://onnx.ai/onnx/operators/ at opset 17.
"""
import numpy as np
from onnx.reference.op_run import OpRun
from onnx.reference.ops.op_scan import Scan as ForwardScan


def activations(names, alphas, betas):
    alphas, betas = list(alphas or []), list(betas or [])
    made = []
    for name in names:
        alpha = alphas.pop(0) if name in ("Affine", "HardSigmoid", "Elu") else None
        beta = betas.pop(0) if name in ("Affine", "HardSigmoid") else None
        made.append({
            "Relu": lambda x: np.maximum(x, 0),
            "Tanh": np.tanh,
            "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
            "Softsign": lambda x: x / (1 + np.abs(x)),
            "Softplus": lambda x: np.log1p(np.exp(x)),
            "Affine": lambda x, a=alpha, b=beta: a * x + b,
            "HardSigmoid": lambda x, a=alpha, b=beta: np.clip(a * x + b, 0, 1),
            "Elu": lambda x, a=alpha: np.where(x < 0, a * (np.exp(x) - 1), x),
        }[name])
    assert not alphas and not betas, "more parameters than activations"
    return made


class Recurrent(OpRun):
    op_domain = ""
    gates = 1
    default_activations = ()

    def step(self, x, states, W, R, Wb, Rb, functions):
        raise NotImplementedError

    def _run(self, X, W, R, B=None, lengths=None, *initial, direction=None, hidden_size=None, activations=None,
             activation_alpha=None, activation_beta=None, layout=None, clip=None, input_forget=None,
             linear_before_reset=None):
        assert not layout and not clip and not input_forget and not linear_before_reset
        assert direction in (None, "forward", "reverse"), direction
        # The evaluator stores results that are left out under the name of inputs that are.
        given = [name != "" for name in self.onnx_node.input] + [False, False]
        B, lengths = B if given[3] else None, lengths if given[4] else None
        steps, batch, _ = X.shape
        names = activations or self.default_activations
        functions = globals()["activations"](names, activation_alpha, activation_beta)
        Wb, Rb = np.split(B[0], 2) if B is not None else (0, 0)
        count = 2 if self.gates == 4 else 1
        states = [initial[i][0] if len(initial) > i else np.zeros((batch, hidden_size)) for i in range(count)]
        lengths = np.full(batch, steps) if lengths is None else lengths
        # A sequence without steps ends as zeros, which the specification leaves open and onnxruntime does.
        states = [np.where((lengths > 0)[:, None], state, 0).astype(np.float64) for state in states]
        Y = np.zeros((steps, 1, batch, hidden_size))
        for t in reversed(range(steps)) if direction == "reverse" else range(steps):
            runs = (t < lengths)[:, None]
            after = self.step(X[t].astype(np.float64), states, W[0], R[0], Wb, Rb, functions)
            states = [np.where(runs, new, old) for new, old in zip(after, states, strict=True)]
            Y[t, 0] = np.where(runs, states[0], 0)
        results = (Y, *(state[None] for state in states))
        return tuple(result.astype(np.float32) for result in results)


class RNN(Recurrent):
    default_activations = ("Tanh",)

    def step(self, x, states, W, R, Wb, Rb, functions):
        (f,) = functions
        return [f(x @ W.T + states[0] @ R.T + Wb + Rb)]


class GRU(Recurrent):
    gates = 3
    default_activations = ("Sigmoid", "Tanh")

    def step(self, x, states, W, R, Wb, Rb, functions):
        (f, g), h = functions, states[0]
        Wz, Wr, Wh = np.split(W, 3)
        Rz, Rr, Rh = np.split(R, 3)
        Wbz, Wbr, Wbh = np.split(Wb + np.zeros(len(W)), 3)
        Rbz, Rbr, Rbh = np.split(Rb + np.zeros(len(R)), 3)
        z = f(x @ Wz.T + h @ Rz.T + Wbz + Rbz)
        r = f(x @ Wr.T + h @ Rr.T + Wbr + Rbr)
        candidate = g(x @ Wh.T + (r * h) @ Rh.T + Rbh + Wbh)
        return [(1 - z) * candidate + z * h]


class LSTM(Recurrent):
    gates = 4
    default_activations = ("Sigmoid", "Tanh", "Tanh")

    def step(self, x, states, W, R, Wb, Rb, functions):
        (f, g, h), (hidden, cell) = functions, states
        i, o, forget, c = np.split(x @ W.T + hidden @ R.T + Wb + Rb, 4, axis=1)
        cell = f(forget) * cell + f(i) * g(c)
        return [f(o) * h(cell), cell]


class Scan(ForwardScan):
    """The evaluator's own scan, on sequences moved and turned to the axis and direction it knows."""

    op_domain = ""

    def __init__(self, onnx_node, run_params):
        self._axes, self._directions = {}, {}
        for attribute in onnx_node.attribute:
            if attribute.name in ("scan_input_axes", "scan_output_axes"):
                self._axes[attribute.name] = list(attribute.ints)
                attribute.ints[:] = [0] * len(attribute.ints)
            if attribute.name in ("scan_input_directions", "scan_output_directions"):
                self._directions[attribute.name] = list(attribute.ints)
                attribute.ints[:] = [0] * len(attribute.ints)
        super().__init__(onnx_node, run_params)

    def _moved(self, kind, values, back):
        for i, value in enumerate(values):
            axis = self._axes.get(f"scan_{kind}_axes", [0] * len(values))[i]
            turned = self._directions.get(f"scan_{kind}_directions", [0] * len(values))[i]
            value = value[::-1] if turned and back else value
            value = np.moveaxis(value, 0, axis) if back else np.moveaxis(value, axis, 0)
            yield value[::-1] if turned and not back else value

    def _run(self, *args, **kwargs):
        states = len(args) - self.num_scan_inputs
        results = super()._run(*args[:states], *self._moved("input", args[states:], False), **kwargs)
        return (*results[:states], *self._moved("output", results[states:], True))

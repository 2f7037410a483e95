"""Operators for ONNX's reference evaluator, whose own (onnx 1.23) come to other results than the standard's text."""
import numpy as np
from onnx.reference.op_run import OpRun
from onnx.reference.ops import op_max_pool


class MaxPool(op_max_pool.MaxPool):
    """With strides of one, the evaluator's own takes the pads [top, left, bottom, right] for [top, bottom, left, right]."""

    op_domain = ""

    def _run(self, x, **attributes):
        return self._max_pool(x, **attributes)


class GlobalMaxPool(OpRun):
    """Of rank 3, the evaluator's own reduces the channels too; of rank 5, it leaves axes out."""

    op_domain = ""

    def _run(self, x):
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class LRN(OpRun):
    """Over all channels; the evaluator's own takes as many of them as there are samples."""

    op_domain = ""

    def _run(self, x, alpha=None, beta=None, bias=None, size=None):
        before, after = (size - 1) // 2, size // 2
        squares = np.pad(x**2, [(0, 0), (before, after)] + [(0, 0)] * (x.ndim - 2))
        sums = sum(squares[:, i : i + x.shape[1]] for i in range(size))
        return ((x / (bias + alpha / size * sums) ** beta).astype(x.dtype),)


class Unique(OpRun):
    """In order of first appearance along any axis; the evaluator's own takes them from the first one."""

    op_domain = ""

    def _run(self, x, axis=None, sorted=None):
        assert sorted == 0 and axis is not None
        _, first, inverse, counts = np.unique(x, True, True, True, axis=axis)
        order = np.argsort(first)
        place = np.argsort(order)
        values = np.take(x, first[order], axis=axis)
        results = [values, first[order], place[inverse.reshape(-1)], counts[order]]
        return tuple(results[: len(self.onnx_node.output)])


class SequenceInsert(OpRun):
    """Behind the last element, the evaluator's own inserts before the first one."""

    op_domain = ""

    def _run(self, sequence, tensor, position=None):
        at = len(sequence) if position is None else int(position)
        at = at + len(sequence) if at < 0 else at
        return ([*sequence[:at], tensor, *sequence[at:]],)

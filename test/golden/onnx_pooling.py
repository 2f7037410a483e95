"""Poolings for ONNX's reference evaluator, whose own (onnx 1.23) come to other results than the standard's text."""
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

"""Models of one node from ONNX's own tests into onnx-node-shapes.json: their outputs' shapes are what inference has to find.

    python test/golden/onnx-node-shapes.py

Small integers and scales that a test feeds in (shapes, axes, pads) become constants, as they are in real models; the
shapes that outputs declare are taken away. Needs numpy and onnx.
"""
import base64
import collections
import json
import pathlib
import warnings

import numpy as np
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

warnings.simplefilter("ignore")
per_operator = collections.Counter()
cases = {}
for case in sorted(collect_testcases(None), key=lambda case: case.name):
    if case.model is None or len(case.model.graph.node) != 1 or not case.data_sets:
        continue
    node, model = case.model.graph.node[0], case.model
    inputs, outputs = case.data_sets[0]
    if node.domain not in ("", "ai.onnx") or not all(isinstance(value, np.ndarray) for value in [*inputs, *outputs]):
        continue
    for port, value in list(zip(list(model.graph.input), inputs))[1:]:
        if value.size <= 16 and value.dtype in (np.int64, np.int32, np.float32):
            model.graph.initializer.append(numpy_helper.from_array(value, port.name))
            model.graph.input.remove(port)
    for port in model.graph.output:
        port.type.tensor_type.ClearField("shape")
    content = model.SerializeToString()
    if per_operator[node.op_type] == 2 or len(content) > 1200:
        continue
    per_operator[node.op_type] += 1
    cases[case.name] = {
        "operator": node.op_type,
        "file": base64.b64encode(content).decode(),
        "shapes": {name: list(value.shape) for name, value in zip((name for name in node.output if name), outputs)},
    }

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(len(cases), "cases")

"""Checks exported graphs with ONNX's own tools and writes their hashes to onnx-graphs.json.

    ACTIONNX_GRAPHS=/tmp/graphs npx vitest run test/exporters/onnx/layers.test.ts
    python test/golden/onnx-graphs.py /tmp/graphs
    ACTIONNX_GRAPHS=/tmp/random npx vitest run test/exporters/onnx/random-layers.test.ts
    python test/golden/onnx-graphs.py /tmp/random test/golden/random-graphs.json
    ACTIONNX_GRAPHS=/tmp/more npx vitest run test/exporters/graph-model
    python test/golden/onnx-graphs.py /tmp/more test/golden/graph-model-graphs.json
    ACTIONNX_GRAPHS=/tmp/loops npx vitest run test/exporters/graph-model/control-flow.test.ts
    python test/golden/onnx-graphs.py /tmp/loops test/golden/control-flow-graphs.json
    ACTIONNX_GRAPHS=/tmp/winograd npx vitest run test/rewrites/winograd.test.ts
    python test/golden/onnx-graphs.py /tmp/winograd test/golden/winograd-graphs.json

Every graph must pass the full checker and strict shape inference, infer the shapes it declares, be byte for byte what
the onnx package writes for it, and give tfjs's outputs in ONNX's reference evaluator, completed by onnx_recurrent.py
and put right by onnx_corrections.py. Needs numpy, onnx and safetensors.
"""
import hashlib
import json
import pathlib
import sys
import urllib.parse

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file

from onnx_corrections import LRN, GlobalMaxPool, MaxPool, SequenceInsert, Unique
from onnx_recurrent import GRU, LSTM, RNN, Scan

OPERATORS = [LRN, GlobalMaxPool, MaxPool, SequenceInsert, Unique, RNN, GRU, LSTM, Scan]


def check(path: pathlib.Path) -> str:
    content = path.read_bytes()
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert (model.ir_version, model.opset_import[0].version) == (8, 17)
    assert model.SerializeToString() == content, "not the canonical encoding"

    values = load_file(path.with_suffix(".safetensors"))
    names = [port.name for port in model.graph.input]
    feeds = {name: values[f"input {i}"] for i, name in enumerate(names)}
    for i, output in enumerate(ReferenceEvaluator(model, new_ops=OPERATORS).run(None, feeds)):
        np.testing.assert_allclose(output, values[f"output {i}"], rtol=2e-4, atol=2e-5)
        declared = model.graph.output[i].type.tensor_type.shape.dim
        for extent, dim in zip(output.shape, declared, strict=True):
            assert dim.dim_param or dim.dim_value == extent, "declares another shape"
    return hashlib.sha256(content).hexdigest()


hashes, failures = {}, []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.onnx")):
    name = urllib.parse.unquote(path.stem)
    try:
        hashes[name] = check(path)
    except Exception as error:
        failures.append(f"{name}: {error}")
print(f"{len(hashes)} graphs pass, {len(failures)} fail", *failures, sep="\n")
target = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else __file__).with_suffix(".json")
target.write_text(json.dumps(hashes, indent=1, sort_keys=True, ensure_ascii=False) + "\n")

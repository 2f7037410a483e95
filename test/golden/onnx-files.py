"""ONNX files of every kind, as the onnx package writes them, into onnx-files.json: base64, and what onnx reads in them.

    python test/golden/onnx-files.py

Needs numpy and onnx.
"""
import base64
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper


def tensor(name, dtype, values, shape, raw):
    """Elements as raw bytes, or as the list of numbers that belongs to the type."""
    typed = h.make_tensor(name, dtype, shape, values)
    return numpy_helper.from_array(numpy_helper.to_array(typed), name) if raw else typed


def value(name, dtype=T.FLOAT, shape=("N", 3)):
    return h.make_tensor_value_info(name, dtype, shape)


def model(nodes, inputs, outputs, initializers=(), opset=17, **graph_parts):
    graph = h.make_graph(nodes, "graph", inputs, outputs, initializers, **graph_parts)
    return h.make_model(graph, opset_imports=[h.make_opsetid("", opset)], ir_version=10, producer_name="golden", producer_version="1")


numbers = {
    T.FLOAT: [1.5, -2.25, 3e-8, float("inf")],
    T.DOUBLE: [1.5, -2.25, 1e300, 0.1],
    T.FLOAT16: [1.5, -2.25, 0.0, 65504.0],
    T.BFLOAT16: [1.5, -2.25, 0.0, 3.0],
    T.INT8: [-128, 127, 0, -1],
    T.UINT8: [0, 255, 7, 128],
    T.INT16: [-32768, 32767, 0, -1],
    T.UINT16: [0, 65535, 7, 1],
    T.INT32: [-(2**31), 2**31 - 1, 0, -1],
    T.UINT32: [0, 2**32 - 1, 7, 1],
    T.INT64: [-(2**63), 2**63 - 1, 0, -1],
    T.UINT64: [0, 2**64 - 1, 7, 1],
    T.BOOL: [True, False, True, True],
    T.INT4: [-8, 7, 0, -1],
}


def tensors(raw):
    initializers = [tensor(T.DataType.Name(dtype).lower(), dtype, values, [2, 2], raw) for dtype, values in numbers.items()]
    initializers += [h.make_tensor("scalar", T.FLOAT, [], [0.5]), h.make_tensor("empty", T.FLOAT, [0, 3], [])]
    if not raw:
        initializers.append(h.make_tensor("string", T.STRING, [2], [b"a", "é".encode()]))
    return model([h.make_node("Identity", ["x"], ["y"])], [value("x")], [value("y")], initializers)


def branches():
    then = h.make_graph([h.make_node("Mul", ["x", "two"], ["doubled"])], "then", [], [value("doubled")])
    other = h.make_graph([h.make_node("Identity", ["x"], ["same"])], "else", [], [value("same")])
    two = h.make_tensor("two", T.FLOAT, [], [2])
    nodes = [h.make_node("If", ["flag"], ["y"], then_branch=then, else_branch=other)]
    return model(nodes, [value("flag", T.BOOL, []), value("x")], [value("y")], [two])


def attributes():
    node = h.make_node("Everything", ["x", "", "x"], ["y", ""], name="all", domain="golden.ops", doc_string="a note")
    for key, content in {
        "integer": -3, "large": 2**63 - 1, "real": 0.1, "text": "é", "integers": [1, -1, 2**62], "reals": [0.5, -1.5],
        "texts": ["a", ""], "tensor": h.make_tensor("t", T.INT64, [2], [4, 5]),
        "type": h.make_tensor_type_proto(T.FLOAT, [1]), "bytes": b"\xff\xfe",
    }.items():
        node.attribute.append(h.make_attribute(key, content))
    node.attribute.append(h.make_attribute("none", [], attr_type=onnx.AttributeProto.INTS))
    made = model([node], [value("x")], [value("y", shape=[None, "M"])], value_info=[value("z", shape=None)], doc_string="a graph")
    made.opset_import.append(h.make_opsetid("golden.ops", 2))
    made.model_version = 7
    made.doc_string = "a model"
    h.set_model_props(made, {"licence": "none", "é": "ü"})
    sequence = h.make_tensor_sequence_value_info("list", T.FLOAT, None)
    made.graph.input.append(sequence)
    return made


def outside():
    weights = T(name="w", data_type=T.FLOAT, dims=[3], data_location=T.EXTERNAL)
    for key, text in {"location": "weights/w.bin", "offset": "4096", "length": "12"}.items():
        weights.external_data.add(key=key, value=text)
    return model([h.make_node("Add", ["x", "w"], ["y"])], [value("x")], [value("y")], [weights])


files = {}
for name, made in {
    "raw tensors": tensors(True), "typed tensors": tensors(False), "branches": branches(),
    "attributes": attributes(), "external data": outside(),
}.items():
    stored = {}
    if name.endswith("tensors"):
        for item in made.graph.initializer:
            if item.data_type == T.STRING:
                continue
            array = numpy_helper.to_array(item)
            packed = numpy_helper.from_array(array, item.name).raw_data
            stored[item.name] = {"shape": list(array.shape), "bytes": packed.hex()}
    files[name] = {"file": base64.b64encode(made.SerializeToString()).decode(), **({"tensors": stored} if stored else {})}

target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps(files, indent=1, ensure_ascii=False) + "\n")

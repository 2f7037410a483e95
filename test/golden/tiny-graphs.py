"""Writes small ONNX classifiers, and what numpy says that they answer (tiny-graphs.json).

python test/golden/tiny-graphs.py   (numpy, onnx)

Each takes uint8 pictures, averages them to one RGB value, and puts a linear layer and a sigmoid on it:
tiny-frame.onnx   frame [N,8,8,3] → probabilities [N,43], attention [N,2,2] (mean brightness of each quarter)
tiny-clip.onnx    clip [N,4,8,8,3], weighted 1..4 over time → probabilities [N,43]
tiny-wide.onnx    as tiny-frame without attention, with 44 labels
tiny-broken.onnx  as tiny-frame without attention and sigmoid: answers outside 0-1
"""

import json
import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

folder = pathlib.Path(__file__).parent
rng = np.random.default_rng(11)


def initializer(name, value):
    return numpy_helper.from_array(value, name)


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def write(file, nodes, inputs, outputs, initializers):
    graph = helper.make_graph(nodes, file, inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    save(model, folder / file)


def weights(labels):
    return np.round(rng.normal(0, 6, (3, labels)), 3).astype(np.float32), np.round(
        rng.normal(-2, 1, labels), 3
    ).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def frame_graph(file, labels, activation, attention):
    kernel, bias = weights(labels)
    nodes = [
        helper.make_node("Cast", ["frame"], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["levels", "scale"], ["pixels"]),
        helper.make_node("ReduceMean", ["pixels"], ["colour"], axes=[1, 2], keepdims=0),
        helper.make_node("Gemm", ["colour", "kernel", "bias"], ["logits"]),
        helper.make_node(activation, ["logits"], ["probabilities"]),
    ]
    outputs = [value("probabilities", TensorProto.FLOAT, ["N", labels])]
    if attention:
        nodes += [
            helper.make_node("ReduceMean", ["pixels"], ["brightness"], axes=[3], keepdims=0),
            helper.make_node("Reshape", ["brightness", "quarters"], ["split"]),
            helper.make_node("ReduceMean", ["split"], ["attention"], axes=[2, 4], keepdims=0),
        ]
        outputs.append(value("attention", TensorProto.FLOAT, ["N", 2, 2]))
    write(
        file,
        nodes,
        [value("frame", TensorProto.UINT8, ["N", 8, 8, 3])],
        outputs,
        [
            initializer("scale", np.float32(1 / 255)),
            initializer("kernel", kernel),
            initializer("bias", bias),
            *([initializer("quarters", np.array([-1, 2, 4, 2, 4], np.int64))] if attention else []),
        ],
    )
    return kernel.astype(np.float64), bias.astype(np.float64)


def clip_graph(file, labels, frames):
    kernel, bias = weights(labels)
    time = (np.arange(1, frames + 1) / sum(range(1, frames + 1))).astype(np.float32)
    write(
        file,
        [
            helper.make_node("Cast", ["clip"], ["levels"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["levels", "scale"], ["pixels"]),
            helper.make_node("ReduceMean", ["pixels"], ["colours"], axes=[2, 3], keepdims=0),
            helper.make_node("Mul", ["colours", "time"], ["weighted"]),
            helper.make_node("ReduceSum", ["weighted", "axis"], ["colour"], keepdims=0),
            helper.make_node("Gemm", ["colour", "kernel", "bias"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["probabilities"]),
        ],
        [value("clip", TensorProto.UINT8, ["N", frames, 8, 8, 3])],
        [value("probabilities", TensorProto.FLOAT, ["N", labels])],
        [
            initializer("scale", np.float32(1 / 255)),
            initializer("time", time.reshape(1, frames, 1)),
            initializer("axis", np.array([1], np.int64)),
            initializer("kernel", kernel),
            initializer("bias", bias),
        ],
    )
    return kernel.astype(np.float64), bias.astype(np.float64), time.astype(np.float64)


def rounded(array):
    return np.round(array, 9).ravel().tolist()


frame_kernel, frame_bias = frame_graph("tiny-frame.onnx", 43, "Sigmoid", True)
clip_kernel, clip_bias, time = clip_graph("tiny-clip.onnx", 43, 4)
frame_graph("tiny-wide.onnx", 44, "Sigmoid", False)
frame_graph("tiny-broken.onnx", 43, "Identity", False)

# Plain colours: any right resize keeps them, so the answers hold for every size of picture.
colours = [[12, 200, 90], [255, 0, 31], [77, 78, 79], [0, 0, 0]]
levels = np.array(colours) / 255
json.dump(
    {
        "colours": colours,
        "frame": {
            "probabilities": rounded(sigmoid(levels @ frame_kernel + frame_bias)),
            "attention": rounded(np.repeat(levels.mean(1), 4)),
        },
        # One clip of the four colours in order, and one of them reversed.
        "clip": {
            "probabilities": rounded(
                np.stack([sigmoid(time @ order @ clip_kernel + clip_bias) for order in (levels, levels[::-1])])
            )
        },
    },
    open(folder / "tiny-graphs.json", "w"),
)

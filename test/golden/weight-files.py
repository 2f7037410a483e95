"""Files of weights as their own libraries write them, for test/weights. Writes weight-files.json beside itself.

    python test/golden/weight-files.py
"""
import base64
import collections
import io
import json
import pathlib

import numpy as np
import onnx
import safetensors.torch
import torch

torch.manual_seed(3)
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7

plain = collections.OrderedDict(
    float64=torch.tensor([1.5, -2.25], dtype=torch.float64),
    float32=base[0, 0].clone(),
    float16=torch.tensor([0.1, -65504.0, 6e-8, float("inf")], dtype=torch.float16),
    bfloat16=torch.tensor([0.1, -3e38, 1e-40], dtype=torch.bfloat16),
    int64=torch.tensor([-(2**40), 7]),
    int32=torch.tensor([-(2**31), 7], dtype=torch.int32),
    int16=torch.tensor([[-32768], [7]], dtype=torch.int16),
    int8=torch.tensor([-128, 7], dtype=torch.int8),
    uint8=torch.tensor([255, 7], dtype=torch.uint8),
    bool=torch.tensor([True, False, True]),
    empty=torch.zeros(0, 4),
    scalar=torch.tensor(3.5),
)
# Views: of one storage, transposed, with a step, repeated.
views = {
    "whole": base,
    "row": base[1, 2],
    "transposed": base.permute(2, 0, 1),
    "stepped": base[:, ::2, 1::2],
    "repeated": base[0, 0, 1:2].expand(3, 1).t().expand(2, 3),
    "parameter": torch.nn.Parameter(base[:, 1]),
}
# Its bits say the signs of a conjugate's parts, not its storage.
negated = torch.tensor([1 + 2j, -3j]).conj().imag
assert negated.is_neg()


def values(tensors):
    return {
        name: {
            "dtype": str(t.dtype).removeprefix("torch."),
            "shape": list(t.shape),
            "values": [str(v) for v in t.detach().float().flatten().tolist()],
        }
        for name, t in tensors.items()
    }


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return base64.b64encode(out.getvalue()).decode()


legacy = {"_use_new_zipfile_serialization": False}
checkpoint = {
    "epoch": 3,
    "best": 0.5,
    "big": 2**70,
    "tags": {"a", "b"},
    "raw": b"\x00\xff",
    "size": base.shape,
    "state_dict": views,
    "optimizer": {"state": {0: {"momentum_buffer": base}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
}
# Attributes of a tensor's own: of a buffer's class, and of anyone's making.
attributed = {"buffer": torch.nn.Buffer(base[0]), "tensor": base[1].clone(), "parameter": torch.nn.Parameter(base[:, 1])}
for tensor in attributed.values():
    tensor.note = "mine"
rate = torch.optim.lr_scheduler.MultiStepLR(torch.optim.SGD([views["parameter"]], lr=0.1), milestones=[3, 3, 5])
resumable = {
    "state_dict": attributed,
    "scheduler": rate.state_dict(),
    "devices": [torch.device("cpu"), torch.device("cuda", 1)],
}
module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
unsigned = {"uint16": torch.tensor([65535], dtype=torch.uint16), "uint32": torch.tensor([2**32 - 1], dtype=torch.uint32)}


def numpy_file(save, *args, **arrays):
    out = io.BytesIO()
    save(out, *args, **arrays)
    return base64.b64encode(out.getvalue()).decode()


arrays = {k: v.numpy() for k, v in plain.items() if k != "bfloat16"}
fortran = np.asfortranarray(base.numpy())
zeros = np.zeros((4, 5), np.float32)

npy_versions = {}
for version in [(1, 0), (2, 0), (3, 0)]:
    out = io.BytesIO()
    np.lib.format.write_array(out, base.numpy(), version=version)
    npy_versions[str(version[0])] = base64.b64encode(out.getvalue()).decode()

initializers = [onnx.numpy_helper.from_array(v, k) for k, v in arrays.items()]
graph = onnx.helper.make_graph([], "weights", [], [], initializers)
model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 17)])
# Its ninth byte is the brace that safetensors have there.
braced = onnx.helper.make_model(graph, ir_version=8, producer_name="abcd{", opset_imports=model.opset_import)
assert braced.SerializeToString()[8] == ord("{")

files = {
    "plain.safetensors": base64.b64encode(safetensors.torch.save(plain, {"format": "pt"})).decode(),
    "plain.pt": saved(plain),
    "plain-legacy.pt": saved(plain, **legacy),
    "views.pt": saved(views),
    "views-legacy.pt": saved(views, **legacy),
    "checkpoint.pt": saved(checkpoint),
    "checkpoint-legacy.pt": saved(checkpoint, **legacy),
    "resumable.pt": saved(resumable),
    "resumable-legacy.pt": saved(resumable, **legacy),
    "protocol-4.pt": saved(plain, pickle_protocol=4),
    "protocol-5-legacy.pt": saved(plain, pickle_protocol=5, **legacy),
    "unsigned.pt": saved(unsigned),
    "module.pt": saved(module),
    "module-legacy.pt": saved(module, **legacy),
    "state-dict.pt": saved(module.state_dict()),
    "tensor.pt": saved(base),
    "negated.pt": saved({"negated": negated}),
    "resolved.pt": saved({"negated": negated.resolve_neg()}),
    "optimizer.pt": saved({"epoch": 1, "lr": 0.1}),
    "plain.npz": numpy_file(np.savez, **arrays),
    "deflated.npz": numpy_file(np.savez_compressed, **arrays, fortran=fortran, zeros=zeros),
    "mixed.npz": numpy_file(
        np.savez, array=base.numpy(), names=np.array(["a", "bc"]), raw=np.array([b"a"]), objects=np.array([{}], object)
    ),
    "names.npz": numpy_file(np.savez, names=np.array(["a", "bc"])),
    "text.npy": numpy_file(np.save, np.array(["a", "bc"])),
    "complex.npy": numpy_file(np.save, np.array([1j], np.complex64)),
    "fortran.npy": numpy_file(np.save, fortran),
    "objects.npy": numpy_file(np.save, np.array([{}], object)),
    "big-endian.npy": numpy_file(np.save, base.numpy().astype(">f4")),
    "plain.onnx": base64.b64encode(model.SerializeToString()).decode(),
    "braced.onnx": base64.b64encode(braced.SerializeToString()).decode(),
    **{f"version-{v}.npy": text for v, text in npy_versions.items()},
}
torch.serialization.set_crc32_options(False)
files["without-checksums.pt"] = saved(plain)
torch.serialization.set_crc32_options(True)

tensors = {
    "plain": values(plain),
    "views": values(views),
    "unsigned": {k: {"dtype": k, "shape": [1], "values": [str(float(v.item()))]} for k, v in unsigned.items()},
    "attributed": values(attributed),
    "negated": values({"negated": negated}),
    "stateDict": values(module.state_dict()),
    "array": values({"array": base}),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"files": files, "tensors": tensors}, indent=0) + "\n")

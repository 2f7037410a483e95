"""Golden annotation files of src/node/mat-file.ts: A2D's layout as MATLAB v7.3 writes it, made with h5py.

Run: python3 test/golden/a2d-annotations.py   (writes test/golden/a2d-annotations/*.mat, values.json, and odd.json: small
files that differ from that layout, and files of other versions by scipy, zlib's stream in base64)
"""

import base64
import io
import json
import pathlib
import zlib

import h5py
import numpy as np
from scipy.io import savemat

folder = pathlib.Path(__file__).parent / "a2d-annotations"
folder.mkdir(exist_ok=True)


def annotation(width, height, objects):
    """Ellipses in boxes, the later ones in front. H×W arrays, as MATLAB shows them."""
    y, x = np.mgrid[:height, :width]
    label_map = np.zeros((height, width), np.uint8)
    masks = []
    for code, (x1, y1, x2, y2) in objects:
        inside = ((x - (x1 + x2) / 2) / ((x2 - x1) / 2)) ** 2 + ((y - (y1 + y2) / 2) / ((y2 - y1) / 2)) ** 2 <= 1
        label_map[inside] = code
        masks.append(inside.astype(np.uint8))
    return label_map, masks


def write(name, width, height, objects, dtype="uint8"):
    label_map, masks = annotation(width, height, objects)
    path = folder / name
    # HDF5 shows MATLAB's column-major arrays with their axes reversed; a trailing axis of 1 is dropped.
    fields = {
        "reS_id": (label_map.T.astype(dtype), dtype.replace("float64", "double")),
        "reBBox": (np.array([box for _, box in objects], np.float64).T, "double"),
        "id": (np.array([[code for code, _ in objects]], np.float64), "double"),
        "reMask": (np.squeeze(np.stack([mask.T for mask in masks]), axis=0) if len(masks) == 1
                   else np.stack([mask.T for mask in masks]), "logical"),
    }
    with h5py.File(path, "w", libver="earliest", userblock_size=512) as file:
        for key, (array, matlab_class) in fields.items():
            dataset = file.create_dataset(key, data=array, chunks=True, compression="gzip", compression_opts=3)
            dataset.attrs["MATLAB_class"] = np.bytes_(matlab_class)
    with open(path, "r+b") as file:
        text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jan  1 00:00:00 1970 HDF5 schema 1.00 ."
        file.write(text.ljust(116) + bytes(8) + b"\x00\x02IM")
    values[name] = {
        "width": width,
        "height": height,
        "codes": label_map.flatten().tolist(),
        "objects": [
            {"code": code, "box": box, "mask": mask.flatten().tolist()}
            for (code, box), mask in zip(objects, masks)
        ],
    }


values = {}
write("one-object.mat", 18, 10, [(11, [3, 2, 12, 8])])
write("three-objects.mat", 21, 13, [(13, [1, 1, 9, 12]), (79, [6, 3, 20, 11]), (34, [14, 0.5, 19.5, 5])])
write("label-map-of-doubles.mat", 9, 7, [(68, [1, 1, 7, 5]), (14, [5, 2, 8, 6])], dtype="float64")
(folder / "values.json").write_text(json.dumps(values) + "\n")

# What is stored of a frame of 5×3 pixels, and in odd files something else.
SPECKS = np.zeros(15, np.uint8)
# A code alone in each place of four pixels, in a stretch that ends inside four, and twice in the tail.
SPECKS[[0, 5, 10, 3]], SPECKS[[7, 8]], SPECKS[[12, 14]] = [79, 11, 44, 68], 12, [13, 78]
GOOD = {
    "reS_id": SPECKS.reshape(5, 3),
    "reBBox": np.arange(8, dtype=float).reshape(4, 2),
    "id": np.array([[79.0, 11]]),
    "reMask": (np.arange(30, dtype=np.uint8) % 3 == 0).astype(np.uint8).reshape(2, 5, 3),
}

# MATLAB stores the extents of an array without elements.
MATLAB_EMPTY = np.array([0, 3], np.uint64)


def packed(data):
    return base64.b64encode(zlib.compress(data, 9)).decode()


def odd(**fields):
    memory = io.BytesIO()
    with h5py.File(memory, "w", libver="earliest") as file:
        for key, value in {**GOOD, **fields}.items():
            if isinstance(value, dict):
                file.create_group(key)
            elif value is not None:
                dataset = file.create_dataset(key, data=value)
                if value is MATLAB_EMPTY:
                    dataset.attrs["MATLAB_empty"] = np.uint8(1)
    return packed(memory.getvalue())


def older(version, compress=False):
    memory = io.BytesIO()
    savemat(memory, {"reS_id": GOOD["reS_id"].T.astype(float)}, format=version, do_compression=compress)
    return packed(memory.getvalue())


label_map = GOOD["reS_id"]
files = {
    "specks": odd(),
    "specks-of-doubles": odd(reS_id=label_map.astype(float)),
    "specks-of-int16": odd(reS_id=label_map.astype(np.int16)),
    "one-code-everywhere": odd(reS_id=np.full((5, 3), 57, np.uint8)),
    "big-endian": odd(reS_id=label_map.astype(">u2"), id=GOOD["id"].astype(">f8")),
    "opaque": odd(reS_id=np.array([b"abcd"] * 15).reshape(5, 3).astype("V4")),
    "code-of-300": odd(reS_id=label_map.astype(np.uint16) * 30),
    "code-of-minus-1": odd(reS_id=np.where(label_map == 44, -1, label_map.astype(np.int16))),
    "code-of-a-half": odd(reS_id=np.where(label_map == 44, 44.5, label_map)),
    "code-of-nan": odd(reS_id=np.where(label_map == 44, np.nan, label_map)),
    "mask-of-300": odd(reMask=GOOD["reMask"].astype(np.uint16) * 300),
    "int64": odd(reS_id=label_map.astype(np.int64)),
    "uint64": odd(reS_id=label_map.astype(np.uint64)),
    "text": odd(reS_id=np.array([["a", "b"]], dtype="S1")),
    "references": odd(reS_id=np.array([[h5py.Reference()]], dtype=h5py.ref_dtype)),
    "group": odd(reS_id={}),
    "no-label-map": odd(reS_id=None),
    "no-ids": odd(id=None),
    "no-elements": odd(reS_id=MATLAB_EMPTY),
    "no-columns": odd(reS_id=np.zeros((0, 3), np.uint8)),
    "no-space": odd(reS_id=h5py.Empty("u1")),
    "no-objects": odd(id=MATLAB_EMPTY, reBBox=MATLAB_EMPTY, reMask=MATLAB_EMPTY),
    "booleans": odd(reMask=GOOD["reMask"] == 1),
    "label-map-of-3-axes": odd(reS_id=label_map[None]),
    "boxes-of-1-axis": odd(reBBox=GOOD["reBBox"].ravel()),
    "boxes-turned": odd(reBBox=GOOD["reBBox"].T),
    "boxes-of-one": odd(reBBox=GOOD["reBBox"][:, :1]),
    "boxes-of-three": odd(reBBox=np.zeros((4, 3))),
    "ids-of-three": odd(id=np.array([[79.0, 11, 12]])),
    "masks-turned": odd(reMask=GOOD["reMask"].transpose(0, 2, 1)),
    "masks-of-one": odd(reMask=GOOD["reMask"][0]),
    "masks-of-another-size": odd(reMask=np.zeros((2, 5, 4), np.uint8)),
    "masks-of-one-size-in-another-shape": odd(reMask=np.zeros((6, 5, 1), np.uint8)),
    "masks-of-one-height-in-another-shape": odd(reMask=np.zeros((5, 2, 3), np.uint8)),
    "version-4": older("4"),
    "version-5": older("5"),
    "version-5-compressed": older("5", True),
}
(folder / "odd.json").write_text(json.dumps({"codes": SPECKS.tolist(), "files": files}, indent=0) + "\n")

"""Golden annotation files of src/node/mat-file.ts: A2D's layout as MATLAB v7.3 writes it, made with h5py.

Run: python3 test/golden/a2d-annotations.py   (writes test/golden/a2d-annotations/*.mat and values.json)
"""

import json
import pathlib

import h5py
import numpy as np

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

"""Small models as Keras 3 and tensorflowjs_converter write them, with what Keras itself answers.

pip install tensorflow-cpu==2.18.1 keras==3.8.0 tensorflowjs==4.22.0 (the last with --no-deps; h5py comes with the first)
python test/golden/keras3-models.py test/golden/keras3-models.json
"""
import base64, json, os, sys, tempfile
import numpy as np
import keras
from keras import layers as L

sys.path.insert(0, os.path.dirname(__file__))


def converter():
    """The converter of HDF5 files alone: its package imports every framework there is."""
    import importlib.util, types
    root = os.path.join(os.path.dirname(importlib.util.find_spec("tensorflowjs").origin))
    for name in ("tensorflowjs", "tensorflowjs.converters"):
        module = types.ModuleType(name)
        module.__path__ = [os.path.join(root, *name.split(".")[1:])]
        sys.modules[name] = module
    import importlib
    return importlib.import_module("tensorflowjs.converters.keras_h5_conversion")


def models():
    yield keras.Sequential([keras.Input((3,)), L.Dense(4, activation="silu"), L.LeakyReLU(negative_slope=0.1),
                            L.Dense(2, activation="softmax")], name="sequential_dense")
    yield keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(4, 3, padding="same"), L.BatchNormalization(),
                            L.ReLU(), L.DepthwiseConv2D(3), L.MaxPooling2D(), L.SeparableConv2D(5, 2),
                            L.GlobalAveragePooling2D(), L.Dropout(0.3), L.Dense(2)], name="images")
    yield keras.Sequential([keras.Input((5, 3)), L.Bidirectional(L.LSTM(4, return_sequences=True)),
                            L.TimeDistributed(L.Dense(3, activation="tanh")),
                            L.RNN([L.LSTMCell(3), L.GRUCell(2, reset_after=False)])], name="recurrent")
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    shared = L.Dense(3, name="shared", activation="tanh")
    inside = keras.Sequential([keras.Input((3,)), L.Dense(5, name="d"), L.Dense(3, name="e")], name="inside")
    x = L.Add()([shared(shared(a)), inside(L.Dense(3, name="d")(b))])
    y = L.Concatenate()([x, inside(a)])
    yield keras.Model([a, b], [L.Dense(2, name="one")(y), L.Dense(3, name="two")(x)], name="functional")
    n = keras.Input((4, 4, 3))
    h = L.LayerNormalization()(L.Conv2D(3, 1, name="conv")(n))
    deep = keras.Model(n, L.Flatten()(h), name="deep")
    m = keras.Input((4, 4, 3))
    yield keras.Model(m, keras.Sequential([keras.Input((48,)), L.Dense(2)], name="top")(deep(m)), name="nested")
    t = keras.Input((6,), dtype="int32", name="tokens")
    s = L.Embedding(7, 4)(t)
    out, h, c = L.LSTM(3, return_state=True)(s)
    z = L.LSTM(3)(s, initial_state=[h, c])
    yield keras.Model(t, L.Dense(1, activation="sigmoid")(z), name="states")


def main(target):
    conversion = converter()
    rng = np.random.default_rng(1)
    written = []
    for model in models():
        model.set_weights([rng.uniform(0.1 if w.name == "moving_variance" else -0.5, 0.7, w.shape)
                           for w in model.weights if "seed" not in w.path] if not any("seed" in w.path for w in model.weights)
                          else [w.numpy() if "seed" in w.path else rng.uniform(0.1 if "variance" in w.name else -0.5, 0.7, w.shape)
                                for w in model.weights])
        inputs = [rng.integers(0, 7, (2, *i.shape[1:])) if i.dtype == "int32"
                  else rng.uniform(-1, 1, (2, *i.shape[1:])).astype("float32") for i in model.inputs]
        outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.h5")
            model.save(path)
            import h5py
            topology, groups = conversion.h5_merged_saved_model_to_tfjs_format(h5py.File(path, "r"))
        weights = [w for group in groups for w in group]
        written.append({
            "name": model.name,
            "modelTopology": topology,
            "weights": [{"name": w["name"], "shape": list(w["data"].shape), "dtype": str(w["data"].dtype)} for w in weights],
            "data": base64.b64encode(b"".join(w["data"].astype("<f4").tobytes() for w in weights)).decode(),
            "inputs": [{"shape": list(i.shape), "values": [float(v) for v in i.ravel()], "dtype": "int32" if i.dtype.kind == "i" else "float32"} for i in inputs],
            "outputs": [[float(v) for v in o.ravel()] for o in outputs],
        })
    with open(target, "w") as file:
        json.dump(written, file)
        file.write("\n")


main(sys.argv[1])

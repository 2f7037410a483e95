"""Small GraphModels as tensorflowjs_converter writes them, with seeded random weights: test/golden/graph-models/.

    pip install tensorflow-cpu==2.15.1 tensorflowjs==4.22.0
    python test/golden/graph-models.py [name…]

Blocks of MobileNet v1 to v3, EfficientNet, ResNet and (2+1)-D video models at tiny widths, written here in Keras.
The converter's own passes run: constants folded, batch norms and activations fused into convolutions. Only spaces and
a prefix of names are taken off, so that the files stay small.
"""
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model, layers as L
from tensorflowjs.converters import tf_saved_model_conversion_v2 as convert

target = pathlib.Path(__file__).with_suffix("")


def conv(x, filters, size=1, strides=1, activation=None, **options):
    x = L.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, **options)(x)
    x = L.BatchNormalization()(x)
    return L.Activation(activation)(x) if activation else x


def depthwise(x, size=3, strides=1, activation=None):
    x = L.DepthwiseConv2D(size, strides=strides, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    return L.Activation(activation)(x) if activation else x


def relu6(x):
    return tf.nn.relu6(x)


def hard_sigmoid(x):
    return tf.nn.relu6(x + 3.0) * (1.0 / 6.0)


def hard_swish(x):
    return x * hard_sigmoid(x)


def classifier(x, classes=7, activation="softmax"):
    return L.Dense(classes, activation=activation)(L.GlobalAveragePooling2D()(x))


def mobilenet_v1():
    """As in tf.keras.applications: explicit padding before strided convolutions, a convolution as the last layer."""
    frame = Input((32, 24, 3))
    x = conv(frame, 8, 3, 2, relu6)
    x = conv(depthwise(x, activation=relu6), 12, activation=relu6)
    x = L.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = L.DepthwiseConv2D(3, strides=2, padding="valid", use_bias=False)(x)
    x = L.Activation(relu6)(L.BatchNormalization()(x))
    x = conv(x, 16, activation=relu6)
    x = L.GlobalAveragePooling2D(keepdims=True)(x)
    x = L.Dropout(0.1)(x)
    x = L.Conv2D(7, 1)(x)
    x = L.Reshape((7,))(x)
    return Model(frame, L.Activation("softmax")(x))


def mobilenet_v2():
    """Inverted residuals with linear bottlenecks."""
    frame = Input((30, 30, 3))
    x = conv(frame, 8, 3, 2, relu6)
    for filters, strides in [(8, 1), (12, 2), (12, 1)]:
        y = conv(x, 3 * x.shape[-1], activation=relu6)
        y = depthwise(y, strides=strides, activation=relu6)
        y = conv(y, filters)
        x = L.add([x, y]) if strides == 1 and x.shape[-1] == filters else y
    return Model(frame, classifier(conv(x, 24, activation=relu6)))


def mobilenet_v3():
    """Squeeze and excitation behind a reshape, hard swish, a head of convolutions, uint8 pixels rescaled inside."""
    frame = Input((None, None, 3))
    x = L.Rescaling(1 / 127.5, offset=-1)(frame)
    x = conv(x, 8, 3, 2, hard_swish)
    for strides in (1, 2):
        y = conv(x, 16, activation=hard_swish)
        y = depthwise(y, 5, strides, hard_swish)
        s = L.Reshape((1, 1, 16))(L.GlobalAveragePooling2D()(y))
        s = L.Conv2D(16, 1, activation=hard_sigmoid)(L.Conv2D(4, 1, activation="relu")(s))
        y = conv(L.multiply([y, s]), 8)
        x = L.add([x, y]) if strides == 1 else y
    x = L.GlobalAveragePooling2D(keepdims=True)(conv(x, 16, activation=hard_swish))
    x = L.Conv2D(20, 1, activation=hard_swish)(x)
    return Model(frame, L.Activation("softmax")(L.Flatten()(L.Conv2D(7, 1)(x))))


def efficientnet():
    """MBConv: swish, squeeze and excitation, normalised input, explicit padding of odd sizes."""
    frame = Input((33, 27, 3))
    x = L.Normalization(mean=[0.485, 0.456, 0.406], variance=[0.0524, 0.0502, 0.0506])(L.Rescaling(1 / 255)(frame))
    x = L.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = L.Conv2D(8, 3, strides=2, padding="valid", use_bias=False)(x)
    x = L.Activation("swish")(L.BatchNormalization()(x))
    for strides in (2, 1):
        y = conv(x, 24, activation="swish")
        y = depthwise(y, 5, strides, "swish")
        s = L.GlobalAveragePooling2D(keepdims=True)(y)
        s = L.Conv2D(24, 1, activation="sigmoid")(L.Conv2D(4, 1, activation="swish")(s))
        y = conv(L.multiply([y, s]), 8)
        x = L.add([x, y]) if strides == 1 else y
    return Model(frame, classifier(conv(x, 16, activation="swish"), activation="sigmoid"))


def resnet():
    """Bottlenecks with batch norms after biased convolutions, a maximum pooling behind a padding, two outputs."""
    frame = Input((40, 40, 3))
    x = L.Conv2D(8, 7, strides=2, padding="valid")(L.ZeroPadding2D(3)(frame))
    x = L.ReLU()(L.BatchNormalization(epsilon=1.001e-5)(x))
    x = L.MaxPooling2D(3, strides=2)(L.ZeroPadding2D(1)(x))
    for strides in (2, 1):
        shortcut = conv(x, 16, 1, strides) if strides == 2 else x
        y = conv(x, 4, 1, strides, "relu")
        y = conv(conv(y, 4, 3, activation="relu"), 16)
        x = L.ReLU()(L.add([shortcut, y]))
    attention = L.Conv2D(1, 1, activation="sigmoid")(x)
    return Model(frame, [classifier(x), L.Reshape(attention.shape[1:3])(attention)])


def video():
    """(2+1)-D as MoViNet's mobile form has it: convolutions over time as 2-D ones, causal padding, running means."""
    clip = Input((6, 20, 16, 3))
    frames = clip.shape[1]

    def spatial(x, layer):
        _, t, h, w, c = x.shape
        y = layer(tf.reshape(x, [-1, h, w, c]))
        return tf.reshape(y, [-1, t, *y.shape[1:]])

    def temporal(x, layer, size):
        _, t, h, w, c = x.shape
        y = tf.pad(x, [[0, 0], [size - 1, 0], [0, 0], [0, 0], [0, 0]])
        y = layer(tf.reshape(y, [-1, t + size - 1, h * w, c]))
        return tf.reshape(y, [-1, t, h, w, y.shape[-1]])

    def norm(x):
        return hard_swish(L.BatchNormalization()(x))

    x = norm(spatial(clip, L.Conv2D(8, 3, strides=2, padding="same", use_bias=False)))
    y = norm(L.Conv3D(16, 1, use_bias=False)(x))
    y = norm(spatial(y, L.DepthwiseConv2D(3, padding="same", use_bias=False)))
    y = norm(temporal(y, L.DepthwiseConv2D((3, 1), padding="valid", use_bias=False), 3))
    count = tf.reshape(tf.cast(tf.range(1, frames + 1), tf.float32), [1, -1, 1, 1, 1])
    running = tf.cumsum(tf.reduce_mean(y, [2, 3], keepdims=True), axis=1) / count
    s = L.Conv3D(16, 1, activation=hard_sigmoid)(L.Conv3D(4, 1, activation=hard_swish)(running))
    x = x + L.BatchNormalization()(L.Conv3D(8, 1, use_bias=False)(y * s))
    x = L.AveragePooling3D((1, 2, 2), padding="same")(x)
    x = norm(temporal(x, L.Conv2D(12, (2, 1), padding="valid", use_bias=False), 2))
    x = tf.reduce_mean(x, [1, 2, 3])
    return Model(clip, L.Dense(7, activation="softmax")(x))


def clip3d():
    """Plain 3-D convolutions and poolings; a PReLU and a leaky ReLU for the fused forms of other activations."""
    clip = Input((5, 16, 16, 3))
    x = L.Conv3D(6, 3, strides=(1, 2, 2), padding="same", activation="relu")(clip)
    x = L.MaxPooling3D((2, 2, 2), padding="same")(x)
    x = L.BatchNormalization()(L.Conv3D(8, (3, 1, 1), padding="same")(x))
    x = tf.reduce_max(x, axis=1)
    x = L.PReLU(shared_axes=[1, 2])(L.Conv2D(8, 3, padding="same")(x))
    x = L.LeakyReLU(0.1)(L.Conv2D(8, 3, dilation_rate=2, padding="same")(x))
    x = tf.image.resize(x, [6, 6])
    x = L.ELU()(L.Dense(8)(L.Flatten()(x)))
    return Model(clip, L.Dense(7, activation="sigmoid")(x))


def layer_norm(x):
    """Keras's own layer becomes a batch norm in training mode, which tfjs does not run."""
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-3)


def transformer():
    """Tokens of an image through attention: einsum, batched products, layer normalisation, a class token."""
    frame = Input((16, 16, 3))
    x = L.Conv2D(16, 4, strides=4)(frame)
    x = L.Reshape((16, 16))(x)
    token = tf.zeros_like(x[:, :1])
    x = tf.concat([token, x], axis=1)
    x = x + L.Embedding(17, 16)(tf.range(17))
    y = layer_norm(x)
    x = x + L.MultiHeadAttention(2, 8)(y, y)
    y = L.Dense(24, activation="gelu")(layer_norm(x))
    x = x + L.Dense(16)(y)
    return Model(frame, L.Dense(7, activation="softmax")(x[:, 0]))


def randomize(model, seed):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.name
        if name.startswith("normalization"):
            continue  # Of the input, and given.
        bound = np.sqrt(6 / max(2, np.prod(shape[:-1])))
        low, high = (0.5, 1.5) if "variance" in name else (0.2, 1.2) if len(shape) == 1 else (-bound, bound)
        weight.assign(rng.uniform(low, high, shape).astype(weight.dtype.as_numpy_dtype))


def compact(file):
    """Without spaces and without the prefix that all names share."""
    text = json.dumps(json.loads(file.read_text()), separators=(",", ":"))
    file.write_text(text.replace('"StatefulPartitionedCall/model/', '"'))


models = {
    "mobilenet-v1": (mobilenet_v1, {}),
    "mobilenet-v2": (mobilenet_v2, {}),
    "mobilenet-v3": (mobilenet_v3, {}),
    "efficientnet": (efficientnet, {}),
    "resnet": (resnet, {"weight_shard_size_bytes": 4096}),
    "video": (video, {}),
    "clip3d": (clip3d, {}),
    "transformer": (transformer, {}),
    "quantized-uint8": (mobilenet_v1, {"quantization_dtype_map": {"uint8": "*"}}),
    "quantized-float16": (mobilenet_v1, {"quantization_dtype_map": {"float16": "*"}}),
}

for seed, (name, (build, options)) in enumerate(models.items()):
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    tf.keras.backend.clear_session()
    model = build()
    randomize(model, seed)
    folder = target / name
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as saved:
        model.save(saved)
        convert.convert_tf_saved_model(saved, str(folder), **options)
    compact(folder / "model.json")
    print(name, sum(file.stat().st_size for file in folder.iterdir()), flush=True)

"""
Reads the configurations that exporters/triton writes for the two small bundles with the schema of Triton itself
(model_config.proto, as tritonclient 2.73.0 carries it), and checks what Triton would understand.

    pip install "tritonclient[grpc]==2.73.0"
    python test/golden/triton-config.py
"""

import json
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as schema

here = Path(__file__).parent
expected = {
    "tiny-frame": ([8, 8, 3], 32, {"probabilities": [43], "attention": [2, 2]}),
    "tiny-clip": ([4, 8, 8, 3], 4, {"probabilities": [43]}),
}
for name, (dims, batch, outputs) in expected.items():
    text = (here / f"{name}.pbtxt").read_text()
    config = text_format.Parse(text, schema.ModelConfig())
    assert config.name == name and config.backend == "onnxruntime"
    assert config.max_batch_size == batch and config.HasField("dynamic_batching")
    assert [list(port.dims) for port in config.input] == [dims]
    assert config.input[0].data_type == schema.TYPE_UINT8
    assert {port.name: list(port.dims) for port in config.output} == outputs
    assert all(port.data_type == schema.TYPE_FP32 for port in config.output)
    assert config.output[0].label_filename == "labels.txt"
    [described] = json.loads(config.parameters["actionnx.inputs"].string_value)
    assert described["options"].get("frames", 1) == (dims[0] if len(dims) == 4 else 1)
    print(f"{name}: as Triton reads it")

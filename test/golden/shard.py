"""Writes shard.parquet with pyarrow: what the cache's reader must read although another library wrote it.

python test/golden/shard.py   (pyarrow)
"""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

table = pa.table(
    {
        "sample_id": pa.array(["gamma/00009", "alpha/00010", "café/00001"]),
        "probabilities": pa.array(
            [[0.25, 0.5, 1.0], [0.0, 0.125, 0.75], [0.1, 0.2, 0.3]], type=pa.list_(pa.float32())
        ),
    }
).replace_schema_metadata({"graph": "00ff"})
pq.write_table(table, pathlib.Path(__file__).parent / "shard.parquet", compression="snappy")

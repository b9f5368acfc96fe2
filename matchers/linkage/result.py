"""Decided pairs as the table other systems read, and clusters of rows that are one."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.clusters import root_of
from matchers.encoding.strings import sorted_rows, strings, strings_of
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import finding_rules
from matchers.linkage.tables import Both

DECISIONS = ("link", "review", "reject")
TABLES, ONE_TABLE, TWO_TABLES = b"sanzhao.tables", b"one", b"two"
"""What a file of pairs says of itself: in pairs of one table the order of the two ids means nothing."""


def decided_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> pa.Table:
    """One row per decided pair: ids, weight, probability, decision, blocking rules, level names; sorted by ids."""
    rows = con.execute(
        f"select la, ra, pattern, match_weight, list_position({list(DECISIONS)}, decision) - 1 as decision from decided"
    ).fetchnumpy()
    left, right = (np.asarray(rows[side], np.int64) for side in ("la", "ra"))
    left_ids, right_ids = (strings(side.ids_of(seqs)) for side, seqs in ((both.left, left), (both.right, right)))
    order = sorted_rows(left_ids, right_ids)
    left, right, weights = left[order], right[order], np.round(rows["match_weight"][order], 4)
    found_by = finding_rules(con, model, both, (left, right))
    return pa.table({
        "left_id": left_ids.take(order),
        "right_id": right_ids.take(order),
        "match_weight": _numbers(weights),
        "match_probability": _numbers(1 / (1 + np.exp2(-weights))),
        "decision": strings_of(DECISIONS).take(np.asarray(rows["decision"][order], np.int64)),
        "blocking_rules": _rules(found_by),
        "levels": _levels(model, np.asarray(rows["pattern"][order], np.uint64)),
    })  # fmt: skip


def marked(pairs: pa.Table, *, same: bool) -> pa.Table:
    """The pairs with a word on whether they are of one table."""
    known = pairs.schema.metadata or {}
    return pairs.replace_schema_metadata({**known, TABLES: ONE_TABLE if same else TWO_TABLES})


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _rules(found_by: Mapping[str, npt.NDArray[np.bool_]]) -> pa.Array:
    """Per pair the names of the rules that found it, in the model's order."""
    found = np.stack(list(found_by.values()), axis=1)
    offsets = np.concatenate([[0], np.cumsum(found.sum(axis=1))]).astype(np.int32)
    names = strings_of(list(found_by)).take(np.nonzero(found)[1])
    return pa.ListArray.from_arrays(
        pa.Array.from_buffers(pa.int32(), len(offsets), [None, pa.py_buffer(offsets)]), names
    )


def _levels(model: LinkModel, patterns: npt.NDArray[np.uint64]) -> pa.Array:
    """The patterns' level names as a struct, one field per comparison."""
    fields, rest = [], patterns
    for levels in model.comparisons.values():
        size = np.uint64(len(levels) + 1)
        fields.append(strings_of(["null", *levels]).take((rest % size).astype(np.int64)))
        rest = rest // size
    return pa.StructArray.from_arrays(fields, names=list(model.comparisons))


def clusters(pairs: pa.Table, ids: pa.Array) -> pa.Table:
    """One row per id with its cluster: the smallest id it is linked with, over any number of links. Sorted by id."""
    linked = pairs.filter(pa.array([decision == "link" for decision in pairs["decision"].to_pylist()], pa.bool_()))
    root = root_of(zip(linked["left_id"].to_pylist(), linked["right_id"].to_pylist(), strict=True))
    names = sorted(ids.to_pylist())
    return pa.table(
        {"id": pa.array(names, pa.string()), "cluster_id": pa.array([root(name) for name in names], pa.string())}
    )

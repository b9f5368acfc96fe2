"""The table of decided pairs as it is written out, and the clusters of linked rows."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import packed, unpacked
from matchers.blocking.keys import finding_rules
from matchers.deciding.settling import DecidedPairs
from matchers.encoding.strings import row_array, sorted_rows, strings
from matchers.engines.pair_columns import DECISIONS, decision_columns, level_names, numbers, rule_lists, words
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both
from matchers.weighing.entities import joined

TABLES, ONE_TABLE, TWO_TABLES = b"sanzhao.tables", b"one", b"two"
"""Schema metadata: whether the pairs are of one table, where the order of the two ids has no meaning, or of two."""


def decided_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> pa.Table:
    """One row per pair of the DuckDB relation `decided`, sorted by both ids.

    Columns: left_id, right_id, match_weight (float64 bits, 4 decimals), match_probability, decision, blocking_rules
    (list) and levels (struct of level names).
    """
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
        "match_weight": numbers(weights),
        "match_probability": numbers(1 / (1 + np.exp2(-weights))),
        "decision": words(DECISIONS, np.asarray(rows["decision"][order], np.int64)),
        "blocking_rules": rule_lists(found_by),
        "levels": level_names(model, np.asarray(rows["pattern"][order], np.uint64)),
    })  # fmt: skip


def tiered_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, decided: DecidedPairs) -> pa.Table:
    """One row per pair decided under evidence tiers, sorted by both ids.

    The columns of `decided_pairs`, and `rule` (the tier, or what overrode it) and `reason` (a Chinese sentence).
    """
    seqs = unpacked(decided.scored.pairs)
    ids = [strings(side.ids_of(rows)) for side, rows in zip((both.left, both.right), seqs, strict=True)]
    order = sorted_rows(*ids)
    columns = {name: values.take(row_array(order)) for name, values in decision_columns(model, decided).items()}
    found_by = finding_rules(con, model, both, (seqs[0][order], seqs[1][order]))
    return pa.table({
        "left_id": ids[0].take(order),
        "right_id": ids[1].take(order),
        "match_weight": numbers(decided.scored.weight[order]),
        "match_probability": numbers(decided.scored.probability[order]),
        "decision": columns["decision"],
        "blocking_rules": rule_lists(dict(sorted(found_by.items()))),
        "levels": level_names(model, decided.scored.patterns[order]),
        "rule": columns["rule"],
        "reason": columns["reason"],
    })  # fmt: skip


def marked(pairs: pa.Table, *, same: bool) -> pa.Table:
    """The pairs with schema metadata that says whether they are of one table (`same`) or of two."""
    known = pairs.schema.metadata or {}
    return pairs.replace_schema_metadata({**known, TABLES: ONE_TABLE if same else TWO_TABLES})


def clusters(pairs: pa.Table, ids: pa.Array) -> pa.Table:
    """One row per id with its cluster_id, sorted by id: the smallest id of its connected component of linked pairs."""
    import pyarrow.compute as pc  # loads slowly, and the commands that make no clusters do without it

    names = strings(ids).take(sorted_rows(strings(ids)))
    linked = pairs.filter(pc.equal(pairs["decision"], "link"))
    ends = [np.asarray(pc.index_in(linked[side], value_set=names), np.int64) for side in ("left_id", "right_id")]
    roots = joined(np.arange(len(names)), packed(*ends))
    return pa.table({"id": names, "cluster_id": names.take(pa.array(roots))})

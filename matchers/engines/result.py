"""Decided pairs as the table other systems read, and clusters of rows that are one."""

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
        "match_weight": numbers(weights),
        "match_probability": numbers(1 / (1 + np.exp2(-weights))),
        "decision": words(DECISIONS, np.asarray(rows["decision"][order], np.int64)),
        "blocking_rules": rule_lists(found_by),
        "levels": level_names(model, np.asarray(rows["pattern"][order], np.uint64)),
    })  # fmt: skip


def tiered_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, decided: DecidedPairs) -> pa.Table:
    """The same of pairs decided under evidence tiers, with the rule that decided and one Chinese sentence."""
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
    """The pairs with a word on whether they are of one table."""
    known = pairs.schema.metadata or {}
    return pairs.replace_schema_metadata({**known, TABLES: ONE_TABLE if same else TWO_TABLES})


def clusters(pairs: pa.Table, ids: pa.Array) -> pa.Table:
    """One row per id with its cluster: the smallest id it is linked with, over any number of links. Sorted by id."""
    import pyarrow.compute as pc  # loads slowly, and the commands that make no clusters do without it

    names = strings(ids).take(sorted_rows(strings(ids)))
    linked = pairs.filter(pc.equal(pairs["decision"], "link"))
    ends = [np.asarray(pc.index_in(linked[side], value_set=names), np.int64) for side in ("left_id", "right_id")]
    roots = joined(np.arange(len(names)), packed(*ends))
    return pa.table({"id": names, "cluster_id": names.take(pa.array(roots))})

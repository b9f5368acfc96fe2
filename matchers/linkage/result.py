"""Decided pairs as the table other systems read, and clusters of rows that are one."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from matchers.clusters import root_of
from matchers.encoding.strings import sorted_rows, strings
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import finding_rules
from matchers.linkage.tables import Both


def decided_pairs(con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both) -> pa.Table:
    """One row per decided pair: ids, weight, probability, decision, blocking rules, level names; sorted by ids."""
    rows = con.execute("select la, ra from decided order by la, ra").fetchnumpy()
    sides = [(both.left, np.asarray(rows["la"], np.int64)), (both.right, np.asarray(rows["ra"], np.int64))]
    left_ids, right_ids = (strings(side.ids_of(seqs)) for side, seqs in sides)
    order = sorted_rows(left_ids, right_ids)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    known: dict[str, Any] = {"la": rows["la"], "ra": rows["ra"], "place": place}
    known |= finding_rules(con, model, both, (sides[0][1], sides[1][1]))
    con.register("known", known)
    rules = ", ".join(f"case when {rule} then '{rule}' end" for rule in model.blocking)
    decided = con.execute(
        "select round(match_weight, 4) as match_weight, "
        "1 / (1 + pow(2, -round(match_weight, 4))) as match_probability, decision, "
        f"list_filter([{rules}], lambda rule: rule is not null) as blocking_rules, {_levels(model)} as levels "
        "from decided join known using (la, ra) order by place"
    ).to_arrow_table()
    con.unregister("known")
    return decided.add_column(0, "left_id", left_ids.take(order)).add_column(1, "right_id", right_ids.take(order))


def _levels(model: LinkModel) -> str:
    """SQL: the pattern's level names as a struct, one field per comparison."""
    fields, radix = [], 1
    for column, levels in model.comparisons.items():
        names = ", ".join(f"'{name}'" for name in ("null", *levels))
        fields.append(f"{column} := [{names}][((pattern // {radix}) % {len(levels) + 1} + 1)::bigint]")
        radix *= len(levels) + 1
    return f"struct_pack({', '.join(fields)})"


def clusters(pairs: pa.Table, ids: pa.Array) -> pa.Table:
    """One row per id with its cluster: the smallest id it is linked with, over any number of links. Sorted by id."""
    linked = pairs.filter(pa.array([decision == "link" for decision in pairs["decision"].to_pylist()], pa.bool_()))
    root = root_of(zip(linked["left_id"].to_pylist(), linked["right_id"].to_pylist(), strict=True))
    names = sorted(ids.to_pylist())
    return pa.table(
        {"id": pa.array(names, pa.string()), "cluster_id": pa.array([root(name) for name in names], pa.string())}
    )

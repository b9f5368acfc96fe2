"""Decided pairs as the table other systems read, and clusters of rows that are one."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from matchers.linkage.model import LinkModel


def write_decisions(
    con: duckdb.DuckDBPyConnection, model: LinkModel, left_ids: pa.Array, right_ids: pa.Array
) -> pa.Table:
    """One row per decided pair: ids, weight, probability, decision, blocking rules, level names; sorted by ids."""
    for side, ids in (("left", left_ids), ("right", right_ids)):
        con.register(f"{side}_ids", pa.table({"seq": pa.array(range(len(ids)), pa.int32()), "id": ids}))
    rules = ", ".join(f"case when a.{rule} = b.{rule} then '{rule}' end" for rule in model.blocking)
    return con.execute(
        f"select x.id as left_id, y.id as right_id, round(match_weight, 4) as match_weight, "
        f"1 / (1 + pow(2, -round(match_weight, 4))) as match_probability, decision, "
        f"list_filter([{rules}], lambda rule: rule is not null) as blocking_rules, {_levels(model)} as levels "
        "from decided d join left_ids x on x.seq = d.la join right_ids y on y.seq = d.ra "
        "join lk a on a.seq = d.la join rk b on b.seq = d.ra order by left_id, right_id"
    ).to_arrow_table()


def _levels(model: LinkModel) -> str:
    """SQL: the pattern's level names as a struct, one field per comparison."""
    fields, radix = [], 1
    for column, levels in model.comparisons.items():
        names = ", ".join(f"'{name}'" for name in ("null", *levels))
        fields.append(f"{column} := [{names}][(pattern // {radix}) % {len(levels) + 1} + 1]")
        radix *= len(levels) + 1
    return f"struct_pack({', '.join(fields)})"


def clusters(pairs: pa.Table, ids: pa.Array) -> pa.Table:
    """One row per id with its cluster: the smallest id it is linked with, over any number of links. Sorted by id."""
    parent = {name: name for name in ids.to_pylist()}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    linked = pairs.filter(pc.equal(pairs["decision"], "link"))
    for left, right in zip(linked["left_id"].to_pylist(), linked["right_id"].to_pylist(), strict=True):
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    names = sorted(parent)
    return pa.table(
        {"id": pa.array(names, pa.string()), "cluster_id": pa.array([root(name) for name in names], pa.string())}
    )

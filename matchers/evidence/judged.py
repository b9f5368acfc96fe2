"""One row per pair of the loaded tables that a person judged: `judged` (la, ra, verdict link or not_link)."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from matchers.evidence.tables import Tables
from matchers.linkage.blocks import unpacked
from matchers.linkage.judged import Placed, place_judgements
from matchers.relations import append


def take_judged(con: duckdb.DuckDBPyConnection, judgements: pa.Table | None, tables: Tables) -> Placed:
    """Make `judged` from checked judgements, the newest of each pair; empty where there are none."""
    con.execute("create or replace table judged (la integer, ra integer, verdict varchar)")
    if judgements is None:
        none = np.zeros(0, np.uint64)
        return Placed(none, none, 0, {})
    ids = tuple(
        con.execute(f"select id::varchar as id from {side} order by seq").to_arrow_table()["id"].combine_chunks()
        for side in ("l", "r")
    )
    placed = place_judgements(judgements, (ids[0], ids[1]), same=tables.same)
    for verdict, pairs in (("link", placed.same), ("not_link", placed.other)):
        left, right = unpacked(pairs)
        con.register("told", {"la": left.astype(np.int32), "ra": right.astype(np.int32)})
        append(con, "judged", "select la, ra, $verdict as verdict from told", {"verdict": verdict})
        con.unregister("told")
    return placed


def verdicts(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """`judged` under the tables' own ids."""
    return con.execute(
        "select l.id as left_id, r.id as right_id, verdict from judged join l on l.seq = la join r on r.seq = ra "
        "order by la, ra"
    ).to_arrow_table()

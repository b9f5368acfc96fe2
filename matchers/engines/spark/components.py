"""Rows that are one over any number of links: connected components as stars, in a bounded number of rounds on Spark.

Large-star and small-star by turns (Kiveris and others, 2014): each round every row is linked to the smallest row it
knows of; when nothing changes, every row of a component hangs on the smallest one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import packed
from matchers.engines.spark.kept_rows import Chunk, frame_of, keep_rows
from matchers.engines.spark.setting import Setting
from matchers.weighing.entities import joined
from schemas.errors import TableError
from schemas.rules import Rule

Frame = Any
MOST_ROUNDS = 40
"""Rounds grow with the logarithm of the longest chain of links: 40 are enough for any table that has row numbers."""
_LARGE = """
with near as (select u, v from {edges} union all select v, u from {edges}),
least as (select u, least(u, min(v)) as m from near group by u)
select distinct near.v as u, least.m as v from near join least on near.u = least.u where near.v > near.u
"""
_SMALL = """
with least as (select u, min(v) as m from {edges} group by u)
select distinct u, v from (
    select u, m as v from least
    union all
    select own.v as u, least.m as v from {edges} own join least on own.u = least.u where own.v <> least.m
)
"""


def components(spark: Any, setting: Setting, links: Frame, rounds: int = MOST_ROUNDS) -> Frame:
    """One row per row that is linked to a smaller one: row, root (the smallest of all it is one with).

    `links`: one and other, row numbers. Each round is kept in sealed files, so that a lost executor costs no round;
    links that fit into one task are done there. Raises TableError where so many rounds were not enough.
    """
    files = setting.files
    edges = spark.sql(
        "select distinct greatest(one, other) as u, least(one, other) as v from {links} where one <> other", links=links
    )
    chunks = keep_rows(files, edges)
    if sum(one.rows for one in chunks) <= setting.links_per_task:
        return frame_of(spark, files, chunks, "row bigint, root bigint", _connected, 1)
    before = None
    for _ in range(rounds):
        state = _state(chunks)
        if state == before:
            return edges.selectExpr("u as row", "v as root")
        before = state
        edges = frame_of(spark, files, chunks, "u bigint, v bigint", pa.Table.from_batches, setting.shards)
        chunks = keep_rows(files, spark.sql(_SMALL, edges=spark.sql(_LARGE, edges=edges)))
    raise TableError(
        f"分组算了 {rounds} 轮还没有收敛",
        rule=Rule.SPARK_COMPONENTS,
        action="核对是否整张表连成了一组；提高 link_probability 再试",
    )


def _connected(batches: list[pa.RecordBatch]) -> pa.Table:
    """Rows that are linked to a smaller one, and the smallest of all they are one with."""
    ends = [
        np.concatenate([np.zeros(0, np.int64), *(np.asarray(one.column(at), np.int64) for one in batches)])
        for at in (0, 1)
    ]
    rows, places = np.unique(np.concatenate(ends), return_inverse=True)
    roots = joined(np.arange(len(rows)), packed(*np.split(places, 2)))
    own = np.flatnonzero(roots != np.arange(len(rows)))
    return pa.table({"row": rows[own], "root": rows[roots[own]]})


def _state(chunks: list[Chunk]) -> tuple[int, int]:
    """By what two sets of edges differ."""
    return sum(one.rows for one in chunks), sum(one.digest for one in chunks) % (1 << 64)

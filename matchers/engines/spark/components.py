"""Rows that are one over any number of links: connected components as stars, in a bounded number of rounds on Spark.

Large-star and small-star by turns (Kiveris and others, 2014): each round every row is linked to the smallest row it
knows of; when nothing changes, every row of a component hangs on the smallest one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


def components(spark: Any, links: Frame, folder: Path, rounds: int = MOST_ROUNDS) -> Frame:
    """One row per row that is linked to a smaller one: row, root (the smallest of all it is one with).

    `links`: one and other, row numbers. Each round is written into the folder, so that a lost executor costs no round.
    Raises TableError where so many rounds were not enough.
    """
    edges = spark.sql(
        "select distinct greatest(one, other) as u, least(one, other) as v from {links} where one <> other", links=links
    )
    before = None
    for turn in range(rounds):
        path = str(folder / f"round-{turn}")
        edges.write.parquet(path)
        edges = spark.read.parquet(path)
        state = _state(spark, edges)
        if state == before:
            return edges.selectExpr("u as row", "v as root")
        before = state
        edges = spark.sql(_SMALL, edges=spark.sql(_LARGE, edges=edges))
    raise TableError(
        f"分组算了 {rounds} 轮还没有收敛",
        rule=Rule.SPARK_COMPONENTS,
        action="核对是否整张表连成了一组；提高 link_probability 再试",
    )


def _state(spark: Any, edges: Frame) -> tuple[Any, ...]:
    """What tells two sets of edges apart."""
    sums = spark.sql("select count(*), sum(u % 1000003 * (v % 998244353)), bit_xor(xxhash64(u, v)) from {e}", e=edges)
    return tuple(sums.first())

"""One row per committed step in the workspace's `_steps`: what it counted and how long it took."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import duckdb

Counts = dict[str, Any]

_BOOK = """
create table if not exists _steps (
    place integer primary key, name varchar not null, seconds double not null, counts varchar not null
)
"""


@dataclass(frozen=True)
class StepResult:
    """What one committed step counted and how long it took."""

    name: str
    seconds: float
    counts: Counts


def open_book(con: duckdb.DuckDBPyConnection) -> None:
    """Make sure the workspace has its step book."""
    con.execute(_BOOK)


def booked(con: duckdb.DuckDBPyConnection) -> list[StepResult]:
    """The committed steps, in order."""
    rows = con.execute("select name, seconds, counts from _steps order by place").fetchall()
    return [StepResult(name, seconds, json.loads(counts)) for name, seconds, counts in rows]


def book(con: duckdb.DuckDBPyConnection, place: int, result: StepResult) -> None:
    """Book a step at its place; a step done again replaces its row."""
    counts = json.dumps(result.counts, ensure_ascii=False, default=str)
    values = {"place": place, "name": result.name, "seconds": result.seconds, "counts": counts}
    con.execute("insert or replace into _steps values ($place, $name, $seconds, $counts)", values)


def unbook_from(con: duckdb.DuckDBPyConnection, place: int) -> None:
    """Forget a step and all after it."""
    con.execute("delete from _steps where place >= $place", {"place": place})

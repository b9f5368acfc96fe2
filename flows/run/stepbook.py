"""One row per committed step in the workspace's `_steps`: what it counted and how long it took."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real

import duckdb

CountValues = Mapping[str, object]
"""What a step function gives back, flat: numbers, tallies and `warnings` under their names."""

_BOOK = """
create table if not exists _steps (
    place integer primary key, name varchar not null, seconds double not null, counts varchar not null
)
"""


@dataclass(frozen=True)
class StepCounts:
    """What one step counted: numbers by name, tallies per kind, lines for the clerk, and the version it published."""

    numbers: Mapping[str, int | float] = field(default_factory=dict)
    tallies: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    version: str = ""

    @classmethod
    def of(cls, values: CountValues) -> StepCounts:
        """Parse what a step function gave back, or `flat` did. Raises TypeError for what is none of these."""
        numbers: dict[str, int | float] = {}
        tallies: dict[str, Mapping[str, int]] = {}
        for name, value in values.items():
            if name in ("warnings", "version"):
                continue
            if isinstance(value, Real):
                numbers[name] = value if isinstance(value, int | float) else float(value)
            elif isinstance(value, Mapping):
                tallies[name] = {str(kind): int(many) for kind, many in value.items()}
            else:
                raise TypeError(f"a step counts {name} as {type(value).__name__}")
        warnings = values.get("warnings", ())
        lines = tuple(str(line) for line in warnings) if isinstance(warnings, list | tuple) else ()
        return cls(numbers, tallies, lines, str(values.get("version", "")))

    def flat(self) -> dict[str, object]:
        """Everything under its name, as JSON takes it."""
        body: dict[str, object] = {**self.numbers, **{name: dict(tally) for name, tally in self.tallies.items()}}
        body |= {"warnings": list(self.warnings)} if self.warnings else {}
        return body | ({"version": self.version} if self.version else {})

    @property
    def relations(self) -> Mapping[str, int]:
        """Rows per relation of the workspace that `close` is about to destroy."""
        return self.tallies["relations"]


@dataclass(frozen=True)
class StepResult:
    """What one committed step counted and how long it took."""

    name: str
    seconds: float
    counts: StepCounts


def open_book(con: duckdb.DuckDBPyConnection) -> None:
    """Make sure the workspace has its step book."""
    con.execute(_BOOK)


def booked(con: duckdb.DuckDBPyConnection) -> list[StepResult]:
    """The committed steps, in order."""
    rows = con.execute("select name, seconds, counts from _steps order by place").fetchall()
    return [StepResult(name, seconds, StepCounts.of(json.loads(counts))) for name, seconds, counts in rows]


def book(con: duckdb.DuckDBPyConnection, place: int, result: StepResult) -> None:
    """Book a step at its place; a step done again replaces its row."""
    counts = json.dumps(result.counts.flat(), ensure_ascii=False)
    values = {"place": place, "name": result.name, "seconds": result.seconds, "counts": counts}
    con.execute("insert or replace into _steps values ($place, $name, $seconds, $counts)", values)


def unbook_from(con: duckdb.DuckDBPyConnection, place: int) -> None:
    """Forget a step and all after it."""
    con.execute("delete from _steps where place >= $place", {"place": place})

"""One line per file or sheet that a run read: its rows, and which columns it does not have at all."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from pydantic import BaseModel, ConfigDict


class FileLine(BaseModel):
    """One file or sheet that was read: its rows, and which columns it does not have at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    file: str
    sheet: str | None
    rows_in: int
    accepted: int
    quarantined: int
    absent: tuple[str, ...]


def file_lines(con: duckdb.DuckDBPyConnection, titles: Mapping[str, str]) -> tuple[FileLine, ...]:
    """Every file that was read; `absent` are the columns of importance that no header meant."""
    rows = con.execute("""
        select source, file, sheet, rows_in, accepted, quarantined, coalesce(fields_missing, [])
        from stage_files where state = 'read' order by source, file, sheet nulls first
    """).fetchall()
    names = ("file", "sheet", "rows_in", "accepted", "quarantined", "absent")
    return tuple(
        FileLine(title=titles.get(source, source), **dict(zip(names, values, strict=True))) for source, *values in rows
    )

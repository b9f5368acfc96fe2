"""Codes that a version's tables hold and its own code table has no word for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.ledger.publish.read import TABLES

_SENTENCES = {"ledger.match_reason", "review.reason", "ledger.host_rule"}
"""Columns that hold the sentence a code stands for, filled in."""


def known_codes(folder: Path) -> dict[str, set[str]]:
    """The codes each `table.column` may hold by the version's code table."""
    known: dict[str, set[str]] = {}
    for row in pq.read_table(folder / "codes.parquet").to_pylist():
        for place in row["used_in"].split():
            known.setdefault(place, set()).add(row["code"])
    return known


def codes_without_word(folder: Path) -> list[str]:
    """`table.column code`, sorted; none when every code has its word."""
    known = known_codes(folder)
    return sorted(
        f"{place} {code}"
        for name in TABLES
        for place, stand in _values(pq.read_table(folder / f"{name}.parquet"), name)
        if place in known and place not in _SENTENCES
        for code in stand - known[place]
    )


def _values(table: pa.Table, name: str) -> Iterator[tuple[str, set[str]]]:
    """`table.column`, and `table.column.member` of structures, with what stands there; levels are one kind."""
    for column in table.column_names:
        flat, place = table[column], f"{name}.{column}"
        while pa.types.is_list(flat.type):
            flat = pc.list_flatten(flat)
        if not pa.types.is_struct(flat.type):
            yield place, set(flat.to_pylist()) - {None}
            continue
        for at in range(flat.type.num_fields):
            member = flat.type.field(at).name
            inner = pc.struct_field(flat, member)
            inner = pc.list_flatten(inner) if pa.types.is_list(inner.type) else inner
            yield place if place == "review.levels" else f"{place}.{member}", set(inner.to_pylist()) - {None}

"""Base + changes = full: the changes applied to the previous ledger give the new one, row for row."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contracts import ledger_table
from schemas.errors import TableError
from schemas.rules import Rule


def ledger_schema() -> pa.Schema:
    """Arrow schema of the ledger as read back from Parquet."""
    return pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table("ledger").schema])


def apply_changes(base: pa.Table, changes: pa.Table, was: date | None, now: date) -> pa.Table:
    """The new ledger from the previous one, its changes and both as-of dates.

    Who was seen on the previous night is taken to be seen on this one, in the rows that landed on it, unless a change
    says otherwise.
    """
    rows = changes.to_pylist()
    touched = pa.array([row["person_key"] for row in rows], pa.string())
    kept = aged(base.filter(pc.invert(pc.is_in(base["person_key"], touched))), was, now)
    before = _evidence_aged(base.filter(pc.is_in(base["person_key"], touched)), was, now).to_pylist()
    old = {row["person_key"]: row for row in before}
    made = [_made(old, row, now) for row in rows if row["change"] in ("added", "split", "changed")]
    table = pa.concat_tables([kept, pa.Table.from_pylist(made, schema=ledger_schema())])
    return table.sort_by("person_key").combine_chunks()


def aged(kept: pa.Table, was: date | None, now: date) -> pa.Table:
    """Rows no change names, a night on: who was seen last time is seen now, and so is each row they stand in."""
    if was is None or not kept.num_rows:
        return kept
    seen = _moved_on(kept["last_seen"], was, now)
    place = kept.schema.get_field_index("last_seen")
    return _evidence_aged(kept.set_column(place, kept.schema.field("last_seen"), seen), was, now)


def _evidence_aged(table: pa.Table, was: date | None, now: date) -> pa.Table:
    """Rows of evidence that landed on the previous night have landed again on this one."""
    if was is None or not table.num_rows:
        return table
    column = table["evidence"].combine_chunks()
    pieces = column.flatten()
    parts = [
        _moved_on(pieces.field(at), was, now) if field.name == "landed_on" else pieces.field(at)
        for at, field in enumerate(pieces.type)
    ]
    ends = np.cumsum(pc.list_value_length(column).to_numpy())
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    again = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(parts, fields=list(pieces.type)), column.type)
    return table.set_column(table.schema.get_field_index("evidence"), table.schema.field("evidence"), again)


def _moved_on(days: Any, was: date, now: date) -> Any:
    return pc.if_else(
        pc.fill_null(pc.equal(days, pa.scalar(was, pa.date32())), False), pa.scalar(now, pa.date32()), days
    )


def _made(old: dict[str, dict[str, Any]], row: dict[str, Any], now: date) -> dict[str, Any]:
    after = json.loads(row["after"])
    base = old[row["person_key"]] if row["change"] == "changed" else {}
    return {**base, **_dated(after, now)}


def _dated(row: dict[str, Any], now: date) -> dict[str, Any]:
    """JSON gives dates as text; the contract says which columns are dates.

    Changes written before rows said on which night they landed speak of their own night.
    """
    for name in ("joined_on", "first_seen", "last_seen", "changed_on"):
        if row.get(name) is not None:
            row[name] = date.fromisoformat(row[name])
    for lead in row.get("leads") or []:
        for name in ("checked_on", "opened_on", "closed_on"):
            lead[name] = date.fromisoformat(lead[name]) if lead.get(name) else None
    for piece in row.get("evidence") or []:
        landed = piece.get("landed_on", now.isoformat())
        piece["landed_on"] = date.fromisoformat(landed) if landed else None
    return row


def prove_changes(base: pa.Table, changes: pa.Table, full: pa.Table, dates: tuple[date | None, date]) -> None:
    """Raise TableError unless base + changes = full."""
    made = apply_changes(base, changes, *dates)
    if not made.equals(full.combine_chunks()):
        raise TableError(
            "上一版加变动不等于本版",
            where="changes",
            rule=Rule.BASE_AND_CHANGES,
            count=abs(made.num_rows - full.num_rows),
            action="本次不发布；请把运行日志交给开发者",
        )

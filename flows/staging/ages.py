"""Dates that somebody would have been too young for are unknown: work before 14, joining the Party before 18."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.values.columns import FieldColumn, Repair
from flows.staging.values.dates import empty_days
from schemas.contracts import SourceContract

TOO_YOUNG, DEFAULT = "too_young", "default_date"


def check_ages(columns: dict[str, FieldColumn], contract: SourceContract) -> None:
    """Empty dates of the contract's `ages` fields before the age given there, each by name.

    A birth date that is a default day is kept where the row's ID shows the same day.
    """
    _keep_births_in_ids(columns)
    ages = [(name, age) for name, age in contract.ages if name in columns]
    births = _births(columns) if ages and ("id_number" in columns or "birth_date" in columns) else []
    for name, age in ages if births else ():
        columns[name] = _checked(columns[name], births, age)


def _births(columns: dict[str, FieldColumn]) -> list[str | None]:
    """The earliest day each row's person can be born on, as ISO text: what a whole ID shows, else the cell's."""
    ids, cells = columns.get("id_number"), columns.get("birth_date")
    shown = _birth_in_id(ids) if ids else []
    given = cells.arrays[0].to_pylist() if cells else [None] * len(shown)
    if not shown:
        shown = [None] * len(given)
    return [one or _earliest(other) for one, other in zip(shown, given, strict=True)]


def _birth_in_id(ids: FieldColumn) -> list[str | None]:
    """The whole birth date that an ID shows, unless its check digit failed."""
    patterns, kinds = ids.arrays[0].to_pylist(), ids.arrays[1].to_pylist()
    return [
        f"{pattern[6:10]}-{pattern[10:12]}-{pattern[12:14]}"
        if pattern and kind != "invalid" and "*" not in pattern[6:14]
        else None
        for pattern, kind in zip(patterns, kinds, strict=True)
    ]


def _earliest(prefix: str | None) -> str | None:
    return f"{prefix}-01-01"[:10] if prefix else None


def _checked(column: FieldColumn, births: list[str | None], age: int) -> FieldColumn:
    days, young = column.arrays[0], _young(column.arrays[0], births, age)
    vague = {row for row, repair, _ in column.repairs if repair in ("month_only", "period_split")}
    result: list[Repair] = [
        (row, TOO_YOUNG, str(day))
        for row, day in zip(young, days.take(pa.array(young, pa.int64())).to_pylist(), strict=True)
        if _is_before(day, births[row] or "", age, month_only=row in vague)
    ]
    if not result:
        return column
    gone = np.zeros(len(days), bool)
    gone[[row for row, _, _ in result]] = True
    kept = pc.if_else(pa.array(gone), pa.scalar(None, days.type), days)
    return replace(column, arrays=(kept,), repairs=(*column.repairs, *result))


def _young(days: pa.Array, births: list[str | None], age: int) -> list[int]:
    """Rows whose day lies in the year of somebody's birthday of an age, or in an earlier one."""
    years, born = (_years(texts) for texts in (days.cast(pa.string()), pa.array(births, pa.string())))
    rows: list[int] = pc.indices_nonzero(pc.less_equal(years, pc.add(born, age))).to_pylist()
    return rows


def _years(texts: pa.Array) -> pa.Array:
    """The years of ISO texts."""
    return pc.utf8_slice_codeunits(texts, 0, 4).cast(pa.int32())


def _is_before(day: date | str, birth: str, age: int, *, month_only: bool) -> bool:
    """Whether a day (or an ISO prefix) lies before somebody's birthday of an age; of a month alone, the month must."""
    grown = f"{int(birth[:4]) + age:04d}{birth[4:]}"
    size = 7 if month_only else len(str(day))
    return str(day)[:size] < grown[:size]


def _keep_births_in_ids(columns: dict[str, FieldColumn]) -> None:
    ids, births = columns.get("id_number"), columns.get("birth_date")
    if ids is None or births is None or not any(repair == DEFAULT for _, repair, _ in births.repairs):
        return
    values, shown = births.arrays[0].to_pylist(), _birth_in_id(ids)
    kept = {row for row, repair, _ in births.repairs if repair == DEFAULT and shown[row] in empty_days()}
    for row in kept:
        values[row] = shown[row]
    repairs = tuple(repair for repair in births.repairs if repair[1] != DEFAULT or repair[0] not in kept)
    columns["birth_date"] = replace(births, arrays=(pa.array(values, births.arrays[0].type),), repairs=repairs)

"""One staged column per field, cleaned once per distinct cell: texts already right as Arrow, the others one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.values.cells import Cell, Cleaned, Cleaner, cell_text, merged
from flows.staging.values.dates import late_column, next_day
from flows.staging.values.fields import cleaner_of
from flows.staging.values.ids import NO_ID, column_signs, id_cleaner, number_signs
from flows.staging.values.quick import already_right, as_staged, masked_ids
from schemas.contracts import SourceField

Repair = tuple[int, str, str]
"""Row index, name of the repair, the cell as it came."""


@dataclass(frozen=True)
class FieldColumn:
    """One field of a sheet: its staged arrays (three for an ID, else one), and every change of a cell."""

    arrays: tuple[pa.Array, ...]
    repairs: tuple[Repair, ...] = ()

    @property
    def filled(self) -> npt.NDArray[np.bool_]:
        """Which rows have something usable; an ID that is only a text, such as a passport's, counts."""
        given = [array.is_valid() for array in (self.arrays[:1] if len(self.arrays) == 1 else self.arrays[::2])]
        return _numpy(given[0] if len(given) == 1 else pc.or_(given[0], given[1]))


@dataclass(frozen=True)
class _Pool:
    """Cleaned distinct cells: their staged arrays, the repairs of each, and the cells as they came."""

    arrays: tuple[pa.Array, ...]
    repairs: list[tuple[str, ...]]
    originals: list[Cell]


def clean_column(field: SourceField, cells: Sequence[Cell], *, licence: bool = False) -> FieldColumn:
    """Clean a column. A bool is read as the text it shows, since True and 1.0 are one key."""
    texts, others = _texts(field, cells)
    encoded = texts.dictionary_encode()
    distinct = encoded.dictionary
    odd = dict.fromkeys(others.values())
    right, cleaner = _judge(field, distinct, odd, licence=licence)
    rest = distinct.filter(pc.invert(right)).to_pylist()
    if field.type in ("date", "partial_date") and len(cells) > 1 and not len(distinct.filter(right)):
        cleaner = _dated(cleaner, [*rest, *odd])
    pool = _pool(field, [cleaner(cell) for cell in (*rest, *odd)], [*rest, *odd])
    good = distinct.filter(right)
    arrays = tuple(
        pa.concat_arrays([head, tail]) for head, tail in zip(_staged_good(field, good), pool.arrays, strict=True)
    )
    places = _places(encoded.indices, _numpy(right), others, {cell: len(distinct) + n for n, cell in enumerate(odd)})
    taken = pa.array(places)
    return FieldColumn(tuple(array.take(taken) for array in arrays), tuple(_repairs(places, len(good), pool)))


def _dated(cleaner: Cleaner, cells: Sequence[Cell]) -> Cleaner:
    """The cleaner of a date column's distinct cells; where all are late in the evening, the day after is meant."""
    if not late_column(cells):
        return cleaner

    def clean(cell: Cell) -> Cleaned:
        moved = next_day(cell)
        result = cleaner(moved)
        return result if moved is cell else Cleaned(result.value, merged([*result.repairs, "next_day"]))

    return clean


def _texts(field: SourceField, cells: Sequence[Cell]) -> tuple[pa.Array, dict[int, Cell]]:
    """The texts of a column, null where a cell is none; and those other cells by row. A day counts as its ISO text."""
    if field.type in ("date", "partial_date"):
        days = {cell: cell.isoformat() for cell in set(cells) if type(cell) is date}
        cells = [days[cell] if type(cell) is date else cell for cell in cells] if days else cells
    if set(map(type, cells)) <= {str}:
        return pa.array(cells, pa.string()), {}
    texts: list[Cell | None] = list(cells)
    others: dict[int, Cell] = {}
    for index, cell in enumerate(cells):
        if type(cell) is not str:
            texts[index] = shown = ("FALSE", "TRUE")[cell] if isinstance(cell, bool) else None
            if shown is None:
                others[index] = cell
    return pa.array(texts, pa.string()), others


def _judge(field: SourceField, distinct: pa.Array, odd: Iterable[Cell], *, licence: bool) -> tuple[pa.Array, Cleaner]:
    """Which distinct texts are already right, and the cleaner of the others."""
    if field.type == "id_number":
        signs, valid = column_signs(distinct)
        cleaner = id_cleaner(number_signs(signs, odd), licence=licence)
        return pc.or_(pa.array(valid), masked_ids(distinct)), cleaner
    result = already_right(field.type, distinct)
    if result is not None:
        return result, cleaner_of(field)
    return pa.array(np.zeros(len(distinct), bool)), cleaner_of(field, [*distinct.to_pylist(), *odd])


def _staged_good(field: SourceField, texts: pa.Array) -> tuple[pa.Array, ...]:
    if not len(texts):
        return nothing(field, 0)
    if field.type != "id_number":
        return (as_staged(field.type, texts),)
    kinds = pc.if_else(pc.match_substring(texts, "*"), "masked", "full")
    return texts, kinds, texts


def _pool(field: SourceField, cleaned: list[Cleaned], originals: list[Cell]) -> _Pool:
    values: list[list[Any]] = [[result.value for result in cleaned]]
    if field.type == "id_number":
        ids = [result.value or NO_ID for result in cleaned]
        values = [[each.pattern for each in ids], [each.kind for each in ids], [each.text for each in ids]]
    arrays = tuple(pa.array(column, staged.type) for column, staged in zip(values, field.staged(), strict=True))
    return _Pool(arrays, [result.repairs for result in cleaned], originals)


def _places(
    indices: pa.Array, right: npt.NDArray[np.bool_], others: dict[int, Cell], place_of: dict[Cell, int]
) -> npt.NDArray[np.int64]:
    """For every row its place in the pool, where the texts already right come first."""
    order = np.where(right, np.cumsum(right) - 1, right.sum() + np.cumsum(~right) - 1).astype(np.int64)
    if not others:
        return order[indices.to_numpy()] if len(order) else np.empty(0, np.int64)
    given = indices.fill_null(0).to_numpy(zero_copy_only=False)
    places = order[given] if len(order) else np.zeros(len(given), np.int64)
    places[list(others)] = [place_of[cell] for cell in others.values()]
    return places


def _repairs(places: npt.NDArray[np.int64], good: int, pool: _Pool) -> list[Repair]:
    dirty = np.zeros(good + len(pool.repairs), bool)
    dirty[good:] = [bool(repairs) for repairs in pool.repairs]
    if not dirty.any():
        return []
    rows = np.flatnonzero(dirty[places])
    return [
        (row, repair, cell_text(pool.originals[place]))
        for row, place in zip(rows.tolist(), (places[rows] - good).tolist(), strict=True)
        for repair in pool.repairs[place]
    ]


def _numpy(mask: pa.Array) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = mask.to_numpy(zero_copy_only=False)
    return result


def nothing(field: SourceField, rows: int) -> tuple[pa.Array, ...]:
    """The staged arrays of a field a sheet does not have."""
    return tuple(pa.nulls(rows, staged.type) for staged in field.staged())

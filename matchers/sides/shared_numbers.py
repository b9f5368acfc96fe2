"""Numbers that rows of many different names bear are nobody's: an office's phone, an ID typed in for want of one."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.encoding.several import Numbers
from matchers.encoding.slices import slices
from matchers.model.link_model import LinkModel
from matchers.sides.spooled_column import CHUNK_ROWS, SpooledColumn

Keys = npt.NDArray[np.uint64]
_STIR = np.uint64(0x9E3779B97F4A7C15)
_PHONE_WHOLE = np.uint64(16**11 - 1)
_NAMES = ("person_name", "chinese_name")


Shared = Callable[[str, Keys, Keys], npt.NDArray[np.int64]]
"""Of a column's values and the names beside them (0: none), the rows whose value is nobody's."""


def silence_shared(
    encoded: MutableMapping[str, Any], model: LinkModel, least: int, shared: Shared | None = None
) -> dict[str, int]:
    """Make numbers that at least so many different names bear show nothing; rows changed, by column.

    Only full names and whole numbers count: a mask is not a name, nor are the ends of a phone a phone. `shared` tells
    which rows those are where a table is looked at in parts; else all rows are here.
    """
    rows = shared or (lambda column, values, names: shared_rows(values, names, least))
    name = next((column for column, kind in model.columns.items() if kind in _NAMES), None)
    if name is None:
        return {}
    names = _by_parts(
        lambda kind, key: np.where(kind == 1, key, np.uint64(0)), encoded[f"{name}_kind"], encoded[f"{name}_key"]
    )
    found = {}
    for column, kind in model.columns.items():
        if kind in ("resident_id", "masked_id"):
            found[column] = _silence_ids(encoded, column, names, rows)
        elif kind == "phone":
            found[column] = _silence_phones(encoded, column, names, rows)
        elif kind == "phones":
            found[column] = _silence_lists(encoded, column, names, rows)
    return {column: changed for column, changed in found.items() if changed}


def _silence_ids(encoded: MutableMapping[str, Any], column: str, names: Keys, shared: Shared) -> int:
    whole = _by_parts(
        lambda kind, head, tail: np.where(kind == 1, head * _STIR ^ tail, np.uint64(0)),
        *(encoded[f"{column}_{form}"] for form in ("kind", "head", "tail")),
    )
    rows = shared(column, whole, names)
    for form, none in (("head_mask", 0), ("tail_mask", 0), ("kind", 0), ("birth", 0), ("male", -1), ("sexed", 0)):
        if f"{column}_{form}" in encoded:
            encoded[f"{column}_{form}"][rows] = none
    return len(rows)


def _silence_phones(encoded: MutableMapping[str, Any], column: str, names: Keys, shared: Shared) -> int:
    digits, mask = encoded[f"{column}_digits"], encoded[f"{column}_mask"]
    whole = _by_parts(lambda shown, sign: np.where(shown == _PHONE_WHOLE, sign, np.uint64(0)), mask, digits)
    rows = shared(column, whole, names)
    digits[rows] = mask[rows] = 0
    return len(rows)


def _by_parts(made: Callable[..., Keys], *columns: Any) -> Keys:
    """One key per row, made of these columns some rows at a time: spooled ones are never whole in memory."""
    return np.concatenate(
        [
            np.zeros(0, np.uint64),
            *(made(*(one[part] for one in columns)) for part in slices(len(columns[0]), CHUNK_ROWS)),
        ]
    )


def _silence_lists(encoded: MutableMapping[str, Any], column: str, names: Keys, shared: Shared) -> int:
    given = encoded[f"{column}_all"]
    numbers: Numbers = given[0 : len(given)] if isinstance(given, SpooledColumn) else given
    whole = np.where(numbers.whole, numbers.same, np.uint64(0))
    silent = np.zeros(len(whole), bool)
    silent[shared(column, whole, names[numbers.rows()])] = True
    if silent.any():
        kept = numbers.kept(~silent)
        encoded[f"{column}_all"] = given.replaced(kept) if isinstance(given, SpooledColumn) else kept
    return int(silent.sum())


def shared_rows(values: Keys, names: Keys, least: int) -> npt.NDArray[np.int64]:
    """Rows whose value stands beside at least so many different names.

    Only values that so many rows bear are looked at one by one; sorting whole columns finds them fastest.
    """
    ordered = np.sort(values[values != 0])
    often = ordered[least - 1 :][ordered[least - 1 :] == ordered[: max(len(ordered) - least + 1, 0)]]
    if not len(often):
        return np.zeros(0, np.int64)
    near = np.flatnonzero(np.isin(values, often))
    named = near[names[near] != 0]
    order = named[np.lexsort((names[named], values[named]))]
    one, name = values[order], names[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (one[1:] != one[:-1]) | (name[1:] != name[:-1])
    borne, bearers = np.unique(one[fresh], return_counts=True)
    return near[np.isin(values[near], borne[bearers >= least])]

"""Blank telephone numbers and IDs that occur with many different names: they identify nobody.

Such are an office's telephone, or an ID typed in to fill the field. The model sets the number of names
(`shared_from_names`).
"""

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
"""From a column, its values and the name beside each (uint64, 0 for none): the places (int64) of shared values."""


def silence_shared(
    encoded: MutableMapping[str, Any], model: LinkModel, least: int, shared: Shared | None = None
) -> dict[str, int]:
    """Blank, in place, IDs and telephones that occur with at least `least` different names; the count per column.

    Rows are counted, in a column of several telephones a cell the numbers. Only unmasked names and complete numbers are
    compared. `shared` finds them where `encoded` is a part of a table; null looks among these rows.
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
    """Blank shared IDs: their masks, kind, birth date and sex become empty. The number of rows changed."""
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
    """Blank shared telephones in a column of one a cell. The number of rows changed."""
    digits, mask = encoded[f"{column}_digits"], encoded[f"{column}_mask"]
    whole = _by_parts(lambda shown, sign: np.where(shown == _PHONE_WHOLE, sign, np.uint64(0)), mask, digits)
    rows = shared(column, whole, names)
    digits[rows] = mask[rows] = 0
    return len(rows)


def _by_parts(made: Callable[..., Keys], *columns: Any) -> Keys:
    """One uint64 key per row, computed chunk by chunk so that spooled columns are never whole in memory."""
    return np.concatenate(
        [
            np.zeros(0, np.uint64),
            *(made(*(one[part] for one in columns)) for part in slices(len(columns[0]), CHUNK_ROWS)),
        ]
    )


def _silence_lists(encoded: MutableMapping[str, Any], column: str, names: Keys, shared: Shared) -> int:
    """Remove shared telephones from a column of several a cell. The number of telephones removed."""
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
    """The places (int64) of values that occur with at least `least` different names; 0 is no value and no name.

    Values that occur fewer than `least` times are left out first, by one sort of the column, which is fast.
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

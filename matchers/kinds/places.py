"""Keys made of some places of an encoded number where all of them show: as SQL, and over whole columns at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.encoding.ids import KINDS
from matchers.encoding.slices import slices

INVALID = KINDS["invalid"]


@dataclass(frozen=True)
class Places:
    """Neighbouring places of one encoded form, four bits a place; its mask says which of them show."""

    form: str
    mask: str
    first: int
    count: int
    kind: str = ""
    """The form that tells a number with a failed check digit (`INVALID`): it makes no key."""

    @property
    def wanted(self) -> int:
        """The places' bits, moved down to the lowest."""
        return (1 << 4 * self.count) - 1


def places_sql(*parts: Places) -> str:
    """SQL of the key over one row: the parts side by side, the last in the lowest bits; null unless all show."""
    conditions = " and ".join(
        f"({{c}}_{part.mask} >> {4 * part.first}) & {part.wanted} = {part.wanted}" for part in parts
    )
    if parts[0].kind:
        conditions += f" and {{c}}_{parts[0].kind} <> {INVALID}"
    value = ""
    for part in parts:
        own = f"(({{c}}_{part.form} >> {4 * part.first}) & {part.wanted})"
        value = f"(({value} << {4 * part.count}) | {own})" if value else own
    return f"case when {conditions} then {value} end"


def places_values(columns: Mapping[str, Any], column: str, parts: tuple[Places, ...]) -> npt.NDArray[np.uint64]:
    """The same over whole encoded columns; 0 where a place is hidden."""
    rows = len(columns[f"{column}_{parts[0].form}"])
    values = np.empty(rows, np.uint64)
    for some in slices(rows):
        value, complete = np.zeros(some.stop - some.start, np.uint64), np.ones(some.stop - some.start, bool)
        for part in parts:
            down, wanted = np.uint64(4 * part.first), np.uint64(part.wanted)
            complete &= (columns[f"{column}_{part.mask}"][some] >> down) & wanted == wanted
            value = value << np.uint64(4 * part.count) | (columns[f"{column}_{part.form}"][some] >> down) & wanted
        if parts[0].kind:
            complete &= columns[f"{column}_{parts[0].kind}"][some] != INVALID
        value[~complete] = 0
        values[some] = value
    return values

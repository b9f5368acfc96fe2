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
    shown = " and ".join(f"({{c}}_{one.mask} >> {4 * one.first}) & {one.wanted} = {one.wanted}" for one in parts)
    if parts[0].kind:
        shown += f" and {{c}}_{parts[0].kind} <> {INVALID}"
    value = ""
    for one in parts:
        own = f"(({{c}}_{one.form} >> {4 * one.first}) & {one.wanted})"
        value = f"(({value} << {4 * one.count}) | {own})" if value else own
    return f"case when {shown} then {value} end"


def places_values(columns: Mapping[str, Any], column: str, parts: tuple[Places, ...]) -> npt.NDArray[np.uint64]:
    """The same over whole encoded columns; 0 where a place is hidden."""
    rows = len(columns[f"{column}_{parts[0].form}"])
    found = np.empty(rows, np.uint64)
    for some in slices(rows):
        value, shown = np.zeros(some.stop - some.start, np.uint64), np.ones(some.stop - some.start, bool)
        for one in parts:
            down, wanted = np.uint64(4 * one.first), np.uint64(one.wanted)
            shown &= (columns[f"{column}_{one.mask}"][some] >> down) & wanted == wanted
            value = value << np.uint64(4 * one.count) | (columns[f"{column}_{one.form}"][some] >> down) & wanted
        if parts[0].kind:
            shown &= columns[f"{column}_{parts[0].kind}"][some] != INVALID
        value[~shown] = 0
        found[some] = value
    return found

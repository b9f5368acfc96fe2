"""Tables of people that a command is given: cells read as the nightly run reads them, whatever their dirt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.values.ids import NO_ID, ColumnSigns, column_signs, id_cleaner, number_signs
from matchers.encoding.dates import empty_days
from matchers.encoding.dummies import dummy_phones
from matchers.encoding.ids import KINDS
from matchers.encoding.numbers import PHONE_PLACES, eleven_places, fits_digits_and_stars, plain_days
from matchers.encoding.strings import Strings, strings
from matchers.sides.named_rows import ColumnReading
from schemas.contracts import FieldType, SourceField

_READ_AS: dict[str, tuple[FieldType, str | None]] = {
    "chinese_name": ("person_name", None),
    "masked_id": ("id_number", None),
    "phones": ("phones", None),
    "partial_date": ("partial_date", None),
    "sex": ("code", "sex"),
}
_FULL, _MASKED = KINDS["full"], KINDS["masked"]
_ELEVEN_PLACES, _FIRST_TWO_AND_LAST = np.uint64(16**11 - 1), np.uint64(15 << 40 | 255)
_BETWEEN_NUMBERS = "、"
_PLACES = 18
_FLOAT_STEP = 16
"""IDs as numbers lie where floats lie sixteen apart or more."""
_GENUINE, _REPEATED = 110, 10
_SOMEBODY = np.uint64(ord("某"))
_FORM_WORDS = np.array(
    [int.from_bytes(word.encode("utf-16-le"), "little") for word in ("示例", "样例", "范例", "必填", "选填", "非必")],
    np.uint64,
)


def people_reading(kind: str) -> ColumnReading | None:
    """How cells of a kind of column are read by the rules of staging; null where they are encoded as they stand.

    A cell that is plainly written the cleaner leaves as it is, so only the others go through it.
    """
    if kind == "masked_id":
        return _IdCells()
    return _Cells(kind) if kind in _READ_AS else None


class _Cells:
    """One column's odd cells; how they read hangs on a plain cell beside them."""

    doubtful = False

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._beside: list[str] = []

    def odd(self, cells: pa.Array, forms: Mapping[str, Any]) -> npt.NDArray[np.int64]:
        """Filled cells of other than one plain value that is encoded as it is written."""
        plain = _plain(self._kind, cells, forms)
        if not self._beside and plain.any():
            self._beside = cells.take(pa.array(np.flatnonzero(plain)[:1])).to_pylist()
        return np.flatnonzero(_filled(cells) & ~plain)

    @property
    def seen(self) -> dict[str, object]:
        """The plain cell beside the odd ones."""
        return {"beside": self._beside}

    def add_seen(self, seen: Mapping[str, Any]) -> None:
        """The first plain cell of all rows counts."""
        self._beside = self._beside or list(seen["beside"])

    def read(self, texts: Sequence[str]) -> pa.Array:
        """Each text as one cleaned cell, null where nothing is left."""
        from flows.staging.values.columns import clean_column

        read_as, values = _READ_AS[self._kind]
        field = SourceField(name=self._kind, title=self._kind, type=read_as, aliases=(), values=values)
        result = clean_column(field, [*texts, *self._beside]).arrays[0].slice(0, len(texts))
        return pc.binary_join(result, _BETWEEN_NUMBERS) if pa.types.is_list(result.type) else result


class _IdCells:
    """The odd cells of a column of IDs; where it shows what Excel makes of IDs, all of them are."""

    def __init__(self) -> None:
        self._rows, self._floats = 0, 0
        self._zeros: set[str] = set()
        self._all = False

    @property
    def doubtful(self) -> bool:
        """Whether so many IDs end in zeros, or could be a float, that Excel may have made them: said too often at most.

        The cleaner then looks at all cells and judges (`column_signs`). Rows may repeat an ID, up to ten times.
        """
        if not self._all:
            zeros = column_signs(pa.array(sorted(self._zeros), pa.string()))[1]
            damaged = len(self._zeros) - int(zeros.sum())
            self._all = damaged * _GENUINE * _REPEATED > self._rows or self._floats * 2 > self._rows
        return self._all and self._rows > 0

    def odd(self, cells: pa.Array, forms: Mapping[str, Any]) -> npt.NDArray[np.int64]:
        """Filled cells that are no whole or masked ID."""
        if self._all:
            return np.flatnonzero(_filled(cells))
        shown = forms["kind"][: len(cells)]
        self._note_numbers(strings(cells))
        return np.flatnonzero(_filled(cells) & (shown != _FULL) & (shown != _MASKED))

    def _note_numbers(self, parts: Strings) -> None:
        """Count cells of eighteen places, those that a float could be, and keep those that end in zeros."""
        rows = np.flatnonzero(parts.lengths == _PLACES)
        last = Strings(parts.letters, parts.starts[rows], parts.lengths[rows]).last_words()
        end = [(last >> np.uint64(8 * place) & np.uint64(255)).astype(np.int64) - ord("0") for place in (4, 5, 6, 7)]
        digits = np.logical_and.reduce([(entry >= 0) & (entry <= 9) for entry in end])
        number = end[0] * 1000 + end[1] * 100 + end[2] * 10 + end[3]
        self._rows += int(digits.sum())
        self._floats += int((digits & (number % _FLOAT_STEP == 0)).sum())
        self._zeros.update(parts.texts(rows[digits & (number % 1000 == 0)]))

    @property
    def seen(self) -> dict[str, object]:
        """How many IDs of digits there are, how many could be floats, and those that end in zeros."""
        return {"rows": self._rows, "floats": self._floats, "zeros": sorted(self._zeros)}

    def add_seen(self, seen: Mapping[str, Any]) -> None:
        """The counts of all rows add up."""
        self._rows += seen["rows"]
        self._floats += seen["floats"]
        self._zeros.update(seen["zeros"])

    def read(self, texts: Sequence[str]) -> pa.Array:
        """Each text as one cleaned pattern, null where nothing is left."""
        signs = column_signs(pa.array(texts, pa.string()))[0] if self._all else ColumnSigns()
        clean = id_cleaner(number_signs(signs, ()), licence=False)
        return pa.array([(clean(text).value or NO_ID).pattern for text in texts], pa.string())


def _filled(cells: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(cells.is_valid().to_numpy(zero_copy_only=False), np.bool_)


def _plain(kind: str, cells: pa.Array, forms: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    """Cells of one plain value that is encoded as it is written."""
    if kind == "chinese_name":
        shown, keys = forms["kind"][: len(cells)], forms["key"][: len(cells)]
        return np.asarray((shown == _FULL) & ~_of_nobody(keys), np.bool_)
    parts = strings(cells)
    if kind == "phones":
        return _mobiles(parts)
    if kind == "partial_date":
        days = plain_days(parts)
        return _calendar_days(days) & ~empty_days(days)
    return np.zeros(len(cells), bool)


def _of_nobody(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Names with 某 in them, and words of a form that stand where a name should: the cleaner knows what they are."""
    result = np.isin(keys & np.uint64(0xFFFFFFFF), _FORM_WORDS)
    for place in range(4):
        result |= (keys >> np.uint64(16 * place)) & np.uint64(0xFFFF) == _SOMEBODY
    return np.asarray(result, np.bool_)


def _mobiles(parts: Strings) -> npt.NDArray[np.bool_]:
    """Cells of one mobile number of eleven signs, whole or with one run of stars between its ends."""
    digits, mask = eleven_places(parts)
    hidden = ~mask & _ELEVEN_PLACES
    second = digits >> np.uint64(4) & np.uint64(15)
    mobile = (digits & np.uint64(15) == 1) & (second >= 3) & (hidden & _FIRST_TWO_AND_LAST == 0)
    mobile &= (hidden + (hidden & (~hidden + np.uint64(1)))) & hidden == 0
    mobile &= (parts.lengths == PHONE_PLACES) & ~dummy_phones(digits, mask)
    return np.asarray(mobile & fits_digits_and_stars(parts, mobile), np.bool_)


def _calendar_days(days: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Days that are in every year's calendar, of years in which people alive were born."""
    year, month, day = days // 10_000, days // 100 % 100, days % 100
    last = np.where(month == 2, 28, np.where(np.isin(month, (4, 6, 9, 11)), 30, 31))
    return np.asarray((year >= 1900) & (year < 2090) & (day <= last), np.bool_)

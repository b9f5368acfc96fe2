"""Tables of people that a command is given: cells read as the nightly run reads them, whatever their dirt."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flows.staging.values.ids import NO_ID, ColumnSigns, column_signs, id_cleaner, number_signs
from matchers.encoding.dates import empty_days
from matchers.encoding.dummies import dummy_phones
from matchers.encoding.ids import KINDS, encode_ids
from matchers.encoding.names import common_names
from matchers.encoding.numbers import PHONE_PLACES, eleven_places, fits_digits_and_stars, plain_days
from matchers.encoding.strings import Strings, strings
from matchers.model.link_model import LinkModel
from matchers.sides.headers import fitted
from matchers.sides.unread import Unread, unread_lines, unread_rows, with_shared
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
_SOMEBODY = np.uint64(ord("某"))
_FORM_WORDS = np.array(
    [int.from_bytes(word.encode("utf-16-le"), "little") for word in ("示例", "样例", "范例", "必填", "选填", "非必")],
    np.uint64,
)


def readable(
    left: pa.Table, right: pa.Table | None, model: LinkModel, tell: Callable[[str], None] = print
) -> tuple[pa.Table, pa.Table | None, LinkModel]:
    """Both tables under the model's column names, the cells of people cleaned by the rules of staging.

    `tell` gets one Chinese line per column with filled cells of which nothing usable came.

    Raises InputError where a needed column is missing or stands under two headers.
    """
    one, other, smaller = fitted(left, right, model)
    tables = {"table": one} if other is None else {"left": one, "right": other}
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = dict(zip(tables, pool.map(lambda table: _cleaned(table, smaller), tables.values()), strict=True))
    for line in unread_lines({side: unread for side, (_, unread) in found.items()}):
        tell(line)
    cleaned = [table for table, _ in found.values()]
    return cleaned[0], cleaned[1] if other is not None else None, smaller


def _cleaned(table: pa.Table, model: LinkModel) -> tuple[pa.Table, dict[str, Unread]]:
    """The table with the cells cleaned that are not written plainly; plain ones the cleaner leaves as they are."""
    counts: dict[str, Unread] = {}
    for column, kind in model.columns.items():
        if kind in _READ_AS and pa.types.is_string(table[column].type):
            cells = table[column].combine_chunks()
            signs = column_signs(cells.unique())[0] if kind == "masked_id" else ColumnSigns()
            plain = _plain(kind, cells, signs)
            rows = np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False) & ~plain)
            odd = cells.take(pa.array(rows)).dictionary_encode()
            beside = cells.take(pa.array(np.flatnonzero(plain)[:1])).to_pylist()
            found = _cleaned_texts(kind, odd.dictionary.to_pylist(), beside, signs).take(odd.indices)
            counts[column] = unread_rows(cells, rows[found.is_null().to_numpy(zero_copy_only=False)], kind)
            table = table.set_column(table.schema.get_field_index(column), column, _put(cells, rows, found))
    return table, with_shared(counts, {})


def _cleaned_texts(kind: str, texts: list[str], beside: list[str], signs: ColumnSigns) -> pa.Array:
    """Each text as one cleaned cell, null where nothing is left.

    How odd cells read hangs on their column: on a plain cell `beside` them, and on what its IDs show of Excel.
    """
    from flows.staging.values.columns import clean_column

    if kind == "masked_id":
        clean = id_cleaner(number_signs(signs, ()), licence=False)
        ids = [clean(text).value or NO_ID for text in texts]
        return pa.array([one.pattern for one in ids], pa.string())
    read_as, values = _READ_AS[kind]
    field = SourceField(name=kind, title=kind, type=read_as, aliases=(), values=values)
    found = clean_column(field, [*texts, *beside]).arrays[0].slice(0, len(texts))
    return pc.binary_join(found, _BETWEEN_NUMBERS) if pa.types.is_list(found.type) else found


def _plain(kind: str, cells: pa.Array, signs: ColumnSigns) -> npt.NDArray[np.bool_]:
    """Cells of one plain value that is encoded as it is written."""
    parts = strings(cells)
    if kind == "chinese_name":
        names = common_names(parts)
        return np.asarray((names.kind == _FULL) & ~_of_nobody(names.key), np.bool_)
    if kind == "masked_id":
        if signs.zeros or signs.floats:
            return np.zeros(len(cells), bool)
        shown = encode_ids(cells).kind
        return np.asarray((shown == _FULL) | (shown == _MASKED), np.bool_)
    if kind == "phones":
        return _mobiles(parts)
    if kind == "partial_date":
        days = plain_days(parts)
        return _calendar_days(days) & ~empty_days(days)
    return np.zeros(len(cells), bool)


def _of_nobody(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Names with 某 in them, and words of a form that stand where a name should: the cleaner knows what they are."""
    found = np.isin(keys & np.uint64(0xFFFFFFFF), _FORM_WORDS)
    for place in range(4):
        found |= (keys >> np.uint64(16 * place)) & np.uint64(0xFFFF) == _SOMEBODY
    return np.asarray(found, np.bool_)


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


def _put(cells: pa.Array, rows: npt.NDArray[np.int64], found: pa.Array) -> pa.Array:
    """The cells with others in these rows."""
    places = np.arange(len(cells))
    places[rows] = len(cells) + np.arange(len(rows))
    return pa.concat_arrays([cells, found.cast(cells.type)]).take(pa.array(places))

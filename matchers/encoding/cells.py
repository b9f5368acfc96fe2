"""Cells of Chinese people tables as integers: names with masks, phones in lists, dates in part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.compared_names import compared_name, tidy_name
from matchers.encoding.dates import empty_days, packed, written_part
from matchers.encoding.dummies import dummy_phones
from matchers.encoding.ids import KINDS, encode_ids
from matchers.encoding.names import common_names, encode_names
from matchers.encoding.numbers import PHONE_PLACES, eleven_places, encode_phones, fits_digits_and_stars, plain_days
from matchers.encoding.personal import BETWEEN_PHONES, plain_phone
from matchers.encoding.readings import simplified
from matchers.encoding.several import Numbers, one_after_another
from matchers.encoding.strings import digests, strings, text_array
from matchers.encoding.text import plain_text
from matchers.encoding.typed import as_text
from schemas.people import is_dummy_phone
from schemas.placeholders import means_nothing

Encoded = dict[str, npt.NDArray[np.generic] | pa.Array | Numbers]
Rows = npt.NDArray[np.int64]
_STIR = np.uint64(0xC2B2AE3D27D4EB4F)

_SEXES: Mapping[str, int] = {
    "男": 1, "男性": 1, "male": 1, "m": 1, "1": 1, "女": 0, "女性": 0, "female": 0, "f": 0, "2": 0,
}  # fmt: skip


def encode_chinese_names(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """Names with their forms; blanks and dots do not count.

    `text`: the simplified text of names that are no two to four common characters (`key` spells those); `like`: the
    pattern that a mask fits.
    """
    parts = strings(column)
    found = encode_common_names(column)
    others = np.flatnonzero((found["kind"] == 0) & (parts.lengths > 0))
    if not len(others):
        return found
    texts: list[str | None] = [None] * len(parts.lengths)
    like: list[str | None] = [None] * len(parts.lengths)
    _put_other_names(found, (texts, like), parts.texts(others), others)
    return {**found, "like": pa.array(like, pa.string()), "text": pa.array(texts, pa.string())}


def encode_common_names(column: pa.Array | pa.ChunkedArray) -> dict[str, Any]:
    """The same forms of names of two to four common characters; all others show nothing, kind 0."""
    parts = strings(column)
    names = common_names(parts)
    none = pa.nulls(len(names.kind), pa.string())
    return {
        "raw": np.where(names.kind == 1, digests(parts), np.uint64(0)), "key": names.key, "sound": names.sound,
        "fold": names.fold, "swap": names.swap, "head": names.head, "len": names.length, "kind": names.kind,
        "like": none, "text": none,
    }  # fmt: skip


def _put_other_names(
    found: dict[str, Any], shown: tuple[list[str | None], list[str | None]], cells: list[str], rows: Rows
) -> None:
    """Names outside the common form, each distinct one once: masks, placeholders, long or Latin names, dots."""
    distinct, codes = np.unique(np.array(cells, object), return_inverse=True)
    tidy = [tidy_name(name) if not means_nothing(name) else "" for name in distinct]
    names, simple = encode_names(text_array(tidy)), [simplified(name) for name in tidy]
    like = {
        place: compared_name(tidy[place], simple[place]).name_like
        for place in np.flatnonzero(names.kind > KINDS["full"]).tolist()
    }
    for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
        shown[0][row], shown[1][row] = simple[code], like.get(code)
    found["raw"][rows] = digests(strings(text_array(tidy)))[codes]
    for form, values in (
        ("key", names.key), ("sound", names.sound), ("fold", names.fold), ("swap", names.swap), ("head", names.head),
        ("len", names.length), ("kind", names.kind),
    ):  # fmt: skip
        found[form][rows] = values[codes]


def encode_masked_ids(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """IDs of 18 places with what they show; `sexed`: a full ID."""
    ids = encode_ids(column)
    return {
        "head": ids.head, "head_mask": ids.head_mask, "tail": ids.tail, "tail_mask": ids.tail_mask, "kind": ids.kind,
        "birth": ids.birth, "male": ids.male, "sexed": (ids.kind == KINDS["full"]).astype(np.uint8),
    }  # fmt: skip


def encode_phone_lists(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """Every number of a cell of text, or of a list of texts."""
    array = _single_array(column)
    if not pa.types.is_list(array.type):
        return {"all": _numbers_of(array)}
    ends, valid = np.asarray(array.offsets).astype(np.int64), np.asarray(array.is_valid())
    numbers = _numbers_of(array.values)
    firsts, counts = numbers.offsets[ends[:-1]], np.diff(numbers.offsets[ends]) * valid
    return {"all": numbers.spanned(firsts, counts)}


def _numbers_of(texts: pa.Array) -> Numbers:
    """Every number of each text: eleven digits and stars as whole columns, other writings one by one."""
    parts = strings(texts)
    digits, mask = eleven_places(parts)
    dummy = dummy_phones(digits, mask)
    plain = (parts.lengths == PHONE_PLACES) & (mask != 0) & ~dummy
    fast = plain & fits_digits_and_stars(parts, plain)
    rest = np.flatnonzero(~fast & (parts.lengths > 0))
    if not len(rest):
        return _single(fast, digits, mask)
    other = _read_numbers(text_array(parts.texts(rest)))
    return _merged(_single(fast, digits, mask), other, rest)


def _single(shown: npt.NDArray[np.bool_], digits: npt.NDArray[np.uint64], mask: npt.NDArray[np.uint64]) -> Numbers:
    """Rows that show one number, or none, of eleven digits and stars."""
    rows = np.flatnonzero(shown)
    digits, mask = digits[rows], mask[rows]
    whole = mask == np.uint64(16**PHONE_PLACES - 1)
    same = np.where(whole, digits, _masked_mark(digits, mask))
    return Numbers(np.concatenate([[0], np.cumsum(shown)]), same, digits, mask, whole)


def _masked_mark(digits: npt.NDArray[np.uint64], mask: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """What masked numbers that show the same are equal by; no whole number has it."""
    return np.asarray((digits ^ mask * _STIR) | np.uint64(1 << 63), np.uint64)


def _merged(plain: Numbers, other: Numbers, rows: Rows) -> Numbers:
    """The plain rows with those others, which show nothing there, in their places."""
    where = np.arange(len(plain))
    where[rows] = len(plain) + np.arange(len(rows))
    return one_after_another([plain, other]).take(where)


def _read_numbers(array: pa.Array) -> Numbers:
    """Every number of cells in any writing, one distinct number at a time."""
    import pyarrow.compute as pc  # loads slowly, and models without such columns do without it

    lists = _lists(array)
    distinct, codes = _distinct(pa.chunked_array([lists.values]))
    texts = pa.array([_phone(text or "") for text in distinct.to_pylist()], pa.string())
    digits, mask = encode_phones(texts)
    whole = np.asarray(pc.and_(pc.greater(pc.utf8_length(texts), 0), pc.invert(pc.match_substring(texts, "*"))))
    same = np.where(whole, digits, _masked_mark(digits, mask))
    for row in np.flatnonzero(mask == 0):
        same[row] = _digest(texts[row].as_py()) | np.uint64(1 << 63)
    given = np.asarray(pc.greater(pc.utf8_length(texts), 0))[codes]
    kept = codes[given]
    offsets = np.concatenate([[0], np.cumsum(given)])[np.asarray(lists.offsets)]
    return Numbers(offsets, same[kept], digits[kept], mask[kept], whole[kept])


def _phone(text: str) -> str:
    """The number, nothing where it is a dummy."""
    tidy = plain_phone(text)
    return "" if is_dummy_phone(tidy) else tidy


def encode_partial_dates(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """yyyymmdd as a number, with zeros for a day or month that is not given; 0 where there is none."""
    parts = strings(column)
    days = plain_days(parts)
    others = np.flatnonzero((days == 0) & (parts.lengths > 0))
    cells = parts.texts(others)
    read = {cell: packed(written_part(cell)) for cell in set(cells)}
    days[others] = [read[cell] for cell in cells]
    days[empty_days(days)] = 0
    return {"day": days}


def encode_sexes(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """1 men, 0 women, -1 not given."""
    return {"male": _looked_up(column, lambda text: _SEXES.get(plain_text(text or ""), -1), np.dtype(np.int8))}


def _looked_up(
    column: pa.Array | pa.ChunkedArray, read: Callable[[str | None], int], kind: np.dtype[Any]
) -> npt.NDArray[np.generic]:
    distinct, codes = _distinct(column)
    values = np.array([read(text) for text in distinct.to_pylist()], kind)
    return values[codes]


def _distinct(column: pa.Array | pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Distinct values as text, null among them if there is one, and the place of each row's."""
    encoded = as_text(column).dictionary_encode(null_encoding="encode")
    return encoded.dictionary, np.asarray(encoded.indices).astype(np.int64)


def _single_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _lists(column: pa.Array | pa.ChunkedArray) -> pa.ListArray:
    """One list of numbers per row; cells of text are cut at what stands between numbers."""
    import pyarrow.compute as pc

    array = _single_array(column)
    if not pa.types.is_list(array.type):
        array = pc.split_pattern_regex(as_text(array), BETWEEN_PHONES)
    lengths = np.asarray(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), array.flatten())


def _digest(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))

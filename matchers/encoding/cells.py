"""Cells of Chinese people tables as integers: names with masks, phones in lists, dates in part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.dates import empty_days, packed, written_part
from matchers.encoding.ids import KINDS, encode_ids
from matchers.encoding.names import encode_names
from matchers.encoding.numbers import encode_phones, plain_days
from matchers.encoding.personal import BETWEEN_PHONES, plain_phone
from matchers.encoding.readings import simplified
from matchers.encoding.strings import digests, strings, text_array
from matchers.encoding.text import plain_text
from matchers.encoding.typed import as_text
from matchers.names import compared_name, tidy_name
from schemas.people import is_dummy_phone
from schemas.placeholders import means_nothing

Encoded = dict[str, npt.NDArray[np.generic] | pa.Array]

_SEXES: Mapping[str, int] = {
    "男": 1, "男性": 1, "male": 1, "m": 1, "1": 1, "女": 0, "女性": 0, "female": 0, "f": 0, "2": 0,
}  # fmt: skip


def encode_chinese_names(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """Names with their forms, and the simplified text that masks are held against; blanks and dots do not count."""
    distinct, codes = _distinct(column)
    tidy = [tidy_name(name) if name and not means_nothing(name) else "" for name in distinct.to_pylist()]
    names, shown = encode_names(text_array(tidy)), [simplified(name) for name in tidy]
    like: list[str | None] = [None] * len(tidy)
    for row in np.flatnonzero(names.kind > KINDS["full"]):
        like[row] = compared_name(tidy[row], shown[row]).name_like
    found: Encoded = {
        "raw": digests(strings(text_array(tidy))), "key": names.key, "sound": names.sound, "fold": names.fold,
        "swap": names.swap, "head": names.head, "len": names.length, "kind": names.kind,
        "like": pa.array(like, pa.string()), "text": text_array(shown),
    }  # fmt: skip
    return {form: _spread(values, codes) for form, values in found.items()}


def encode_masked_ids(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """IDs of 18 places with what they show; `sexed`: a full ID."""
    ids = encode_ids(column)
    return {
        "head": ids.head, "head_mask": ids.head_mask, "tail": ids.tail, "tail_mask": ids.tail_mask, "kind": ids.kind,
        "birth": ids.birth, "male": ids.male, "sexed": (ids.kind == KINDS["full"]).astype(np.uint8),
    }  # fmt: skip


def encode_phone_lists(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """Every number of a cell: `t` what it is equal by, `d` and `m` its digits and which of them show, `w` whole."""
    import pyarrow.compute as pc  # loads slowly, and models without such columns do without it

    lists = _lists(column)
    distinct, codes = _distinct(pa.chunked_array([lists.values]))
    texts = pa.array([_phone(text or "") for text in distinct.to_pylist()], pa.string())
    digits, mask = encode_phones(texts)
    whole = np.asarray(pc.and_(pc.greater(pc.utf8_length(texts), 0), pc.invert(pc.match_substring(texts, "*"))))
    same = np.where(whole & (mask != 0), digits, np.uint64(0))
    for row in np.flatnonzero(same == 0):
        same[row] = _digest(texts[row].as_py()) | np.uint64(1 << 63)
    given = np.asarray(pc.greater(pc.utf8_length(texts), 0))[codes]
    kept = np.flatnonzero(given)
    offsets = np.concatenate([[0], np.cumsum(given)])[np.asarray(lists.offsets)].astype(np.int32)
    parts = {"t": same, "d": digits, "m": mask, "w": whole}
    numbers = pa.StructArray.from_arrays(
        [pa.array(values[codes[kept]]) for values in parts.values()], names=list(parts)
    )
    return {"all": pa.ListArray.from_arrays(pa.array(offsets), numbers)}


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


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _spread(values: npt.NDArray[np.generic] | pa.Array, codes: npt.NDArray[np.int64]) -> Any:
    return values.take(pa.array(codes)) if isinstance(values, pa.Array) else values[codes]


def _lists(column: pa.Array | pa.ChunkedArray) -> pa.ListArray:
    """One list of numbers per row; cells of text are cut at what stands between numbers."""
    import pyarrow.compute as pc

    array = _one(column)
    if not pa.types.is_list(array.type):
        array = pc.split_pattern_regex(as_text(array), BETWEEN_PHONES)
    lengths = np.asarray(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), array.flatten())


def _digest(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))

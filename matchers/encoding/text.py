"""Categories and free text: digests to tell equal values by, and text of one byte per character to compare by."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.strings import Rows, Strings, digests, strings, strings_of
from matchers.encoding.swar import u64
from matchers.encoding.typed import as_text, plain_number
from schemas.placeholders import means_nothing, placeholder_words, placeholders

Words = npt.NDArray[np.uint64]
_PAD = 32
_BLANK, _POINT, _COMMA = 0x20, 0x2E, 0x2C
# Words for nothing may be signs only (/, ---) or stand in brackets.
_OPENINGS = np.array([byte < 0x80 and not chr(byte).isalnum() for byte in range(256)])
_DIGITS = np.isin(np.arange(256), np.frombuffer(b"0123456789", np.uint8))
_SHORT = np.uint64(48)


def _odd_bytes() -> npt.NDArray[np.bool_]:
    """Bytes that no text already plain has: capitals, control signs, `+`, and all of UTF-8 but common Chinese."""
    odd = np.ones(256, bool)
    odd[0x20:0x7F] = odd[0x80:0xC0] = odd[0xE4:0xEA] = False
    odd[0x41:0x5B] = odd[0x2B] = True
    return odd


_ODD = _odd_bytes()


@lru_cache(maxsize=1 << 16)
def plain_text(text: str) -> str:
    """The text as it is compared: NFKC, no case, no blanks at its ends or doubled, a number in its shortest form.

    Empty where it is a word for nothing.
    """
    if means_nothing(text):
        return ""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return plain_number(" ".join(folded.replace("\u200b", "").replace("\ufeff", "").split()))


def encode_category(column: pa.Array | pa.ChunkedArray) -> Words:
    """A digest of the plain text, the same on both sides; 0 where there is none."""
    parts = strings(column)
    found = digests(parts)
    rows = _not_plain(parts)
    if len(rows):
        found[rows] = digests(strings_of([plain_text(text) for text in parts.texts(rows)]))
    return _without_nothing(found)


def _not_plain(parts: Strings) -> Rows:
    """Rows that may not be plain yet, as they stand in the column's bytes."""
    letters = parts.letters[_PAD - 1 : len(parts.letters) - _PAD + 1]
    here, before, after = letters[1:-1], letters[:-2], letters[2:]
    odd = _ODD[here]
    blank = here == _BLANK
    if blank.any():
        odd |= blank & ((before == _BLANK) | (before >= 0x80))
    for sign in (_POINT, _COMMA):
        between = here == sign
        if between.any():
            odd |= between & _DIGITS[before] & (_DIGITS[after] if sign == _COMMA else True)
    marked = np.zeros(len(parts.starts), bool)
    places = np.flatnonzero(odd)
    if len(places):
        marked[np.searchsorted(parts.starts, places + _PAD, side="right") - 1] = True
    marked |= _OPENINGS[parts.letters[parts.starts]] | (parts.letters[parts.starts + parts.lengths - 1] == _BLANK)
    return np.flatnonzero(marked & (parts.lengths > 0))


@cache
def _nothing() -> tuple[Words, npt.NDArray[np.bool_]]:
    """Digests of the words for nothing, sorted, and which upper bits they have."""
    words = {word.casefold() for word in placeholder_words().nothing}
    words |= {unicodedata.normalize("NFKC", word).casefold() for word in placeholders()["nothing"]["words"]}
    found = np.sort(digests(strings_of(sorted(words))))
    upper = np.zeros(1 << 16, bool)
    upper[found >> _SHORT] = True
    return found, upper


def _without_nothing(found: Words) -> Words:
    """The digests with those of words for nothing set to 0."""
    known, upper = _nothing()
    near = np.flatnonzero(upper[found >> _SHORT])
    found[near[np.isin(found[near], known)]] = 0
    return found


def encode_text(column: pa.Array | pa.ChunkedArray) -> tuple[Words, pa.Array]:
    """Plain text: its digest, and one byte per character to compare by.

    DuckDB measures likeness over bytes, so every character outside ASCII is set to one letter of its own.
    """
    distinct = as_text(column).dictionary_encode()
    values = distinct.dictionary.to_pylist()
    for row in _not_plain(strings(distinct.dictionary)):
        values[row] = plain_text(values[row])
    marks = _without_nothing(digests(strings_of(values)))
    words = [
        None if not mark else text if text.isascii() else text.translate(_OneByte())
        for text, mark in zip(values, marks.tolist(), strict=True)
    ]
    codes = np.asarray(distinct.indices.fill_null(len(values)))
    return np.append(marks, u64(0))[codes], pa.array(words, pa.string()).take(distinct.indices)


class _OneByte(dict[int, int]):
    """Characters outside ASCII as printable ASCII ones, spread by a multiplicative hash."""

    def __missing__(self, code: int) -> int:
        return code if code < 128 else 33 + (code * 2654435761 >> 16) % 94

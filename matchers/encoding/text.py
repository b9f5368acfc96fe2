"""Categories and free text: digests to tell equal values by, and text of one byte per character to compare by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.strings import Strings, digests, strings, strings_of
from matchers.encoding.swar import u64

Words = npt.NDArray[np.uint64]
_THREE, _TWO = u64(0xFFFFFF), u64(0xFFFF)
_WIDE_BLANKS = (0x8080E3, 0xBFBBEF)
_TWO_BYTE_BLANK = 0xA0C2


def encode_category(column: pa.Array | pa.ChunkedArray) -> Words:
    """A digest of the trimmed text, the same on both sides; 0 where there is none."""
    parts = strings(column)
    found = digests(parts)
    rows = np.flatnonzero(_untrimmed(parts))
    if len(rows):
        found[rows] = digests(strings_of([text.strip() for text in parts.texts(rows)]))
    return found


def _untrimmed(parts: Strings) -> npt.NDArray[np.bool_]:
    """Rows that begin or end with a blank of any width."""
    first, last = parts.words(0), parts.last_words()
    shown = parts.lengths > 0
    blank = ((first & u64(255)) <= 0x20) | ((last >> u64(56)) <= 0x20)
    blank |= (first & _TWO == _TWO_BYTE_BLANK) | (last >> u64(48) == _TWO_BYTE_BLANK)
    blank |= (first & _TWO == 0x80E2) | ((last >> u64(40)) & _TWO == 0x80E2)
    for wide in _WIDE_BLANKS:
        blank |= (first & _THREE == wide) | (last >> u64(40) == wide)
    return blank & shown


def encode_text(column: pa.Array | pa.ChunkedArray) -> tuple[Words, pa.Array]:
    """Lower-case text without blanks at its ends or doubled: its digest, and one byte per character to compare by.

    DuckDB measures likeness over bytes, so every character outside ASCII is set to one letter of its own.
    """
    import pyarrow.compute as pc

    column = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    tidy = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string()))), r"\s+", " ")
    distinct = pc.if_else(pc.equal(tidy, ""), None, tidy).combine_chunks().dictionary_encode()
    values = distinct.dictionary
    words = [text if text is None or text.isascii() else text.translate(_OneByte()) for text in values.to_pylist()]
    codes = np.asarray(distinct.indices.fill_null(len(values)))
    return np.append(digests(strings(values)), u64(0))[codes], pa.array(words, pa.string()).take(distinct.indices)


class _OneByte(dict[int, int]):
    """Characters outside ASCII as printable ASCII ones, spread by a multiplicative hash."""

    def __missing__(self, code: int) -> int:
        return code if code < 128 else 33 + (code * 2654435761 >> 16) % 94

"""Rows of the right width whose cells stand one column off: a delimiter is missing in one place, another too many.

A row is weighed against the kinds of its columns. It is shifted where cells of it do not look like their own columns
and all do once such a pair of faults is undone. It is then set aside; no cell is moved by guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from schemas.placeholders import means_nothing

SAMPLED_ROWS, _LEAST_ROWS = 2_000, 8
_MOST_OTHERS = 5
"""A column is of one kind where at most one filled cell in so many is of another."""
_DATE = r"(?:18|19|20)[0-9]{2}(?:[-/.年][0-9]{1,2}(?:[-/.月][0-9]{0,2}日?)?|[01][0-9](?:[0-3][0-9])?)(?:[ T].*)?"
_ID = r"[1-9*][0-9*＊]{13,16}[0-9Xx*＊]|[1-9*][0-9*＊]{15}[0-9*＊][0-9Xx*＊]"
_PHONE = r"(?:\+?86[- ]?)?[01*][0-9*＊][-0-9*＊ ]{7,13}(?:[、/;；,，|].*)?"
_STRICT = {"date": re.compile(_DATE), "id": re.compile(_ID), "phone": re.compile(_PHONE)}
_STRICT_FIRST = frozenset("0123456789*+")
"""What a date, an ID or a phone begins with."""
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_CROSSES = str.maketrans(dict.fromkeys("\u0445\u0425\u03c7\u03a7", "X"))
_OTHER_THAN_DIGITS = re.compile(r"[^0-9]{2,}")
_NUMBER = re.compile(r"[-+0-9*.,%Ee ]+")
Kinds = tuple[str | None, ...]


@lru_cache(maxsize=1 << 14)
def kind(cell: str) -> str:
    """`blank`, `date`, `id`, `phone`, another `number`, a `code` of letters and digits, or `text`."""
    text = cell if cell.isascii() else unicodedata.normalize("NFKC", _UNSEEN.sub("", cell)).translate(_CROSSES)
    text = text.strip(" \t='\"\u3000")
    if text[:1] in _STRICT_FIRST:  # most cells are names and words
        for name, form in _STRICT.items():  # no word for nothing looks like one of these
            if form.fullmatch(text):
                return name
    if not text or means_nothing(text):
        return "blank"
    if _NUMBER.fullmatch(text):
        return "number"
    return "code" if text.isascii() and any(map(str.isdigit, text)) else "text"


def kinds_of(rows: Sequence[Sequence[str]], width: int) -> Kinds:
    """The kind of each column by its first rows; null where it has several, or too few filled cells."""
    result: list[str | None] = []
    for column in range(width):
        counts: Counter[str] = Counter()
        for cell, often in Counter([row[column] for row in rows[:SAMPLED_ROWS]]).items():
            counts[kind(cell)] += often
        counts.pop("blank", None)
        name, most = counts.most_common(1)[0] if counts else ("", 0)
        result.append(
            name if most >= _LEAST_ROWS and (counts.total() - most) * _MOST_OTHERS <= counts.total() else None
        )
    return tuple(result)


def is_strict(kind: str | None) -> bool:
    """Whether cells of such a kind are told by their form: dates, IDs, phones."""
    return kind in _STRICT


def suspects(columns: Sequence[pa.Array | pa.ChunkedArray], kinds: Sequence[str | None]) -> list[int]:
    """Rows in which a column of dates, IDs or phones holds something else; nothing else needs to be weighed."""
    strange: pa.Array | None = None
    for cells, name in zip(columns, kinds, strict=True):
        if name in _STRICT:
            form = f"^[ \t='\"\u3000]*(?:{_STRICT[name].pattern})?[ \t='\"\u3000]*$"
            unlike = pc.fill_null(pc.invert(pc.match_substring_regex(cells, form)), False)
            strange = unlike if strange is None else pc.or_(strange, unlike)
    if strange is None:
        return []
    rows = pc.indices_nonzero(strange).to_pylist()
    return [int(row) for row in rows]


def is_shifted(row: Sequence[str], kinds: Kinds) -> bool:
    """Whether the cells of a row stand one column off between two places."""
    unlike = [at for at, cell in enumerate(row) if not _fits(cell, kinds[at])]
    if not unlike or not any(kinds[at] in _STRICT for at in unlike):
        return False
    first, last = unlike[0], unlike[-1]
    if last - first == 1 and _fits(row[first], kinds[last]) and _fits(row[last], kinds[first]):
        return False  # two cells written in each other's place
    return any(len(unlike) > 1 or glued for glued in _undone(row, kinds, first, last))


def _fits(cell: str, column: str | None) -> bool:
    return column is None or kind(cell) in (column, "blank")


def _undone(row: Sequence[str], kinds: Kinds, first: int, last: int) -> Iterator[bool]:
    """Each way to undo one missing and one spare delimiter around the strange cells after which all cells fit: glued.

    `glued`: the cell that lacks a delimiter is seen to hold two, one of them a date, an ID or a phone. The cells that
    would move are looked at first; only where they fit is a cell parted, which takes longest.
    """
    width = len(row)
    for a in range(min(first, width - 2), -1, -1):
        for b in range(max(a + 1, last - 1), width - 1):
            if (
                all(_fits(row[at], kinds[at + 1]) for at in range(a + 1, b))
                and _fits(row[b] + row[b + 1], kinds[b + 1])
                and _is_one(row[b], row[b + 1], kinds[b + 1])
            ):
                yield from _parts(row[a], kinds[a], kinds[a + 1])
            if (
                all(_fits(row[at], kinds[at - 1]) for at in range(a + 2, b + 1))
                and _fits(row[a] + row[a + 1], kinds[a])
                and _is_one(row[a], row[a + 1], kinds[a])
            ):
                yield from _parts(row[b + 1], kinds[b], kinds[b + 1])


def _is_one(left: str, right: str, column: str | None) -> bool:
    """Whether two cells may be the halves of one: together what the column holds, or neither of them a value whole."""
    kinds = {kind(left), kind(right)}
    if column in _STRICT:
        return kind(left + right) == column
    if column in ("code", "number"):
        return kind(left + right) == column and not kinds & {"id", "phone"}
    return "blank" in kinds or not kinds & set(_STRICT)


def _parts(cell: str, left: str | None, right: str | None) -> Iterator[bool]:
    """Of each way to part a cell in two that fit both columns, whether it is seen to hold two values."""
    for at in range(len(cell) + 1):
        parts = cell[:at], cell[at:]
        if _fits(parts[0], left) and _fits(parts[1], right):
            yield _are_two(parts, (left, right))


def _are_two(parts: tuple[str, str], columns: tuple[str | None, str | None]) -> bool:
    """Whether one part is a date, an ID or a phone as its column has it and the other a word, or another of these."""
    kinds = [kind(part) for part in parts]
    strict = [name in _STRICT and name == column for name, column in zip(kinds, columns, strict=True)]
    return all(strict) or any(
        one and _OTHER_THAN_DIGITS.fullmatch(other) is not None
        for one, other in zip(strict, reversed(parts), strict=True)
    )

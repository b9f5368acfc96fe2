"""What the cells of a column look like, so that a line can be held against the lines around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_DATE = re.compile(r"[0-9]{2,4}[-/.年][0-9]{1,2}(?:[-/.月][0-9]{0,2}日?)?(?:[ T].*)?")
_NUMBER = re.compile(r"[0-9*xX+＊•.\- ]+")
_SAMPLED = 2_000
_LEAST_ROWS = 4


def shape(cell: str) -> str:
    """`blank`, `date`, `long` (an ID, a phone, masked or not), `short` (another number) or `text`."""
    text = cell.strip(" \t='\"\u3000")
    if not text:
        return "blank"
    if _DATE.fullmatch(text):
        return "date"
    if _NUMBER.fullmatch(text):
        return "long" if len(text) >= 7 else "short"
    return "text"


@dataclass(frozen=True)
class Shapes:
    """Per column the shapes that at least a tenth of its filled cells have; none where there were too few rows."""

    columns: tuple[frozenset[str], ...] = ()

    @property
    def non_text_columns(self) -> tuple[int, ...]:
        """Columns in which text would stand out."""
        return tuple(column for column, usual in enumerate(self.columns) if usual and "text" not in usual)

    def fit(self, cells: Sequence[str]) -> bool:
        """Whether no telling cell looks unlike its column; blanks are no evidence."""
        filled = [column for column in self.non_text_columns if column < len(cells) and shape(cells[column]) != "blank"]
        strange = sum(shape(cells[column]) not in self.columns[column] for column in filled)
        return strange * 2 <= len(filled) if filled else True

    def fit_all(self, cells: Sequence[str]) -> bool:
        """Whether every filled cell looks like its column."""
        return all(
            not usual or shape(cell) in usual or shape(cell) == "blank"
            for cell, usual in zip(cells, self.columns, strict=False)
        )


def shapes_of(rows: Iterable[Sequence[str]], width: int) -> Shapes:
    """The shapes of the first rows of one width; their first row is taken for the header."""
    counts = [Counter[str]() for _ in range(width)]
    seen = 0
    for row in rows:
        seen += 1
        if seen == 1:
            continue
        for column, cell in enumerate(row[:width]):
            counts[column][shape(cell)] += 1
        if seen > _SAMPLED:
            break
    if seen <= _LEAST_ROWS:
        return Shapes()
    return Shapes(tuple(_usual(count) for count in counts))


def _usual(count: Counter[str]) -> frozenset[str]:
    filled = sum(number for kind, number in count.items() if kind != "blank")
    return frozenset(kind for kind, number in count.items() if kind != "blank" and number * 10 >= filled)

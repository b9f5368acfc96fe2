"""Tests of comparison levels over many pairs at once: which pairs stand at a level, as arithmetic on encoded rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.strings import row_array

Bools = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.uint8]
Seqs = npt.NDArray[np.int64]
Columns = Mapping[str, Any]


class PairRows:
    """One entry per pair: one column's encoded forms of both rows, each gathered at first use."""

    def __init__(
        self, column: str, sides: tuple[Columns, Columns], seqs: tuple[Seqs, Seqs],
        above: tuple[PairRows, Seqs] | None = None,
    ) -> None:  # fmt: skip
        self.column, self.sides, self.seqs = column, sides, seqs
        self._above = above
        self._known: dict[object, Any] = {}

    def __len__(self) -> int:
        return len(self.seqs[0])

    def left(self, form: str) -> Any:
        """The left rows' values of a form."""
        return self._form(0, form)

    def right(self, form: str) -> Any:
        """The right rows' values of a form."""
        return self._form(1, form)

    def both(self, form: str, value: int) -> Bools:
        """Pairs both of whose rows have this value."""
        rows = self.derived(("both", form, value), lambda: (self.left(form) == value) & (self.right(form) == value))
        return np.asarray(rows, np.bool_)

    def either(self, form: str, value: int) -> Bools:
        """Pairs one of whose rows has this value."""
        rows = self.derived(("either", form, value), lambda: (self.left(form) == value) | (self.right(form) == value))
        return np.asarray(rows, np.bool_)

    def same(self, form: str) -> Bools:
        """Pairs whose rows have the same value."""
        return np.asarray(self.left(form) == self.right(form), np.bool_)

    def derived(self, name: object, make: Callable[[], Any]) -> Any:
        """An array with an entry per pair, made once and handed on to subsets of the pairs."""
        if name not in self._known:
            above = self._above
            cached = above is not None and name in above[0]._known
            self._known[name] = above[0]._known[name][above[1]] if above is not None and cached else make()
        return self._known[name]

    def where(self, places: Seqs) -> PairRows:
        """Some of the pairs."""
        return PairRows(self.column, self.sides, (self.seqs[0][places], self.seqs[1][places]), (self, places))

    def _form(self, side: int, form: str) -> Any:
        return self.derived((side, form), lambda: self._gathered(side, form))

    def _gathered(self, side: int, form: str) -> Any:
        column = self.sides[side][f"{self.column}_{form}"]
        if not isinstance(column, pa.Array):
            values = column[self.seqs[side]]
            return values if isinstance(values, np.ndarray) else np.array(values.to_pylist(), object)
        texts = column.take(row_array(self.seqs[side]))
        return np.array(texts.to_pylist(), object)


Test = Callable[[PairRows], Bools]
"""A test of one comparison level: a mask over pairs."""


def at_levels(rows: PairRows, missing: Test, tests: Mapping[str, Test], names: list[str]) -> Levels:
    """Per pair its level number (uint8): 0 where a side is null, else the first named level whose test holds."""
    levels = np.zeros(len(rows), np.uint8)
    places = np.flatnonzero(~missing(rows))
    rest = rows if len(places) == len(rows) else rows.where(places)
    for number, name in enumerate(names, start=1):
        if not len(places):
            break
        at = tests[name](rest)
        if at.all():
            levels[places] = number
            break
        if at.any():
            levels[places[at]] = number
            others = np.flatnonzero(~at)
            places, rest = places[others], rest.where(others)
    return levels


def everything(rows: PairRows) -> Bools:
    """The test of a last level: holds for every pair."""
    return np.ones(len(rows), bool)

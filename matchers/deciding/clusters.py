"""One root per row: the smallest of all it is one with, over any number of links."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Row = TypeVar("Row", int, str)


def root_of(links: Iterable[tuple[Row, Row]]) -> Callable[[Row], Row]:
    """What gives each row its root; a row of no link is its own."""
    parent: dict[Row, Row] = {}

    def root(row: Row) -> Row:
        while (above := parent.get(row, row)) != row:
            parent[row] = row = parent.get(above, above)
        return row

    for left, right in links:
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    return root

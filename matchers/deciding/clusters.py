"""One root per row: the smallest row number of its cluster (connected component of links)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Row = TypeVar("Row", int, str)


def root_of(links: Iterable[tuple[Row, Row]]) -> Callable[[Row], Row]:
    """A function from row to root, from links as pairs of rows; a row of no link is its own root."""
    parent: dict[Row, Row] = {}

    def root(row: Row) -> Row:
        while (above := parent.get(row, row)) != row:
            parent[row] = row = parent.get(above, above)
        return row

    for left, right in links:
        first, second = sorted((root(left), root(right)))
        parent[second] = first
    return root

"""Linking any two tables, or one with itself, by a model file: by evidence where it has ceilings, else by weight."""

from __future__ import annotations

import pyarrow as pa

from matchers.evidence.link import pairs_by_evidence
from matchers.evidence.tables import Tables
from matchers.linkage.headers import fitted
from matchers.linkage.link import Options, id_column, link_tables
from matchers.linkage.model import LinkModel

ROW_ID = "linked_row_id"


def link(
    left: pa.Table, right: pa.Table | None, model: LinkModel, *, ids: tuple[str, str], options: Options | None = None
) -> pa.Table:
    """One row per pair that is linked, waits for a person or nearly did; `right` null holds the left against itself.

    Raises TableError where an id column is missing or repeats, InputError where a needed column is missing.
    """
    sides = [with_ids(table, column) for table, column in zip((left, right), ids, strict=True) if table is not None]
    one, other, smaller = fitted(sides[0], sides[1] if right is not None else None, model)
    if model.ceilings:
        options = options or Options()
        tables = Tables(one, other, (ROW_ID, ROW_ID))
        return pairs_by_evidence(tables, smaller, threads=options.threads, memory=options.memory)
    return link_tables(one, other, smaller, ids=(ROW_ID, ROW_ID), options=options or Options())


def with_ids(table: pa.Table, column: str) -> pa.Table:
    """The table with its ids as text in a column of their own, whatever becomes of the headers."""
    return table if column == ROW_ID else table.append_column(ROW_ID, id_column(table, column))

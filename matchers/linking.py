"""Linking any two tables, or one with itself, by a model file, and learning its weights.

One engine carries every model out: a pair is one integer and its levels another, and it is pruned as soon as neither
its weight nor an evidence tier can matter any more. Where a model has tiers they say what a pair may become, whatever
it weighs; else its thresholds do.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from matchers.engine import Options
from matchers.engines.link import id_column, link_tables
from matchers.model.link_model import LinkModel
from matchers.sides.headers import fitted
from matchers.training.by_tiers import train_tiers
from matchers.training.by_weight import Judging, Training
from matchers.training.by_weight import train as train_by_weight

_ROW_ID = "linked_row_id"
Reading = Callable[[pa.Table, pa.Table | None, LinkModel], tuple[pa.Table, pa.Table | None, LinkModel]]
"""Both tables under the model's column names, with cells as the model's kinds take them, and the model as it fits."""


def link(
    left: pa.Table,
    right: pa.Table | None,
    model: LinkModel,
    *,
    ids: tuple[str, str],
    judgements: pa.Table | None = None,
    read: Reading = fitted,
    options: Options | None = None,
) -> pa.Table:
    """One row per pair that is linked, waits for a person or nearly did; `right` null holds the left against itself.

    Pairs persons judged (left_id, right_id, judgement `link`, `not_link` or `unsure`) stand as they were judged. Raises
    TableError where an id column is missing or repeats or judgements contradict each other, InputError where a needed
    column is missing.
    """
    chosen = options or Options()
    if not model.finds_headers:
        return link_tables(left, right, model, ids=ids, judgements=judgements, options=chosen)
    sides = [_with_ids(table, column) for table, column in zip((left, right), ids, strict=True) if table is not None]
    one, other, smaller = read(sides[0], sides[1] if right is not None else None, model)
    return link_tables(one, other, smaller, ids=(_ROW_ID, _ROW_ID), judgements=judgements, options=chosen)


def train(
    left: pa.Table,
    right: pa.Table | None,
    model: LinkModel,
    *,
    judging: Judging | None = None,
    read: Reading = fitted,
    options: Options | None = None,
) -> Training:
    """A model's weights learned from two tables, or one. Raises TableError where they cannot be trusted."""
    if not model.finds_headers:
        return train_by_weight(left, right, model, judging=judging, options=options)
    ids = judging.ids if judging else (None, None)
    sides = [_with_ids(table, column) for table, column in zip((left, right), ids, strict=True) if table is not None]
    one, other, smaller = read(sides[0], sides[1] if right is not None else None, model)
    named = Judging(judging.judgements, (_ROW_ID, _ROW_ID)) if judging else None
    if not model.ceilings:
        return train_by_weight(one, other, smaller, judging=named, options=options)
    return train_tiers(one, other, smaller, model, judging=named, options=options)


def _with_ids(table: pa.Table, column: str | None) -> pa.Table:
    """The table with its ids as text in a column of their own, whatever becomes of the headers; else row numbers."""
    ids = id_column(table, column) if column else pa.array(map(str, range(table.num_rows)), pa.string())
    return table.append_column(_ROW_ID, ids)

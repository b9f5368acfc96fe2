"""Linking any two tables, or one with itself, by a model file, and learning its weights.

One engine carries every model out: a pair is one integer and its levels another, and it is pruned as soon as neither
its weight nor an evidence tier can matter any more. Where a model has tiers they say what a pair may become, whatever
it weighs; else its thresholds do. A model that finds headers takes tables as offices send them: `reading` says how
cells are read that are not plainly written.
"""

from __future__ import annotations

import pyarrow as pa

from matchers.engine import Options
from matchers.engines.link import link_tables
from matchers.engines.why import Why
from matchers.engines.why import why as why_pair
from matchers.model.link_model import LinkModel
from matchers.sides.headers import fitted_rows
from matchers.sides.named_rows import CellReading, Rows
from matchers.training.suggest_blocking import Suggestion
from matchers.training.suggest_blocking import suggest_blocking as suggested
from matchers.training.train import Judging, Training
from matchers.training.train import train as learned
from schemas.errors import TableError
from schemas.rules import Rule

_ROW_ID = "linked_row_id"


def link(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    *,
    ids: tuple[str, str],
    judgements: pa.Table | None = None,
    reading: CellReading | None = None,
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
    named = fitted_rows(left, right, model, ids=_row_ids(left, right, ids), reading=reading)
    return link_tables(*named, ids=(_ROW_ID, _ROW_ID), judgements=judgements, options=chosen)


def train(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    *,
    judging: Judging | None = None,
    reading: CellReading | None = None,
    options: Options | None = None,
) -> Training:
    """A model's weights learned from two tables, or one. Raises TableError where they cannot be trusted."""
    if not model.finds_headers:
        return learned(left, right, model, judging=judging, options=options)
    ids = _row_ids(left, right, judging.ids) if judging else ()
    left_rows, right_rows, smaller = fitted_rows(left, right, model, ids=ids, reading=reading)
    named = Judging(judging.judgements, (_ROW_ID, _ROW_ID)) if judging else None
    return learned(left_rows, right_rows, smaller, whole=model, judging=named, options=options)


def suggest_blocking(
    left: Rows,
    right: Rows | None,
    model: LinkModel,
    *,
    reading: CellReading | None = None,
    options: Options | None = None,
) -> Suggestion:
    """Blocking rules for two tables, or one. Raises TableError where no two rows share anything."""
    if not model.finds_headers:
        return suggested(left, right, model, options=options)
    return suggested(*fitted_rows(left, right, model, ids=(), reading=reading), options=options)


def why(
    left: Rows, right: Rows, model: LinkModel, *, ids: tuple[str, str], pair: tuple[str, str],
    reading: CellReading | None = None, options: Options | None = None,
) -> Why:  # fmt: skip
    """Why two rows, by their ids, are linked or not. Raises TableError where a row is not in its table."""
    if not model.finds_headers:
        return why_pair(left, right, model, ids=ids, pair=pair, options=options)
    left_rows, right_rows, smaller = fitted_rows(left, right, model, ids=_row_ids(left, right, ids), reading=reading)
    if right_rows is None:
        raise ValueError("two tables were given")
    return why_pair(left_rows, right_rows, smaller, ids=(_ROW_ID, _ROW_ID), pair=pair, options=options)


def _row_ids(left: Rows, right: Rows | None, ids: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The name under which each table's ids are read, whatever becomes of its headers."""
    for table, column in zip((left, right), ids, strict=True):
        if table is not None and column not in table.schema.names:
            raise TableError(
                f"没有编号列 {column}", rule=Rule.ID_COLUMN, action="用 --left-id、--right-id 或 --id 指定编号列"
            )
    return ((_ROW_ID, ids[0]),) if right is None else ((_ROW_ID, ids[0]), (_ROW_ID, ids[1]))

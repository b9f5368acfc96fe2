"""Linking any two tables, or one with itself, by a model file: by evidence where it has ceilings, else by weight.

There is one format of models, one loader and one set of kinds of columns; there are two ways to carry a model out.

By weight (`matchers.linkage`), for models without ceilings. Thresholds alone decide, so a pair is a number of 64 bits
and its levels are another, and it is given up as soon as what is left to compare could not lift it to the review
threshold. Millions of rows a side go through in seconds because nothing is kept of the pairs that do not matter.

By evidence (`matchers.evidence`), for models with ceilings, such as the district's. What a pair may become depends on
which parts agree, whatever they weigh: a full ID with another name must reach a person though its weight is far below
any threshold, and a phone that four names share is worth nothing. That needs by name every level with its bits of every
pair that could matter, values counted against a population (a registry is a sample of it), cells of several phones, and
who else bears them; and the night keeps candidates, scores and decisions apart, to go on from any of them. It is made
for a district, tens of thousands of rows a side.

Both take from the same places: the model and its faults, kinds, encoders, keys, level SQL and implied columns
(`matchers.linkage.model`, `kinds`, `chinese`, `pairs`); EM's types, refusals, cross-check and report (`learn`, `trust`,
`crosscheck`, `trained`); judgements (`judged`, `judged_pairs`) and clusters (`matchers.clusters`).
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from matchers.engine import Options
from matchers.evidence.link import pairs_by_evidence
from matchers.evidence.tables import Tables
from matchers.evidence.training import train_by_evidence
from matchers.linkage.headers import fitted
from matchers.linkage.link import id_column, link_tables
from matchers.linkage.model import LinkModel
from matchers.linkage.training import Judging, Training
from matchers.linkage.training import train as train_by_weight

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
    if not model.ceilings:
        return link_tables(one, other, smaller, ids=(_ROW_ID, _ROW_ID), judgements=judgements, options=chosen)
    tables = Tables(one, other, (_ROW_ID, _ROW_ID))
    return pairs_by_evidence(tables, smaller, judgements=judgements, options=chosen)


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
    if not model.ceilings:
        named = Judging(judging.judgements, (_ROW_ID, _ROW_ID)) if judging else None
        return train_by_weight(one, other, smaller, judging=named, options=options)
    tables = Tables(one, other, (_ROW_ID, _ROW_ID))
    return train_by_evidence(
        tables, smaller, model, judgements=judging.judgements if judging else None, options=options
    )


def _with_ids(table: pa.Table, column: str | None) -> pa.Table:
    """The table with its ids as text in a column of their own, whatever becomes of the headers; else row numbers."""
    ids = id_column(table, column) if column else pa.array(map(str, range(table.num_rows)), pa.string())
    return table.append_column(_ROW_ID, ids)

"""Link tables on Spark: the rows that `matchers.engines.link` gives, from tasks over pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from matchers.deciding.judgements import JudgedPairs, checked_judgements
from matchers.engines.spark.kept_rows import Chunk
from matchers.engines.spark.sealed import SealedFolder, new_key
from matchers.engines.spark.session import SparkOptions, spark_session
from matchers.engines.spark.setting import Parted, Piece, Setting
from matchers.engines.spark.travel import Carrier
from matchers.engines.spark.written import write_sorted
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import refuse_unfit_columns
from matchers.sides.headers import fitted_rows
from matchers.sides.named_rows import CellReading, Rows
from matchers.sides.unread import Unread
from schemas.errors import TableError
from schemas.rules import Rule

_ROW_ID = "linked_row_id"
_MARKS_PER_SHARD = 12_000_000
"""Keys of rows that meet in one task: about 100 MB."""
_LEAST_SHARDS, _MOST_SHARDS = 2, 4096


@dataclass(frozen=True)
class Linked:
    """What was written: chunks of pairs and, where asked for, of clusters; what cells showed nothing by side and
    column, how many rows of one table are copies of a row, and what persons judged."""

    files: SealedFolder
    pairs: list[Chunk]
    clusters: list[Chunk]
    unread: dict[str, dict[str, Unread]]
    copies: int
    judged: JudgedPairs | None


@dataclass(frozen=True)
class Given:
    """A table as a command is given it. `title`: what a clerk calls it."""

    title: str
    pieces: Sequence[Rows]
    id_column: str


def parted(
    given: Sequence[Given], model: LinkModel, reading: CellReading | None
) -> tuple[tuple[Parted, ...], LinkModel]:
    """Tables in pieces, with their first rows' numbers, under the model's own names, and the model as it fits them.

    Raises as the embedded engine does on unfit columns.
    """
    for one in given:
        if one.id_column not in one.pieces[0].schema.names:
            raise TableError(
                f"没有编号列 {one.id_column}", rule=Rule.ID_COLUMN, action="用 --left-id、--right-id 或 --id 指定编号列"
            )
    if not model.finds_headers:
        for one in given:
            refuse_unfit_columns(one.title, one.pieces[0].schema, model)
        return tuple(_numbered(one, one.pieces, one.id_column) for one in given), model
    firsts = [one.pieces[0] for one in given]
    ids = tuple((_ROW_ID, one.id_column) for one in given)
    left, right, fitted = fitted_rows(
        firsts[0], firsts[1] if len(firsts) > 1 else None, model, ids=ids, reading=reading
    )
    named = [[replace(side, rows=rows) for rows in one.pieces]
             for one, side in zip(given, (left, right), strict=False) if side is not None]  # fmt: skip
    return tuple(_numbered(one, pieces, _ROW_ID) for one, pieces in zip(given, named, strict=True)), fitted


def _numbered(one: Given, pieces: Sequence[Rows], id_column: str) -> Parted:
    first, found = 0, []
    for rows in pieces:
        found.append(Piece(rows, first))
        first += rows.num_rows
    return Parted(one.title, found, id_column, one.id_column)


def link_on_spark(
    tables: tuple[Parted, ...], model: LinkModel, options: SparkOptions, folder: Path, *,
    judgements: pa.Table | None = None, clusters: bool = False,
) -> Linked:  # fmt: skip
    """Pairs of two tables, or of one, and clusters where asked for, in sealed files (`matchers.engines.spark.written`).

    `folder`: private, reached by every task and the driver; nobody reads what a killed command leaves there. Raises
    InputError, TableError and HomeError.
    """
    from matchers.engines.spark.flow import clustered, decided_pairs

    files = SealedFolder(folder, new_key())
    setting = Setting(
        model, tables, shards_of(tables, model), files, Carrier(files if options.one_machine else None),
        judgements=None if judgements is None else checked_judgements(judgements),
    )  # fmt: skip
    with spark_session(options, setting.shards) as spark:
        decided = decided_pairs(spark, setting)
        kept = replace(decided, rows=decided.rows.persist()) if clusters else decided
        pairs = write_sorted(setting, kept.rows, ("left_id", "right_id"))
        grouped = write_sorted(setting, clustered(spark, kept), ("id",)) if clusters else []
    return Linked(files, pairs, grouped, decided.unread, decided.copies, decided.setting.judged)


def shards_of(tables: Sequence[Parted], model: LinkModel) -> int:
    """How many tasks compare, by how many keys there are; the rows that come out do not depend on it."""
    rows = sum(piece.rows.num_rows for table in tables for piece in table.pieces)
    return min(max(-(-rows * len(model.blocking) // _MARKS_PER_SHARD), _LEAST_SHARDS), _MOST_SHARDS)

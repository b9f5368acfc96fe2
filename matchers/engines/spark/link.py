"""Link tables on Spark by a model of weights: the rows that `matchers.engines.link` gives, from tasks over pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matchers.engines.spark.session import SparkOptions, spark_session
from matchers.engines.spark.setting import Parted, Piece, Setting
from matchers.engines.spark.written import write_parts
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import refuse_unfit_columns
from matchers.sides.named_rows import Rows
from matchers.sides.unread import Unread
from schemas.errors import InputError, TableError

_MARKS_PER_SHARD = 4_000_000
"""Keys of rows that meet in one task: about 100 MB."""
PAIRS, CLUSTERS = "pairs", "clusters"
_LEAST_SHARDS, _MOST_SHARDS = 4, 4096


@dataclass(frozen=True)
class Linked:
    """What was written into the folder: how many pairs, and what cells showed nothing, by side and column."""

    pairs: int
    unread: dict[str, dict[str, Unread]]
    copies: int


def refuse_model(model: LinkModel) -> None:
    """Raise InputError where a model needs what is not done on Spark."""
    if model.ceilings or model.finds_headers:
        raise InputError(
            f"模型 {model.name} 有证据等级或自认列名，--engine spark 还不支持", rule="spark_model",
            action="用 --engine embedded（大表加 --memory），或用只按分值的模型，如 people",
        )  # fmt: skip


def parted(title: str, pieces: Sequence[Rows], model: LinkModel, id_column: str) -> Parted:
    """A table's pieces with their first rows' numbers. Raises as the embedded engine does on unfit columns."""
    refuse_unfit_columns(title, pieces[0].schema, model)
    if id_column not in pieces[0].schema.names:
        raise TableError(
            f"没有编号列 {id_column}", rule="id_column", action="用 --left-id、--right-id 或 --id 指定编号列"
        )
    first, found = 0, []
    for rows in pieces:
        found.append(Piece(rows, first))
        first += rows.num_rows
    return Parted(title, found, id_column)


def link_on_spark(
    tables: Sequence[Parted], model: LinkModel, options: SparkOptions, folder: Path, *, clusters: bool = False
) -> Linked:
    """Pairs of two tables, or of one, written into a folder: `pairs` and, where asked for, `clusters`, as parts with an
    index each (`matchers.engines.spark.written`).

    Raises InputError, TableError and HomeError before an index stands.
    """
    from matchers.engines.spark.flow import clustered, decided_pairs

    refuse_model(model)
    setting = Setting(model, tuple(tables), shards_of(tables, model))
    with spark_session(options, setting.shards) as spark:
        decided = decided_pairs(spark, setting, folder)
        kept = replace(decided, rows=decided.rows.persist()) if clusters else decided
        parts = write_parts(kept.rows, folder / PAIRS, ("left_id", "right_id"))
        if clusters:
            write_parts(clustered(spark, kept, folder), folder / CLUSTERS, ("id",))
    return Linked(sum(part.rows for part in parts), decided.unread, decided.copies)


def shards_of(tables: Sequence[Parted], model: LinkModel) -> int:
    """How many tasks compare, by how many keys there are; the rows that come out do not depend on it."""
    rows = sum(piece.rows.num_rows for table in tables for piece in table.pieces)
    return min(max(-(-rows * len(model.blocking) // _MARKS_PER_SHARD), _LEAST_SHARDS), _MOST_SHARDS)

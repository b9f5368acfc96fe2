"""Decided pairs as tasks write them, in sealed files: they count once the list of all chunks is with the driver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from matchers.engines.spark.kept_rows import Chunk, keep_rows, rows_of
from matchers.engines.spark.result import NO_PAIRS, pair_table
from matchers.engines.spark.sealed import SealedFolder
from matchers.engines.spark.setting import Setting
from matchers.model.link_model import LinkModel

_FEW_SHARDS = 8
"""Up to so many shards the rows are sorted in one task: cutting them into ranges takes longer."""


def write_sorted(setting: Setting, rows: Any, by: tuple[str, ...]) -> list[Chunk]:
    """Write a frame, sorted by these columns."""
    if setting.shards <= _FEW_SHARDS:
        return keep_rows(setting.files, rows.repartition(1).sortWithinPartitions(*by))
    return keep_rows(setting.files, rows.orderBy(*by))


def written_rows(files: SealedFolder, chunks: Iterable[Chunk]) -> Iterator[pa.Table]:
    """The rows of the chunks, in order, some at a time. Raises HomeError where a file is damaged."""
    for one in chunks:
        yield pa.Table.from_batches([rows_of(files, one)]).replace_schema_metadata(None)


def written_pairs(model: LinkModel, files: SealedFolder, chunks: list[Chunk]) -> Iterator[pa.Table]:
    """Decided pairs as other systems read them; one table of no rows where there are none."""
    for rows in written_rows(files, chunks):
        yield pair_table(model, rows)
    if not chunks:
        yield pair_table(model, NO_PAIRS.empty_table())

"""Decided pairs as Spark writes them: parts in a folder of their own, which count once an index names them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from matchers.engines.spark.result import NO_PAIRS, pair_table
from matchers.model.link_model import LinkModel
from schemas.errors import HomeError
from schemas.rules import Rule

INDEX = "index.json"
_READ_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Part:
    """One file of rows with what it must hold."""

    name: str
    rows: int
    sha256: str


def write_parts(rows: Any, folder: Path, by: tuple[str, ...]) -> list[Part]:
    """Write a frame, sorted by these columns, into a new folder, and the index when all parts are there.

    Spark renames a task's file into place once the task is done: one that ran twice leaves one file.
    """
    rows.orderBy(*by).write.parquet(str(folder))
    parts = []
    for path in sorted(folder.glob("part-*.parquet")):
        with path.open("rb") as body:
            sha256 = hashlib.file_digest(body, "sha256").hexdigest()
        parts.append(Part(path.name, pq.read_metadata(path).num_rows, sha256))
    aside = folder / f".{INDEX}"
    aside.write_text(json.dumps([vars(part) for part in parts], indent=1), "utf-8")
    aside.replace(folder / INDEX)
    return parts


def written_rows(folder: Path) -> Iterator[pa.Table]:
    """The rows that the index names, in order, some at a time. Raises HomeError where a part is not what it names."""
    for one in json.loads((folder / INDEX).read_text("utf-8")):
        part = Part(**one)
        with (folder / part.name).open("rb") as body:
            if hashlib.file_digest(body, "sha256").hexdigest() != part.sha256:
                raise HomeError(
                    "Spark 写下的一部分结果与索引不符，没有写出结果",
                    where=part.name,
                    rule=Rule.SPARK,
                    action="重新运行",
                )
            with pq.ParquetFile(body) as file:
                for batch in file.iter_batches(_READ_AT_ONCE):
                    yield pa.Table.from_batches([batch]).replace_schema_metadata(None)


def written_pairs(model: LinkModel, folder: Path) -> Iterator[pa.Table]:
    """Decided pairs as other systems read them; one table of no rows where there are none."""
    some = False
    for rows in written_rows(folder):
        some = True
        yield pair_table(model, rows)
    if not some:
        yield pair_table(model, NO_PAIRS.empty_table())

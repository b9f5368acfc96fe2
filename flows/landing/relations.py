"""A workspace relation kept as sealed Parquet beside the landing copies, for a later run to take up again."""

from __future__ import annotations

import io
import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from flows.home.folders import write_private
from flows.home.sealed_tables import table_in
from flows.landing.manifest import DroppedColumns, load_manifest, save_manifest
from flows.run.context import RunContext
from matchers.relations import make
from schemas.contracts import stage_table
from schemas.errors import InputError
from schemas.rules import Rule

_DROPPED = """
select source, file, sheet, columns_dropped from stage_files where len(columns_dropped) > 0
order by source, file, sheet nulls first, columns_dropped
"""
_LONG_NUMBER = re.compile(r"[0-9]{7,}[0-9Xx]?")


def seal_relation(con: duckdb.DuckDBPyConnection, run: RunContext, name: str) -> int:
    """Keep a contracted workspace relation in the night's landing folder; gives its rows."""
    table = con.table(stage_table(name).name).to_arrow_table()
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    write_private(_path(run.landing, name), run.key.seal(sink.getvalue()))
    return int(table.num_rows)


def unseal_relation(con: duckdb.DuckDBPyConnection, run: RunContext, name: str, folder: Path | None = None) -> int:
    """Bring a kept relation back into the workspace, in its old order; gives its rows.

    Raises InputError when that night did not keep it.
    """
    relation = stage_table(name).name
    path = _path(folder or run.landing, relation)
    try:
        sealed = path.read_bytes()
    except OSError:
        where = f"landing/{path.parent.parent.name}/{path.parent.name}"
        raise InputError(
            f"没有留存 {name}", where=where, rule=Rule.RELATION_NOT_KEPT, action="改用 --from-landing 整夜重放"
        ) from None
    kept = table_in(run.key.unseal(sealed))
    return make(con, relation, kept)


def note_dropped_columns(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Write into the night's manifest which columns of which sheet no contract lists; long digits are masked."""
    rows = con.execute(_DROPPED).fetchall()
    dropped = tuple(
        DroppedColumns(
            source=source, file=file, sheet=sheet, columns=tuple(_LONG_NUMBER.sub("…", text) for text in columns)
        )
        for source, file, sheet, columns in rows
    )
    manifest = load_manifest(run.landing, run.key).model_copy(update={"columns_dropped": dropped})
    save_manifest(run.landing, run.key, manifest)


def _path(folder: Path, name: str) -> Path:
    return folder / f"relation_{name}.sealed"

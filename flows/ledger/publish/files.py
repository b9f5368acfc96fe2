"""Bytes of published files: same rows, same bytes."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.folders import sync_folder, write_private
from schemas.contracts import ledger_schema_version

_GROUP = 128 * 1024


def parquet_bytes(table: pa.Table, name: str, as_of: date) -> bytes:
    """Parquet with zstd and dictionary strings; metadata: schema version, as_of and contract name, nothing else."""
    about = {
        "sanzhao.contract": name,
        "sanzhao.schema_version": ledger_schema_version(),
        "sanzhao.as_of": as_of.isoformat(),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(about), sink, compression="zstd", use_dictionary=True, row_group_size=_GROUP
    )
    return bytes(sink.getvalue())


def sha256(data: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def write_version(folder: Path, files: dict[str, bytes]) -> None:
    """Write a version's files aside and rename the folder into place; never over an existing one."""
    aside = folder.with_name(f".{folder.name}.part")
    for name, data in files.items():
        write_private(aside / name, data)
    sync_folder(aside)
    aside.rename(folder)
    sync_folder(folder.parent)

"""One `SourceQuality` per source of the run, counted from the staging relations; no personal value leaves here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import duckdb

from flows.home.keys import DistrictKey
from flows.landing import load_manifest
from flows.run.context import RunContext
from schemas.contracts import SourceContract
from schemas.drift import FileQuality, SourceQuality

_FILES = """
select file, sum(rows_in), sum(accepted), sum(quarantined), sum(passed_over), sum(len(columns_dropped)),
    bool_and(state = 'refused')
from stage_files where source = $source group by file order by file
"""
_DAMAGE = """
select repair, count(*) from stage_repairs where row_key between $first and $last group by repair order by repair
"""
_SENT_BACK = "select rule, count(*) from quarantine where source = $source group by rule order by rule"


def measure_sources(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, SourceQuality]:
    """Every source that sent a file tonight."""
    manifest = load_manifest(run.landing, run.key)
    result = {}
    for name, contract in run.contracts.items():
        contents = sorted(
            content_token(run.key, entry.sha256)
            for entry in manifest.files
            if entry.source == name and entry.sha256 and entry.came_on is None
        )
        if any(entry.source == name for entry in manifest.files):
            result[name] = _measure(con, run, contract).model_copy(update={"contents": tuple(contents)})
    return result


def content_token(key: DistrictKey, sha256: str) -> str:
    """A keyed token of a file's content: a bare hash could be compared with a file somebody holds."""
    return key.token("file content", sha256)[:32]


def name_token(key: DistrictKey, source: str, file: str) -> str:
    """A keyed token of a file's name without its digits: `骑手20261119.xlsx` and `骑手20261220.xlsx` are one."""
    path = PurePosixPath(file)
    return key.token("file name", f"{source}/{re.sub(r'[0-9０-９]+', '#', path.stem)}{path.suffix.lower()}")[:32]


def _measure(con: duckdb.DuckDBPyConnection, run: RunContext, contract: SourceContract) -> SourceQuality:
    files = con.execute(_FILES, {"source": contract.name}).fetchall()
    filled = _filled(con, contract)
    by_name = tuple(
        FileQuality(
            name=name_token(run.key, contract.name, file),
            rows_in=rows_in,
            accepted=accepted,
            quarantined=quarantined,
            filled=filled.get(file, {}),
        )
        for file, rows_in, accepted, quarantined, _, _, _ in files
    )
    return SourceQuality(
        source=contract.name,
        as_of=run.as_of,
        files=by_name,
        rows_in=sum(file[1] for file in files),
        accepted=sum(file[2] for file in files),
        quarantined=sum(file[3] for file in files),
        passed_over=sum(file[4] for file in files),
        refused_files=sum(file[6] for file in files),
        filled=_summed(filled),
        damage=_damage(con, contract.name),
        sent_back=dict(con.execute(_SENT_BACK, {"source": contract.name}).fetchall()),
        columns_dropped=sum(file[5] for file in files),
    )


def _filled(con: duckdb.DuckDBPyConnection, contract: SourceContract) -> dict[str, dict[str, int]]:
    """Filled cells per file and field, of the accepted rows."""
    columns = ", ".join(f'count("{field.name}")' for field in contract.imported)
    rows = con.table(f"stage_{contract.name}").aggregate(f"file, {columns}", "file").order("file").fetchall()
    names = [field.name for field in contract.imported]
    return {file: dict(zip(names, counts, strict=True)) for file, *counts in rows}


def _summed(filled: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in filled.values():
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total


def _damage(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, int]:
    """Repairs of the source's rows, whose keys are consecutive."""
    span: Any = con.table(f"stage_{source}").aggregate("min(row_key), max(row_key)").fetchone()
    if span is None or span[0] is None:
        return {}
    return dict(con.execute(_DAMAGE, {"first": span[0], "last": span[1]}).fetchall())

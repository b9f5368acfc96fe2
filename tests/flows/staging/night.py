"""One small night for tests: files dropped, landed and staged in a real workspace."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.settings import Settings
from flows.landing import land
from flows.run.context import RunContext
from flows.run.workspace import open_workspace
from flows.staging.step import stage
from schemas.contracts import load_sources
from schemas.policy import Reading, load_policy
from tests.flows.stores import with_empty_store

AS_OF = dt.date(2026, 11, 19)
PROVENANCE = (
    'provider = "某局"\npurpose = "核对"\nlegal_basis = "个人信息保护法第十三条"\napproval_no = "试〔2026〕1号"\n'
    'owner = "某科"\ncontact = "内线"\nretention_days = 30\n'
)
ROLL = "姓名,公民身份号码,手机号码\n向秀芬,500113196903072842,13812345679\n".encode()


def make_run(tmp_path: Path, drop: Path | None = None, **changes: Any) -> RunContext:
    home = Home(tmp_path / "home")
    home.make()
    with_empty_store(home)
    run = RunContext(
        home=home,
        run_id="20261119T013000Z-ab12",
        as_of=AS_OF,
        drop=drop,
        settings=Settings(settle_seconds=0),
        policy=load_policy(),
        contracts=load_sources(),
        key=DistrictKey(b"a key of the tests, long enough"),
        started_at=dt.datetime(2026, 11, 19, 1, 30, tzinfo=dt.UTC),
    )
    return replace(run, **changes)


def put(drop: Path, files: dict[str, bytes]) -> Path:
    """Write `source/name` files, each source with its provenance."""
    for name, data in files.items():
        path = drop / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        (path.parent / "provenance.toml").write_text(PROVENANCE, "utf-8")
    return drop


def book(rows: list[list[Any]], *, sheet: str = "数据", merges: dict[str, str] | None = None, at: int = 0) -> bytes:
    """An .xlsx of one sheet; a merge like `{"A1:C1": "题"}` is written over the rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        page = workbook.add_worksheet(sheet)
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for index, row in enumerate(rows, at):
            for column, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    page.write_datetime(index, column, dt.datetime(cell.year, cell.month, cell.day), day)
                elif cell is not None:
                    page.write(index, column, cell)
        for place, text in (merges or {}).items():
            page.merge_range(place, text)
    return out.getvalue()


@dataclass
class Staged:
    """What came of a night."""

    con: duckdb.DuckDBPyConnection
    counts: dict[str, Any]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        found = self.rows(sql)
        assert len(found) == 1, found
        return found[0][0]

    def states(self, source: str) -> list[tuple[Any, ...]]:
        return self.rows(
            f"select file, sheet, state, rows_in, accepted, message from stage_files where source = '{source}'"
        )


@contextmanager
def staged(tmp_path: Path, files: dict[str, bytes], reading: Reading | None = None) -> Iterator[Staged]:
    """Land and stage files; a one-line roll is added where there is none."""
    if not any(name.startswith("party_members/") for name in files):
        files = {"party_members/名册.csv": ROLL, **files}
    policy = load_policy().model_copy(update={"reading": reading or Reading()})
    run = make_run(tmp_path, put(tmp_path / "drop", files), policy=policy)
    with open_workspace(run.workspace, "k" * 32) as con:
        land(con, run)
        yield Staged(con, stage(con, run))

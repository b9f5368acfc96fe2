"""Every DuckDB connection is opened in one place, with limits and a spill folder that somebody set, or with none."""

from __future__ import annotations

import ast
import fcntl
import os
from datetime import date
from pathlib import Path

import duckdb
import pytest

from flows.cli.ending import ended
from flows.cli.spill import private_spill
from flows.cli.wiring import app_for
from flows.pipeline.failures import plain_failure
from flows.pipeline.steps import step_named
from flows.run.workspace import open_workspace
from matchers.engine import Options, connect, embedded, spilling_later
from tests.flows.ledger.district import context

ROOT = Path(__file__).parents[1]
_OPENERS = (
    "connect",
    "sql",
    "query",
    "execute",
    "read_csv",
    "read_parquet",
    "from_arrow",
    "arrow",
    "default_connection",
)
_BIG = "create table t as select '公民身份号码500113196903072842' || x as s, x from range(600000) r(x)"


def test_no_module_opens_a_connection_of_its_own() -> None:
    found = []
    for package in ("schemas", "matchers", "reports", "flows"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path == ROOT / "matchers" / "engine.py" or "duckdb" not in path.read_text("utf-8"):
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr in _OPENERS
                    and isinstance(node.value, ast.Name)
                    and node.value.id == "duckdb"
                ):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_spills_is_private_encrypted_and_gone_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, spill = tmp_path / "here", tmp_path / "run" / "spill"
    here.mkdir()
    monkeypatch.chdir(here)
    with embedded(Options(memory="24MB", spill=spill)) as con, embedded(Options(memory="24MB", spill=spill)) as other:
        for one in (con, other):
            one.execute(_BIG)
        spilled = _files(spill)
        assert len({path.parent for path in spilled}) == 2, "each connection has a folder of its own"
        assert not any("公民身份号码".encode() in path.read_bytes() for path in spilled)
        assert {path.stat().st_mode & 0o777 for path in [spill, *(path.parent for path in spilled)]} == {0o700}
    assert list(spill.iterdir()) == []
    with open_workspace(tmp_path / "run" / "w.duckdb", "k" * 32, Options(memory="24MB", spill=spill)) as con:
        con.execute(_BIG)
        assert con.execute("select value from duckdb_settings() where name = 'temp_file_encryption'").fetchone() == (
            "true",
        )
        assert Path(str(con.execute("select current_setting('temp_directory')").fetchone()[0])).parent == spill
    assert list(spill.iterdir()) == []
    assert _files(here) == [] and list(here.iterdir()) == []


def test_a_connection_without_a_folder_writes_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with connect(Options(memory="24MB")) as con, pytest.raises(duckdb.OutOfMemoryException):
        con.execute(_BIG)
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_may_spill_later_does_so_encrypted(tmp_path: Path) -> None:
    spill = tmp_path / "it's spilt here"
    with spilling_later(Options(memory="24MB", spill=spill)) as (con, allow_spilling):
        with pytest.raises(duckdb.OutOfMemoryException):
            con.execute(_BIG)
        allow_spilling()
        con.execute(_BIG)
        spilled = _files(spill)
        assert spilled and not any("公民身份号码".encode() in path.read_bytes() for path in spilled)
    assert list(spill.iterdir()) == []


def test_a_command_spills_into_a_folder_of_its_own_and_clears_what_a_killed_one_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, here = tmp_path / "tmp", tmp_path / "here"
    for folder in (temporary, here):
        folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.chdir(here)
    killed, living = temporary / "sanzhao-spill-killed", temporary / "sanzhao-spill-living"
    for folder in (killed, living):
        folder.mkdir(mode=0o700)
        (folder / "part.tmp").write_bytes(b"x")
    (temporary / "sanzhao-spill-elsewhere").symlink_to(here)
    held = os.open(living, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with private_spill(Options(memory="1GB")) as options:
        assert options.memory == "1GB" and options.spill is not None and options.spill.parent == temporary
        assert options.spill.stat().st_mode & 0o777 == 0o700
        assert not killed.exists() and (living / "part.tmp").exists()
        with private_spill() as other:
            assert options.spill.is_dir() and other.spill != options.spill
    assert sorted(path.name for path in temporary.iterdir()) == ["sanzhao-spill-elsewhere", "sanzhao-spill-living"]
    assert here.is_dir() and list(here.iterdir()) == []
    os.close(held)


@pytest.mark.parametrize("where", ["here", "missing"])
def test_nothing_is_written_where_the_command_was_started(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path if where == "here" else tmp_path / "missing"))
    with private_spill() as options:
        assert options.spill is None
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_said_with_what_to_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = context(tmp_path / "home", date(2026, 11, 20))
    for error in (duckdb.OutOfMemoryException("x"), MemoryError()):
        said = plain_failure(run, step_named("scored"), error)
        assert said.rule == "memory_limit" and "内存限额不够（配置 memory_limit = 1200MB）" in str(said)
        assert "例如 4GB" in str(said) and "sanzhao run --resume" in str(said)
    header = "row_id,name,id_number,phone,birth_date,sex,district,employer"
    rows = "\n".join([header, *(f"{n},孟繁星,,138{n // 2:08d},,,{n // 4},{n // 4}" for n in range(20_000))])
    table = tmp_path / "t.csv"
    table.write_text(rows, "utf-8")
    words = ["dedupe", str(table), "--model", "people", "--out", str(tmp_path / "out.parquet"), "--memory"]
    assert ended(app_for(words), [*words, "1MB"]) == 1
    assert "内存限额不够，没有写出结果。处理办法：加 --memory 调大限额" in capsys.readouterr().err
    assert ended(app_for(words), [*words, "viel"]) == 2
    assert "写成 8GB 或 800MB 这样" in capsys.readouterr().err

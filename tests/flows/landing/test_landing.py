"""Landing: what is kept, what is refused, and that a retained night comes back as it was."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from flows.home.settings import Settings
from flows.landing import (
    find_night,
    land,
    load_manifest,
    purge_landing,
    read_landed,
    replay,
    seal_relation,
    unseal_relation,
)
from flows.landing.drop import look_at
from flows.run.context import RunContext
from schemas.contracts import load_sources, stage_table
from schemas.errors import InputError
from schemas.provenance import parse_provenance
from tests.flows.staging.night import AS_OF, PROVENANCE, ROLL, make_run, put

WORKERS = "平台,姓名,手机号\n蓝骑,张三,13812345679\n".encode()


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": WORKERS})
    return make_run(tmp_path, drop)


def test_copies_are_sealed_private_and_come_back_byte_for_byte(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    counts = land(con, run)
    assert (counts["sources"], counts["files"]) == (2, 2)
    manifest = load_manifest(run.landing, run.key)
    assert {entry.name: read_landed(run, entry) for entry in manifest.files} == {"名册.csv": ROLL, "蓝骑.csv": WORKERS}
    assert manifest.sources[0].provenance == parse_provenance(PROVENANCE, "x")
    for path in run.landing.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert b"13812345679" not in path.read_bytes()


def test_temporary_and_hidden_files_are_not_landed(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    assert run.drop
    for name in ("~$蓝骑.xlsx", ".蓝骑.csv", "Thumbs.db"):
        (run.drop / "platform" / name).write_bytes(b"x")
    (run.drop / "platform" / "旧").mkdir()
    (run.drop / "网信").mkdir()
    counts = land(con, run)
    assert counts["files"] == 2
    assert any("platform/旧" in line for line in counts["warnings"])
    assert any("网信/" in line and "unknown_source" in line for line in counts["warnings"])


def test_a_source_without_provenance_is_refused_with_the_template(
    con: duckdb.DuckDBPyConnection, run: RunContext
) -> None:
    assert run.drop
    (run.drop / "platform/provenance.toml").unlink()
    counts = land(con, run)
    assert [entry.source for entry in load_manifest(run.landing, run.key).files] == ["party_members"]
    (line,) = [line for line in counts["warnings"] if "规则 provenance" in line]
    assert 'approval_no = "' in line
    by_settings = replace(run, settings=Settings(provenance={"platform": parse_provenance(PROVENANCE, "x")}))
    assert land(con, by_settings)["sources"] == 2


def test_a_provenance_with_a_hole_names_the_key(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    assert run.drop
    (run.drop / "platform/provenance.toml").write_text(PROVENANCE.replace('"试〔2026〕1号"', '" "'), "utf-8")
    assert any("approval_no" in line for line in land(con, run)["warnings"])


@pytest.mark.parametrize(("drop", "rule"), [("nowhere", "no_drop"), ("empty", "empty_drop"), ("no_roll", "no_roll")])
def test_a_drop_without_a_roll_is_refused_whole(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, drop: str, rule: str
) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "no_roll", {"platform/蓝骑.csv": WORKERS})
    run = make_run(tmp_path, tmp_path / drop)
    with pytest.raises(InputError) as caught:
        land(con, run)
    assert caught.value.rule == rule
    assert not run.landing.exists()


def test_a_folder_without_permission_is_one_line_and_the_others_go_on() -> None:
    with tempfile.TemporaryDirectory() as place:
        drop = put(Path(place) / "drop", {"party_members/名册.csv": ROLL, "platform/蓝骑.csv": WORKERS})
        Path(place).chmod(0o755)
        allowed = look_at(drop, load_sources(), Settings())  # and all it imports, which nobody may not read here
        assert {source.name for source in allowed.sources} == {"party_members", "platform"}
        (drop / "platform").chmod(0)
        me = os.geteuid()
        if me == 0:  # root reads whatever the folder says
            os.seteuid(65534)
        try:
            seen = look_at(drop, load_sources(), Settings())
        finally:
            os.seteuid(me)
            (drop / "platform").chmod(0o700)
        assert [source.name for source in seen.sources] == ["party_members"]
        assert any(note.startswith("platform/") and "no_permission" in note for note in seen.notes)


def test_a_retained_night_is_replayed_with_its_own_record(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    land(con, run)
    night = find_night(run.home, run.key, AS_OF)
    later = replace(run, run_id="20261120T013000Z-cd34", drop=None, replay=night)
    assert replay(con, later)["files"] == 2
    manifest = load_manifest(later.landing, later.key)
    assert manifest.replayed_from == run.run_id
    assert [read_landed(later, entry) for entry in manifest.files] == [ROLL, WORKERS]


def test_the_newest_whole_night_is_found_and_a_spoiled_one_is_passed_by(
    con: duckdb.DuckDBPyConnection, run: RunContext
) -> None:
    land(con, run)
    newer = replace(run, run_id="20261119T023000Z-ef56")
    land(con, newer)
    assert find_night(run.home, run.key, AS_OF) == newer.landing
    sealed = newer.landing / "0001.sealed"
    sealed.write_bytes(sealed.read_bytes()[:-1])
    assert find_night(run.home, run.key, AS_OF) == run.landing
    manifest = run.landing / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("蓝骑", "红骑"), "utf-8")
    with pytest.raises(InputError):
        find_night(run.home, run.key, AS_OF)


def test_nights_past_their_retention_are_destroyed(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    land(con, run)
    assert purge_landing(run.home, today=AS_OF + dt.timedelta(days=30)) == []
    assert purge_landing(run.home, today=AS_OF + dt.timedelta(days=31)) == [f"2026-11-19/{run.run_id}"]
    assert not run.landing.exists()


def test_a_relation_is_kept_sealed_and_comes_back(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    rows = [(1, "flag", "spaces", "张 三"), (2, "name", "spaces", "李 四")]
    columns = [list(column) for column in zip(*rows, strict=True)]
    kept = pa.table(columns, schema=stage_table("stage_repairs").schema)
    con.register("kept", kept)
    con.execute("create table stage_repairs as select * from kept")
    assert seal_relation(con, run, "stage_repairs") == 2
    con.execute("drop table stage_repairs")
    assert unseal_relation(con, run, "stage_repairs", run.landing) == 2
    assert con.execute("select * from stage_repairs").fetchall() == rows
    with pytest.raises(InputError, match="没有留存"):
        unseal_relation(con, run, "scored")

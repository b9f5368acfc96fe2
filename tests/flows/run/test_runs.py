from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.runlog import log_crash
from flows.run.runs import (
    RunRecord,
    create_run,
    destroy_workspace,
    last_unfinished,
    list_runs,
    new_run_id,
    run_lock,
    save_record,
)
from flows.run.workspace import open_workspace
from schemas.errors import HomeError

NOW = datetime(2026, 11, 19, 17, 30, tzinfo=UTC)
KEY = DistrictKey(b"0123456789abcdef")


@pytest.fixture
def place(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


def started(place: Home, run_id: str = "20261119T173000Z-0001") -> RunRecord:
    record = RunRecord(run_id=run_id, as_of=date(2026, 11, 19), started_at=NOW)
    create_run(place, record, KEY)
    return record


def test_the_workspace_and_all_the_engine_writes_beside_it_are_their_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with open_workspace(tmp_path / "run" / "workspace.duckdb", "k" * 32) as con:
            con.execute("create table t as select range as n from range(1000)")
            modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "run").rglob("*")}
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert len(modes) >= 2 and set(modes.values()) == {0}, modes


def test_run_ids_sort_by_time_and_differ_within_one_second() -> None:
    assert new_run_id(NOW).startswith("20261119T173000Z-")
    assert len({new_run_id(NOW) for _ in range(20)}) > 10


def test_the_workspace_key_is_never_on_disk_in_clear(place: Home) -> None:
    record = started(place)
    sealed = (place.runs / record.run_id / "workspace.key").read_bytes()
    assert KEY.unseal(sealed) not in sealed
    assert len(KEY.unseal(sealed)) == 64


def test_only_a_stopped_run_with_its_key_can_be_resumed(place: Home) -> None:
    first, second = started(place), started(place, "20261119T173000Z-0002")
    save_record(place, second.model_copy(update={"state": "done"}))
    assert last_unfinished(place) == first
    (place.runs / first.run_id / "workspace.key").unlink()
    assert last_unfinished(place) is None


def test_a_damaged_record_is_passed_over(place: Home) -> None:
    record = started(place)
    (place.runs / record.run_id / "run.json").write_text("{", "utf-8")
    assert list_runs(place) == []


def test_destruction_leaves_the_record_and_its_proof_only(place: Home) -> None:
    record = started(place)
    folder = place.runs / record.run_id
    (folder / "workspace.duckdb").write_bytes(b"secret" * 500_000)
    (folder / "spill").mkdir()
    (folder / "spill" / "part").write_bytes(b"x")
    destroy_workspace(place, record.run_id, at=NOW, why="closed", relations={"people": 3})
    assert sorted(path.name for path in folder.rglob("*")) == ["destruction.json", "run.json"]
    proof = json.loads((folder / "destruction.json").read_text("utf-8"))
    assert (proof["destroyed_at"], proof["relations"]) == ("2026-11-19T17:30:00Z", {"people": 3})
    assert {file["file"] for file in proof["files"]} == {"workspace.key", "workspace.duckdb", "part"}


def test_destruction_overwrites_before_it_unlinks(place: Home, tmp_path: Path) -> None:
    record = started(place)
    workspace = place.runs / record.run_id / "workspace.duckdb"
    workspace.write_bytes(b"secret" * 1000)
    other_name = tmp_path / "second-name-of-the-same-blocks"
    other_name.hardlink_to(workspace)
    destroy_workspace(place, record.run_id, at=NOW, why="closed", relations={})
    assert other_name.read_bytes() == bytes(6000)


def test_a_second_run_is_turned_away_and_the_lock_goes_with_its_holder(place: Home) -> None:
    with run_lock(place), pytest.raises(HomeError, match="另一次运行正在进行"), run_lock(place):
        pass
    with run_lock(place):
        pass


def test_a_crash_is_logged_by_frames_without_its_message_or_values(place: Home) -> None:
    def failing(name: str) -> None:
        raise ValueError(f"cannot parse {name}")

    try:
        failing("张三 500113199001011234")
    except ValueError as error:
        path = log_crash(place, error, step="people")
    line = json.loads(path.read_text("utf-8"))
    assert line["error"] == "ValueError"
    assert "failing" in line["frames"]
    assert "张三" not in path.read_text("utf-8")
    assert "500113" not in path.read_text("utf-8")


def test_a_home_that_takes_no_writing_is_said_before_anything_begins(place: Home) -> None:
    place.lock.mkdir()  # for root, no folder is closed
    with pytest.raises(HomeError, match="不能写"), run_lock(place):
        pass

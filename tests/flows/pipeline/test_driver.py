"""Whole runs through the real command line: the same bytes twice, resumed, replayed, decided again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.pipeline.steps import STEP_NAMES
from flows.run.runs import last_unfinished, list_runs
from tests.flows.command import DAY, sanzhao, without_reports
from tests.flows.killing import killed_after, logged_steps

pytestmark = pytest.mark.slow


def ledger(home: Path) -> bytes:
    return (home / "ledger" / "ledger.parquet").read_bytes()


def with_key_of(home: Path, fresh: Path) -> Path:
    """A fresh home that uses another home's key; it draws no reports."""
    shutil.copytree(home / "keys", fresh / "keys")
    return without_reports(fresh)


def runs_left(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "runs").rglob("*") if path.is_file())


def test_two_fresh_homes_with_one_key_hold_the_same_bytes(
    finished_home: Path, small_district: Path, tmp_path: Path
) -> None:
    other = with_key_of(finished_home, tmp_path / "other")
    assert sanzhao("run", "--home", other, "--drop", small_district / "drop", "--as-of", DAY).code in (0, 3)
    assert ledger(other) == ledger(finished_home)


def test_a_finished_run_leaves_its_record_summary_and_proof_of_destruction(finished_home: Path) -> None:
    assert runs_left(finished_home) == ["destruction.json", "run.json", "summary.json"]
    proof = json.loads(next((finished_home / "runs").glob("*/destruction.json")).read_text("utf-8"))
    assert proof["why"] == "closed"
    assert {"workspace.key", "workspace.duckdb"} <= {file["file"] for file in proof["files"]}
    assert proof["relations"]["person_rows"] > 0


def test_the_report_folder_holds_the_summary_and_the_rows_sent_back(finished_home: Path) -> None:
    summary = json.loads(next((finished_home / "runs").glob("*/summary.json")).read_text("utf-8"))
    folder = finished_home / "reports" / summary["version"]
    assert summary["version"] in (folder / "运行小结.md").read_text("utf-8")
    returned = (folder / "退回清单.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert returned[0] == "来源,文件,工作表,行,规则,原因"
    assert len(returned) - 1 == sum(source["quarantined"] for source in summary["sources"])


def test_every_row_of_every_source_is_accounted_for(finished_home: Path) -> None:
    summary = json.loads(next((finished_home / "runs").glob("*/summary.json")).read_text("utf-8"))
    assert all(line["rows_in"] == line["accepted"] + line["quarantined"] for line in summary["sources"])
    assert sum(line["rows_in"] for line in summary["sources"]) > 700


def test_json_output_is_the_summary(home: Path, drop: Path) -> None:
    answer = sanzhao("run", "--home", without_reports(home), "--drop", drop, "--as-of", "2026-11-20", "--json")
    body = json.loads(answer.out)
    assert (body["as_of"], body["previous_version"] is not None) == ("2026-11-20", True)
    assert answer.code == (3 if body["warnings"] else 0)


def run_words(home: Path, small_district: Path) -> list[str]:
    return ["run", "--home", str(home), "--drop", str(small_district / "drop"), "--as-of", DAY.isoformat()]


def test_a_run_killed_between_steps_time_and_again_goes_on_to_the_same_ledger(
    finished_home: Path, small_district: Path, tmp_path: Path
) -> None:
    home = with_key_of(finished_home, tmp_path / "killed")
    words = run_words(home, small_district)
    for step in ("land", "registry", "scored", "ledger", "published"):
        killed_after(step, words, home)
        words = ["run", "--home", str(home), "--resume"]
    answer = sanzhao(*words)
    assert answer.code in (0, 3), answer.err
    assert ledger(home) == ledger(finished_home)
    assert logged_steps(home) == list(STEP_NAMES)  # what was committed is not done again
    assert runs_left(home) == ["destruction.json", "run.json", "summary.json"]
    assert sanzhao("ledger", "verify", "--home", home).code == 0


def test_a_new_run_throws_a_killed_one_away_whole(finished_home: Path, small_district: Path, tmp_path: Path) -> None:
    home = with_key_of(finished_home, tmp_path / "killed")
    killed_after("stage", run_words(home, small_district), home)
    assert last_unfinished(Home(home)) is not None
    assert sanzhao(*run_words(home, small_district)).code in (0, 3)
    assert [run.state for run in list_runs(Home(home))] == ["discarded", "done"]
    assert "workspace.duckdb" not in runs_left(home)
    assert ledger(home) == ledger(finished_home)


def test_nothing_to_resume_is_said_in_one_line(home: Path) -> None:
    answer = sanzhao("run", "--home", home, "--resume")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "没有中断的运行" in answer.err


def test_a_night_replayed_from_its_landing_copies_gives_the_same_ledger(home: Path, finished_home: Path) -> None:
    answer = sanzhao("run", "--home", without_reports(home), "--from-landing", DAY)
    assert answer.code in (0, 3), answer.err
    assert ledger(home) == ledger(finished_home)


def test_a_night_replayed_into_an_empty_ledger_gives_the_same_ledger(home: Path, finished_home: Path) -> None:
    shutil.rmtree(home / "ledger")
    shutil.rmtree(home / "state")
    answer = sanzhao("run", "--home", without_reports(home), "--from-landing", DAY)
    assert answer.code in (0, 3), answer.err
    assert ledger(home) == ledger(finished_home)


def test_a_night_without_kept_copies_cannot_be_replayed(home: Path) -> None:
    answer = sanzhao("run", "--home", home, "--from-landing", "2026-01-01")
    assert answer.code == 1
    assert "没有这一天的留存副本" in answer.err


def test_deciding_again_gives_the_same_ledger_without_matching_again(home: Path, finished_home: Path) -> None:
    before = len(logged_steps(home))
    answer = sanzhao("run", "--home", without_reports(home), "--from", "decided")
    assert answer.code in (0, 3), answer.err
    assert ledger(home) == ledger(finished_home)
    assert "candidates" not in logged_steps(home)[before:]


def test_status_tells_the_version_and_the_runs(home: Path) -> None:
    body = json.loads(sanzhao("status", "--home", home, "--json").out)
    assert (body["going"], body["resumable"], [run["state"] for run in body["runs"]]) == (False, None, ["done"])
    assert body["version"] == body["runs"][0]["version"]

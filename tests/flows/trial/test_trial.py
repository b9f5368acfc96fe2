"""A trial shows what another policy, model or drop would change, and leaves the home as it was."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.backup.store_rows import rows_of, tables
from flows.cli.app import app
from flows.cli.ending import ended
from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import load_settings
from flows.home.store import opened_store
from flows.ledger.audit_log import acts, examine
from flows.pipeline.purging import purge
from tests.flows.command import DAY

SHIPPED = resources.files("schemas") / "policy.toml"
Kept = tuple[dict[str, str], dict[str, list[bytes]]]


def kept(home: Path) -> Kept:
    """Every file but logs, the lock and the store, and every row of the store but the audit log's."""
    files = {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.relative_to(home).parts[0] not in ("logs", "state", ".run.lock")
    }
    with opened_store(Home(home)) as store:
        rows = {table.name: list(rows_of(store.engine, table)) for table in tables(store.engine)}
    return files, {name: found for name, found in rows.items() if "audit" not in name}


Tried = Callable[..., dict[str, object]]


@pytest.fixture
def tried(home: Path, capsys: pytest.CaptureFixture[str]) -> Tried:
    """Run a trial; its JSON, once the home was found to be what it was before."""

    def run(*words: object, code: tuple[int, ...] = (0, 3)) -> dict[str, object]:
        before = kept(home)
        assert ended(app, ["trial", "--home", str(home), *map(str, words), "--json"]) in code
        assert kept(home) == before
        assert not (home / "trials").exists()
        out = capsys.readouterr().out
        found: dict[str, object] = json.loads(out) if out else {}
        return found

    return run


def changed_policy(path: Path) -> Path:
    """应转未转 only after five years of work here."""
    text = SHIPPED.read_text("utf-8")
    assert "works_here_months = 6" in text
    path.write_text(text.replace("works_here_months = 6", "works_here_months = 60"), "utf-8")
    return path


def test_a_policy_is_tried_and_its_effect_on_every_person_and_task_is_listed(
    home: Path, tried: Tried, tmp_path: Path
) -> None:
    ledger = pq.read_table(home / "ledger" / "ledger.parquet").to_pylist()
    work_long = {row["person_key"] for row in ledger if "P2" in row["statuses"]}
    assert work_long
    list_of = tmp_path / "list.csv"
    found = tried("--policy", changed_policy(tmp_path / "p.toml"), "--out", list_of)
    persons = found["persons"]
    assert isinstance(persons, list)
    lost = {one["person_key"] for one in persons if "P2" in one["statuses_before"] and "P2" in one["leads_closed"]}
    assert lost
    assert lost <= work_long
    assert {one["cause"] for one in persons} == {"policy_change"}
    assert found["tallies"]["statuses_lost"] == {"P2": len(lost)}  # type: ignore[index]
    rows = list(csv.reader(list_of.read_text("utf-8-sig").splitlines()))
    assert len(rows) == 1 + len(persons)
    assert not re.search(r"\d{15}|1\d{10}", list_of.read_text("utf-8-sig"))
    assert {row[1][1:] for row in rows[1:]} <= {"*", "**", ""}

    [act] = acts(Home(home), what="trial")
    assert act["why"] == "policy=2026.2 drop=kept copies"
    assert not examine(Home(home)).problems
    lines = [json.loads(line) for line in (home / "logs" / "destroyed.jsonl").read_text("utf-8").splitlines()]
    assert {line["destroyed"].rpartition("/")[2] for line in lines} >= {"state", "ledger", "landing", "runs"}


def test_a_model_is_tried(home: Path, tried: Tried, tmp_path: Path) -> None:
    text = (resources.files("matchers.models") / "person_cn.toml").read_text("utf-8")
    own = tmp_path / "m.toml"
    own.write_text(text.replace("link_probability = 0.985", "link_probability = 0.9999999999"), "utf-8")
    found = tried("--model", own)
    assert found["pairs"] or found["persons"]
    tallies = found["tallies"]
    assert isinstance(tallies, dict)
    assert any(what.endswith((":model_change", ":to_review")) for what in tallies["changes"])
    assert tallies["pairs_opened"]


def test_a_new_drop_is_tried_and_sources_that_did_not_come_are_carried_as_in_a_run(drop: Path, tried: Tried) -> None:
    for source in ("platform", "human_resources"):
        shutil.rmtree(drop / source)
    found = tried("--drop", drop)
    assert "投递 drop" in found["tried"]  # type: ignore[operator]
    assert found["warnings"]
    assert found["persons_after"] == found["persons_before"]


def test_a_drop_that_a_run_would_refuse_is_refused_and_nothing_stays(home: Path, drop: Path, tried: Tried) -> None:
    shutil.rmtree(drop / "party_members")
    assert tried("--drop", drop, code=(1,)) == {}
    [act] = acts(Home(home), what="trial")
    assert act["why"] == "drop=given"


def test_a_trial_without_a_published_ledger_or_with_a_faulty_file_is_refused_in_one_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty = tmp_path / "p.toml"
    faulty.write_text("version = 1\n", "utf-8")
    for words in (
        ["--home", str(tmp_path / "empty")],
        ["--home", str(home), "--policy", str(faulty)],
        ["--home", str(home), "--model", str(faulty)],
        ["--home", str(home), "--out", str(home / "list.xlsx")],
        ["--home", str(home), "--out", str(tmp_path / "list.doc")],
    ):
        assert ended(app, ["trial", *words]) == 1
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert len(said.err.strip().splitlines()) == 1
    assert not (home / "trials").exists()


def test_what_a_killed_trial_left_is_destroyed_by_the_next_purge_and_put_on_record(home: Path) -> None:
    place = Home(home)
    before = kept(home)
    left = Home(home / "trials" / "20261119T000000Z-dead")
    for folder in (left.state, left.landing / "2026-11-19"):
        folder.mkdir(parents=True)
    (left.state / "sanzhao.db").write_bytes(b"rows")
    original = next(home.glob("landing/*/*/0001.sealed"))
    (left.landing / "2026-11-19" / "0001.sealed").hardlink_to(original)
    gone = purge(place, load_settings(place), load_key(place), today=DAY, who="测试")
    assert gone == ["trials/20261119T000000Z-dead/landing", "trials/20261119T000000Z-dead/state"]
    assert kept(home) == before
    assert "20261119T000000Z-dead" in (home / "logs" / "destroyed.jsonl").read_text("utf-8")

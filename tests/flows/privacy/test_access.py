"""What a person is told of themselves, what a sender is asked to correct, and what the office files for the law."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.store import opened_store
from flows.privacy.access import access_report
from flows.privacy.assessment import write_assessment
from flows.review.clock import utc_now
from schemas.errors import HomeError

pytestmark = pytest.mark.slow


def somebody(home: Home) -> dict[str, object]:
    """A person tied by a worker row."""
    rows = pq.read_table(home.ledger / "ledger.parquet").to_pylist()
    found: dict[str, object] = next(row for row in rows if any(one["role"] == "worker" for one in row["evidence"]))
    return found


def test_a_person_is_told_what_is_held_from_where_and_who_saw_it(home: Path, tmp_path: Path) -> None:
    place = Home(home)
    row = somebody(place)
    with opened_store(place) as store:
        store.audit(load_key(place), utc_now(), "王审核", "unmask", person_key=str(row["person_key"]), why="本人来电")
    done = access_report(place, str(row["person_key"]), tmp_path / "out", by="李管理")
    page = done.own.read_text("utf-8")
    for text in (str(row["person_key"]), str(row["name_masked"]), "王审核", "查看原件", "本人来电", "异议", "提供单位"):
        assert text in page
    for piece in row["evidence"]:  # type: ignore[attr-defined]
        assert piece["file"] in page
    assert "开具个人信息查阅单" in page
    assert {path.stat().st_mode & 0o777 for path in (done.own, *done.letters)} == {0o600}


def test_the_letter_to_a_sender_names_rows_and_says_nothing_of_the_party(home: Path, tmp_path: Path) -> None:
    place = Home(home)
    row = somebody(place)
    worker = next(one for one in row["evidence"] if one["role"] == "worker")  # type: ignore[attr-defined]
    done = access_report(place, str(row["person_key"]), tmp_path / "out", by="李管理")
    letter = next(text for text in (path.read_text("utf-8") for path in done.letters) if worker["file"] in text)
    assert f"第{worker['row']}行" in letter
    assert not {word for word in ("党员", "线索", "失联", str(row["name_masked"])) if word in letter}


def test_an_unknown_person_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="没有"):
        access_report(Home(home), "p-nobody", tmp_path / "out", by="李管理")
    assert ended(app, ["audit", "person", "p-nobody", "--home", str(home), "--out", str(tmp_path / "out")]) == 1


def test_the_assessment_is_filled_from_what_is_configured(home: Path, tmp_path: Path) -> None:
    draft, record = write_assessment(Home(home), tmp_path / "out", by="李管理")
    text, told = draft.read_text("utf-8"), record.read_text("utf-8")
    for word in ("身份证号", "法定职责", "30 天", "影响评估", "评估人"):
        assert word in text
    for word in ("处理活动记录", "人工投递", "提供给谁", "审计日志"):
        assert word in told

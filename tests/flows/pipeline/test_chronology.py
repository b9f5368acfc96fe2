"""A run's date goes neither back nor into the future without a reason, and the index keeps the reason."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.ledger import verify
from flows.pipeline.chronology import today
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from flows.run.runs import list_runs
from schemas.errors import InputError
from tests.flows.command import sanzhao, without_reports

DROP = Path(__file__).parents[2] / "golden" / "drop"
PUBLISHED = date(2026, 11, 19)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one published night."""
    made = Home(without_reports(tmp_path_factory.mktemp("dates") / "home"))
    drive(RunRequest(home=made, drop=DROP, as_of=PUBLISHED))
    return made


@pytest.mark.parametrize(
    ("as_of", "rule"),
    [
        (PUBLISHED - timedelta(days=1), "date_goes_back"),
        (date(2020, 1, 1), "date_goes_back"),
        (today() + timedelta(days=2), "date_ahead"),
        (date(2099, 1, 1), "date_ahead"),
    ],
)
def test_a_date_out_of_order_is_refused_before_anything_is_written(home: Home, as_of: date, rule: str) -> None:
    before = sorted(home.root.rglob("*"))
    with pytest.raises(InputError, match="--force --reason") as refused:
        drive(RunRequest(home=home, drop=DROP, as_of=as_of, force_reason="  "))
    assert refused.value.rule == rule
    assert sorted(home.root.rglob("*")) == before


def test_the_index_keeps_why_a_date_was_forced_and_later_nights_need_no_reason(home: Home) -> None:
    earlier = PUBLISHED - timedelta(days=1)
    answer = sanzhao(
        "run",
        "--home",
        home.root,
        "--drop",
        DROP,
        "--as-of",
        earlier,
        "--force",
        "--reason",
        "补做漏掉的一晚",
        "--json",
    )
    assert answer.code in (0, 3), answer.err
    assert f"数据日期 {earlier} 不在次序内，按理由放行：补做漏掉的一晚" in json.loads(answer.out)["notices"]
    index = json.loads((home.ledger / "index.json").read_text("utf-8"))
    assert (index["as_of"], index["date_forced"]) == (earlier.isoformat(), "补做漏掉的一晚")
    assert verify(home, load_key(home)) == []
    drive(RunRequest(home=home, drop=DROP, as_of=PUBLISHED, force_reason="用不着的理由"))
    assert "date_forced" not in json.loads((home.ledger / "index.json").read_text("utf-8"))
    assert [run.forced for run in list_runs(home)] == ["", "补做漏掉的一晚", ""]


@pytest.mark.parametrize("words", [("--force",), ("--reason", "理由"), ("--force", "--reason", " ")])
def test_force_and_reason_go_together(tmp_path: Path, words: tuple[str, ...]) -> None:
    answer = sanzhao("run", "--home", tmp_path / "home", "--drop", DROP, *words)
    assert answer.code == 2
    assert "要一起用" in answer.err
    assert not (tmp_path / "home").exists()

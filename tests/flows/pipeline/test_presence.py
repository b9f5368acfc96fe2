"""A source that the district does not have is said once; one that did not come is chased every night."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from reports.summary import RunSummary
from reports.summary_views import markdown
from tests.flows.command import without_reports

DROP = Path(__file__).parents[2] / "golden" / "drop"
NOT_HAD = ("transport", "self_reports")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[RunSummary]:
    """Two nights of a district without two sources, then one on which a third did not come."""
    root = tmp_path_factory.mktemp("presence")
    drop = shutil.copytree(DROP, root / "drop")
    for name in NOT_HAD:
        shutil.rmtree(drop / name)
    home = Home(without_reports(root / "home"))
    told = []
    for day in (18, 19, 20):
        if day == 20:
            shutil.rmtree(drop / "platform")
        told.append(drive(RunRequest(home=home, drop=drop, as_of=date(2026, 11, day))))
    return told


def notes(summary: RunSummary) -> dict[str, str]:
    return {line.source: line.note for line in summary.sources if line.note}


def test_a_source_the_district_does_not_have_is_said_once_and_is_no_warning(nights: list[RunSummary]) -> None:
    first, second, _ = nights
    said = [notice for notice in first.notices if "没有这个来源" in notice]
    assert said == ["没有这个来源：交通、党员报到。以后有了，放进投递文件夹的 transport/、self_reports/ 即可"]
    assert not any("没有这个来源" in notice for notice in second.notices)
    for summary in (first, second):
        assert not [line for line in summary.warnings if "没有可用的文件" in line]  # so the exit code is 0
        assert notes(summary) == dict.fromkeys(NOT_HAD, "没有这个来源")
        assert "沿用" not in markdown(summary)


def test_a_source_that_came_before_is_carried_forward_and_chased(nights: list[RunSummary]) -> None:
    last = nights[-1]
    assert "平台：本次没有可用的文件，沿用上次证据" in last.warnings
    assert notes(last) == {**dict.fromkeys(NOT_HAD, "没有这个来源"), "platform": "本次未到"}

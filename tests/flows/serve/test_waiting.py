"""What an unattended night waits for, told by a clock of the test's own: no test sleeps."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.folders import Home
from flows.home.settings import Settings
from flows.nightly.schedule import count_due, last_due, next_due
from flows.nightly.waiting import Clock, UnattendedNight, first_after, through_the_night
from flows.pipeline.request import RunRequest
from schemas.errors import ContractError, HomeError, InputError
from schemas.nights import NightSettings, SourcePolicy
from schemas.rules import Rule

DUE = datetime(2026, 11, 19, 17, 30, tzinfo=UTC)  # 01:30 on the 20th in Shanghai
WAIT = {"missing": "wait", "until": time(5, 30)}


@dataclass
class Time:
    """A clock that moves when someone sleeps, with what happens at given moments."""

    now: datetime = DUE
    events: dict[datetime, Callable[[], object]] = field(default_factory=dict)

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for moment in sorted(at for at in self.events if at <= self.now):
            self.events.pop(moment)()


@dataclass
class Stage:
    """A night with a drop to fill, and how each attempt to run it ends."""

    folder: Path
    time: Time = field(default_factory=Time)
    endings: list[Exception | None] = field(default_factory=list)
    asked: list[tuple[datetime, tuple[str, ...] | None]] = field(default_factory=list)

    def night(self, **policies: dict[str, Any]) -> UnattendedNight:
        sources = {name: SourcePolicy(**policy) for name, policy in policies.items()}
        home = Home(self.folder / "home")
        home.make()
        settings = Settings(drop=self.folder / "drop", night=NightSettings(sources=sources, wait_for_lock_minutes=10))
        clock = Clock(now=lambda: self.time.now, sleep=self.time.sleep, poll_seconds=60)
        return UnattendedNight(RunRequest(home=home), settings, DUE, self.drive, clock)

    def drive(self, request: RunRequest) -> Any:
        self.asked.append((self.time.now, request.required))
        ending = self.endings.pop(0) if self.endings else None
        if ending:
            raise ending

    def put(self, source: str, text: str = "姓名\n") -> Path:
        path = self.folder / "drop" / source / "a.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        moment = self.time.now.timestamp()
        os.utime(path, (moment, moment))
        return path


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def at(hour: int, minute: int) -> datetime:
    """A moment of that night, in the district's time."""
    return DUE + timedelta(hours=hour - 1, minutes=minute - 30)


def broken() -> InputError:
    return InputError("坏", rule=Rule.SOURCE_REQUIRED)


def test_a_source_that_is_there_is_not_waited_for(stage: Stage) -> None:
    stage.put("platform")
    stage.time.now = at(1, 31)
    through_the_night(stage.night(platform=WAIT))
    assert stage.asked == [(at(1, 31), ("platform",))]


def test_a_late_source_is_waited_for_and_a_file_on_its_way_is_left_to_arrive(stage: Stage) -> None:
    stage.time.events[at(3, 0)] = lambda: stage.put("platform")
    through_the_night(stage.night(platform=WAIT))
    ((when, required),) = stage.asked
    assert at(3, 0) + timedelta(seconds=20) <= when <= at(3, 2)
    assert required == ("platform",)


def test_when_its_hour_is_over_the_night_goes_on_without_it(stage: Stage) -> None:
    through_the_night(stage.night(platform=WAIT))
    assert stage.asked == [(at(5, 30), ())]


def test_or_is_refused_without_it_where_the_configuration_says_so(stage: Stage) -> None:
    stage.endings = [broken()]
    with pytest.raises(InputError):
        through_the_night(stage.night(platform={**WAIT, "then": "stop"}))
    assert stage.asked == [(at(5, 30), ("platform",))]


def test_a_broken_file_is_tried_again_once_it_has_changed(stage: Stage) -> None:
    stage.put("platform", "坏")
    stage.time.now = at(1, 31)
    stage.endings = [broken()]
    stage.time.events[at(4, 0)] = lambda: stage.put("platform", "好的")
    through_the_night(stage.night(platform=WAIT))
    assert [required for _, required in stage.asked] == [("platform",), ("platform",)]
    assert at(4, 0) <= stage.asked[1][0] <= at(4, 3)


def test_a_file_that_stays_broken_is_gone_on_without(stage: Stage) -> None:
    stage.put("platform", "坏")
    stage.time.now = at(1, 31)
    stage.endings = [broken()]
    through_the_night(stage.night(platform=WAIT))
    assert stage.asked[1] == (at(5, 30), ())


def test_a_refusal_that_no_file_can_mend_ends_the_night_at_once(stage: Stage) -> None:
    stage.put("platform")
    stage.time.now = at(1, 31)
    stage.endings = [InputError("少了太多人", rule=Rule.LEDGER_SHRINK)]
    with pytest.raises(InputError):
        through_the_night(stage.night(platform=WAIT))
    assert len(stage.asked) == 1


def test_another_run_is_waited_for_but_not_for_ever(stage: Stage) -> None:
    stage.endings = [HomeError("正在进行", rule=Rule.RUN_LOCK)] * 3
    through_the_night(stage.night())
    assert [when for when, _ in stage.asked] == [DUE + timedelta(minutes=n) for n in range(4)]
    stage.endings = [HomeError("正在进行", rule=Rule.RUN_LOCK)] * 100
    with pytest.raises(HomeError, match="正在进行"):
        through_the_night(stage.night())


def test_fresh_files_are_asked_for_where_old_ones_still_lie(stage: Stage) -> None:
    from flows.run.runs import RunRecord, save_record

    stage.put("platform")
    night = stage.night(platform={**WAIT, "fresh": True})
    record = RunRecord(run_id="r", as_of=DUE.date(), started_at=DUE + timedelta(seconds=1), state="done")
    (night.home.runs / "r").mkdir()
    save_record(night.home, record)
    through_the_night(night)
    assert stage.asked == [(at(5, 30), ())]


def test_an_hour_before_the_night_is_of_the_next_morning() -> None:
    evening = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)  # 22:00
    assert first_after(evening, SourcePolicy(missing="wait", until=time(2, 0))) == evening + timedelta(hours=4)


def test_nights_are_due_in_the_district_s_time() -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert last_due("30 1 * * *", now) == DUE
    assert last_due("30 1 * * *", DUE) == DUE
    assert last_due("30 1 * * *", DUE - timedelta(milliseconds=10)) == DUE - timedelta(days=1)
    assert next_due("30 1 * * *", now) == DUE + timedelta(days=1)
    assert count_due("30 1 * * *", DUE - timedelta(days=5), now) == 5
    with pytest.raises(ContractError, match="不是时间表"):
        last_due("61 1 * * *", now)

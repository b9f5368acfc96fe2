"""An office on an empty home, with a clock that a test can move."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import write_template
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from flows.review.office import Office
from tests.browser.district import DAY, write_drop
from tests.flows.command import without_reports
from tests.flows.stores import with_empty_store


class Clock:
    """The time, as a test says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    home = Home(tmp_path / "home")
    home.make()
    with_empty_store(home)
    write_template(home)
    load_key(home, create=True)
    found = Office.open(home, clock=clock)
    yield found
    found.close()


@pytest.fixture(scope="session")
def home_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a real run of the browser's district; copy it before changing it."""
    folder = tmp_path_factory.mktemp("desk")
    home = Home(without_reports(folder / "home"))
    drive(RunRequest(home, drop=write_drop(folder / "drop"), as_of=DAY))
    return home.root


@pytest.fixture(scope="module")
def office_of_run(home_of_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = Home(Path(shutil.copytree(home_of_run, tmp_path_factory.mktemp("office") / "home")))
    office = Office.open(home, clock=Clock())
    yield office
    office.close()

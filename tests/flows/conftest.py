"""A small invented district, and homes to try it on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.command import DAY, Answer, sanzhao, without_reports


@pytest.fixture(scope="session")
def small_district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`drop/` and `truth/` of 400 workers and 700 members."""
    from flows.sample import SampleOptions, generate

    out = tmp_path_factory.mktemp("district")
    generate(SampleOptions(workers=400, members=700, seed=7, out=out, member_share=0.1, as_of=DAY))
    return out


@pytest.fixture
def drop(small_district: Path, tmp_path: Path) -> Path:
    """A drop of one's own to spoil."""
    return Path(shutil.copytree(small_district / "drop", tmp_path / "drop"))


@pytest.fixture(scope="session")
def finished_home(small_district: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good run; copy it before changing it."""
    home = tmp_path_factory.mktemp("finished") / "home"
    answer = sanzhao("run", "--home", home, "--drop", small_district / "drop", "--as-of", DAY)
    assert answer.code in (0, 3), answer.err
    return home


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """A home of one's own after one good run."""
    return Path(shutil.copytree(finished_home, tmp_path / "home"))


@pytest.fixture
def run_again(home: Path, drop: Path) -> Callable[..., Answer]:
    """Run the (spoiled) drop into the home for the next day, without reports."""
    without_reports(home)

    def run(*words: object, before: tuple[str, ...] = ()) -> Answer:
        return sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20", *words, before=before)

    return run

"""Thirty nights with churn and incidents: keys stay, every change has its row, the deltas make the full ledger."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.ledger import verify
from flows.sample import SampleOptions, generate
from tests.flows.command import without_reports
from tests.flows.ledger.nights import (
    Incident,
    Play,
    all_versions,
    book_problems,
    full_from_deltas,
    judge,
    needless_keys,
    new_model,
    outage,
    renumber,
    unexplained,
)


def play(root: Path, nights: int, people: tuple[int, int], incidents: dict[int, str]) -> tuple[Play, Path]:
    workers, members = people
    out = root / "nights"
    generate(SampleOptions(workers=workers, members=members, seed=30, out=out, member_share=0.1, nights=nights))
    folders = sorted(out.iterdir())
    acts: dict[str, Incident] = {
        "outage": outage("platform"),
        "judged": judge("link"),
        "reversed": judge("not_link"),
        "model": new_model,
    }
    played = Play(Home(without_reports(root / "home")))
    for turn, folder in enumerate(folders):
        name = incidents.get(turn, "")
        act = renumber(folders[turn:]) if name == "renumbered" else acts.get(name)
        version = played.night(folder, act)
        counts = version.index["counts"]
        print(folder.name, name or "-", counts["persons"], counts["changes"], counts["causes"], flush=True)
    return played, out


def check(played: Play, out: Path) -> None:
    versions = all_versions(played.home)
    assert needless_keys(versions, out) == []
    assert [key for version in versions for key in unexplained(version)] == []
    assert full_from_deltas(versions).equals(versions[-1].table("ledger").combine_chunks())
    assert [problem for version in versions for problem in book_problems(version)] == []
    assert verify(played.home) == []


@pytest.mark.slow
def test_four_nights_with_an_outage_and_new_roll_numbers(tmp_path: Path) -> None:
    played, out = play(tmp_path, 4, (300, 500), {1: "outage", 2: "renumbered"})
    check(played, out)


@pytest.mark.prove
def test_thirty_nights(tmp_path: Path) -> None:
    incidents = {5: "outage", 8: "judged", 12: "reversed", 16: "model", 21: "renumbered"}
    played, out = play(tmp_path, 30, (1000, 1500), incidents)
    check(played, out)
    causes: Counter[str] = Counter()
    for version in all_versions(played.home):
        causes.update(version.index["counts"]["causes"])
    print(sum(causes.values()), dict(causes))
    assert {"source_absent", "source_back", "judgement", "left"} <= set(causes)

"""The golden ledger: person by person, column by column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.golden.golden import EXPECTED, published

# member_no -> primary status, class, flags: by domain.md, written by hand before the software was asked.
STORIES: dict[str | None, tuple[str, str, list[str]]] = {
    "D001": ("N0", "exact", []),  # full ID, declared
    "D002": ("L1", "exact", []),  # lost by the roll, found as a rider
    "D003": ("S1", "exact", []),  # membership stopped, drives here
    "D004": ("P1", "exact", []),  # letter of 2026-03-01, 90 days, never lodged
    "D005": ("Y1", "exact", []),  # joined 2012, says 否 and 群众 since 2020
    "D006": ("F1", "exact", []),  # flagged as floating; 强/墙 is a homophone
    "D007": ("W1", "own_job", []),  # own job on the roll, no worker row
    "D008": ("N0", "strong", []),  # full name, ID 6+4, phone 3+4
    "D012": ("N0", "exact", ["duplicate_roll_entry"]),  # D013 is the same entry again
    "D015": ("P2", "exact", []),  # home branch elsewhere, works here since 2022
    "D016": ("N0", "exact", ["phone_of_another"]),  # rents from D016; D017 rides
    "D018": ("N0", "self_report", []),  # signed up
    "D020": ("N0", "strong", []),  # ID broken by Excel after 15 digits
}
WAITING = {("D009", "masked_only"), ("D010", "two_candidates"), ("D012", "duplicate_roll_entry"), ("D014", "conflict")}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("golden")
    return published(folder / "home", folder / "key")


def test_every_story_ends_as_domain_md_says(golden: dict[str, Any]) -> None:
    rolled = {row["member_no"]: row for row in golden["ledger"] if row["member_no"]}
    assert {no: (row["primary_status"], row["match_class"], row["flags"]) for no, row in rolled.items()} == STORIES
    others = {
        (row["name_masked"], row["primary_status"], row["match_class"])
        for row in golden["ledger"]
        if not row["member_no"]
    }
    assert others == {("魏*", "F2", "exact"), ("罗*", "D1", "declared")}


def test_what_a_machine_must_not_decide_waits_for_a_person(golden: dict[str, Any]) -> None:
    waiting = {(row["member_no"], row["doubt"]) for row in golden["review"]}
    assert {one for one in waiting if one[0] != "D011"} == WAITING
    assert {row["doubt"] for row in golden["review"] if row["member_no"] == "D011"} <= {"two_candidates"}


def test_the_golden_ledger_stands_column_by_column(golden: dict[str, Any]) -> None:
    expected = json.loads(Path(EXPECTED).read_text("utf-8"))
    assert set(golden) == set(expected)
    for name, rows in expected.items():
        assert golden[name] == rows, name

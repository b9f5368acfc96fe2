"""The registry resolved where one side has nobody, or one person only."""

from __future__ import annotations

from typing import Any

import pytest

from matchers.model.district import district_model
from matchers.persons.registry import resolve_registry
from tests.matchers.conftest import person_rows
from tests.matchers.deciding.test_deciding import ZHANG

LETTER: dict[str, Any] = {
    **ZHANG,
    "row_id": 2,
    "role": "transfer",
    "member_no": None,
    "id_number": None,
    "id_kind": None,
}


@pytest.mark.parametrize(("rows", "persons"), [((ZHANG,), 1), ((ZHANG, LETTER), 1), ((LETTER,), 1)])
def test_a_roll_of_one_a_letter_of_one_and_both(rows: tuple[dict[str, Any], ...], persons: int) -> None:
    assert resolve_registry(person_rows(*rows), district_model()).persons.num_rows == persons


@pytest.mark.parametrize(("birth_date", "name_alone"), [("1990-03-07", False), (None, True)])
def test_a_letter_without_an_id_stays_out_and_a_name_alone_is_told_apart(
    birth_date: str | None, name_alone: bool
) -> None:
    letter = {**LETTER, "birth_date": birth_date, "phones": []}
    found = resolve_registry(person_rows(ZHANG, letter), district_model())
    assert found.persons["registry_id"].to_pylist() == [1]
    (doubt,) = found.doubts.to_pylist()
    assert (doubt["left_row_key"], doubt["right_row_key"], doubt["name_alone"]) == (2, 1, name_alone)


@pytest.mark.parametrize(("on_the_roll", "kept"), [("张□", "张三"), ("张?", "张三"), ("张*", "张三"), ("张散", "张散")])
def test_a_name_the_roll_could_not_write_is_taken_from_the_letter_with_the_same_id(on_the_roll: str, kept: str) -> None:
    letter = {**ZHANG, "row_id": 2, "role": "transfer", "member_no": None, "name": "张三"}
    found = resolve_registry(person_rows({**ZHANG, "name": on_the_roll}, letter), district_model())
    assert [(row["name"], row["roll_row_key"]) for row in found.persons.to_pylist()] == [(kept, 1)]

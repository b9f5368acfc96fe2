"""The registry resolved where one side has nobody, or one person only."""

from __future__ import annotations

from typing import Any

import pytest

from matchers.model import district_model
from matchers.registry import resolve_registry
from tests.matchers.conftest import person_rows
from tests.matchers.test_deciding import ZHANG

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

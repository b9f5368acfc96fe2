"""Days as checkers write them: the year is the one in which the sheet was out, and a doubtful day is none."""

from __future__ import annotations

from datetime import date

import pytest

from flows.tasks.days import day_between

OUT, BACK = date(2025, 12, 20), date(2026, 1, 10)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12月28日", date(2025, 12, 28)),
        ("1.5", date(2026, 1, 5)),
        ("１／５", date(2026, 1, 5)),
        ("26.1.5", date(2026, 1, 5)),
        ("12月28日下午", date(2025, 12, 28)),
        ("2月3日", None),
        ("13月1日", None),
        ("2月30日", None),
        ("上周", None),
        ("25.1.5", None),
    ],
)
def test_a_day_without_its_year_is_one_while_the_sheet_was_out(text: str, day: date | None) -> None:
    assert day_between(text, OUT, BACK) == day


def test_a_day_that_came_twice_while_the_sheet_was_out_is_not_guessed() -> None:
    assert day_between("12月28日", OUT, date(2026, 12, 30)) is None

"""What a step counts is one type, parsed once, and comes back from the step book as it was."""

from __future__ import annotations

import duckdb
import pytest

from flows.run.stepbook import StepCounts, StepResult, book, booked, open_book

COUNTED = {"rows_in": 3, "share": 0.5, "statuses": {"P1": 2}, "warnings": ["一份文件没有读"], "version": "v1"}


def test_counts_come_back_from_the_book_as_they_were() -> None:
    counts = StepCounts.of(COUNTED)
    assert (counts.numbers, counts.tallies) == ({"rows_in": 3, "share": 0.5}, {"statuses": {"P1": 2}})
    assert (counts.warnings, counts.version) == (("一份文件没有读",), "v1")
    con = duckdb.connect()
    open_book(con)
    book(con, 0, StepResult("stage", 1.5, counts))
    assert booked(con) == [StepResult("stage", 1.5, counts)]
    assert StepCounts.of(counts.flat()) == counts


def test_what_is_no_count_is_a_fault_of_its_step() -> None:
    with pytest.raises(TypeError, match="rows"):
        StepCounts.of({"rows": "many"})

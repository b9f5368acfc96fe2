"""The three books add up; what may leave the office cannot be computed back."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.circulation import HIDDEN, suppressed, suppressed_together


def test_small_counts_are_hidden_and_a_second_one_with_them() -> None:
    shown = suppressed([[3, 40, 50], [60, 70, 80]], 5)
    assert shown[0][0] == HIDDEN
    assert sum(cell == HIDDEN for cell in shown[0]) >= 2
    assert sum(line[0] == HIDDEN for line in shown) >= 2


def test_noughts_and_large_counts_are_shown() -> None:
    assert suppressed([[0, 40], [60, 70]], 5) == [[0, 40, 40], [60, 70, 130], [60, 110, 170]]


def test_two_ones_in_a_row_do_not_tell_each_other() -> None:
    shown = suppressed([[1, 1, 30, 40]], 5)
    assert sum(cell == HIDDEN for cell in shown[0][:-1]) >= 3


counts = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3)


@given(counts)
@settings(max_examples=150)
def test_no_hidden_small_count_is_the_only_one_possible(table: list[list[int]]) -> None:
    shown = suppressed(table, 5)
    assert all(cell in (HIDDEN, 0) or cell >= 5 for line in shown for cell in line)
    for line in [*shown, *map(list, zip(*shown, strict=True))]:
        gone = [at for at, cell in enumerate(line[:-1]) if cell == HIDDEN]
        if line[-1] == HIDDEN or not gone or len(gone) > 3:
            continue
        rest = line[-1] - sum(cell for cell in line[:-1] if cell != HIDDEN)
        ways = [way for way in product(range(1, rest + 1), repeat=len(gone)) if sum(way) == rest]
        assert len(ways) != 1 or rest >= 5, line


@given(counts)
@settings(max_examples=60)
def test_a_total_hidden_in_one_table_is_told_by_no_other(one: list[list[int]]) -> None:
    """Two tables of the same people: the second is the first, each row dealt out anew over its columns."""
    dealt = [[sum(line) - sum(line[:2]) // 2, sum(line[:2]) // 2, 0] for line in one]
    first, second = suppressed_together([one, dealt], 5)
    assert [line[-1] for line in first] == [line[-1] for line in second]
    for line in (*first, *second):
        if line[-1] == HIDDEN:
            assert HIDDEN in line[:-1], line


@pytest.mark.parametrize("table", [[[2]], [[1, 2], [3, 4]]])
def test_a_tiny_table_shows_nothing(table: list[list[int]]) -> None:
    assert {cell for line in suppressed(table, 5) for cell in line} <= {HIDDEN, sum(map(sum, table))}

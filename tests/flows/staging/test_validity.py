from __future__ import annotations

from datetime import date

import pytest

from flows.staging.values.cells import Cell
from flows.staging.values.validity import clean_validity


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("90", "P90D"), (90.0, "P90D"), ("90天", "P90D"), ("六十日", "P60D"), ("一百二十天", "P120D"), ("两周", "P14D"),
        ("3个月", "P3M"), ("三个月内", "P3M"), ("半年", "P6M"), ("一年", "P12M"), ("一年半", "P18M"),
        ("半个月", "P15D"), ("自开具之日起3个月", "P3M"), ("有效期90天", "P90D"),
        ("长期", "open"), ("长期有效", "open"), ("无固定期限", "open"), ("2099-12-31", "open"),
        ("2026-11-19", "2026-11-19"), ("20261119", "2026-11-19"), ("46345", "2026-11-19"), (46345.0, "2026-11-19"),
        ("46345.0", "2026-11-19"), ("有效期至2026/11/19 下午3:05", "2026-11-19"), ("2026-11-19 8:00 AM", "2026-11-19"),
        ("至2026年11月19日", "2026-11-19"), (date(2026, 3, 1), "2026-03-01"),
        ("2026.02", "2026-02-28"), ("2026年", "2026-12-31"), ("2026", "2026-12-31"),
        ("见介绍信", "unread"), ("若干天", "unread"), ("", None), ("无", None), ("/", None),
    ],
)  # fmt: skip
def test_a_validity_is_a_day_a_term_open_or_unread_and_never_shorter_than_it_says(
    cell: Cell, value: str | None
) -> None:
    assert clean_validity(cell).value == value

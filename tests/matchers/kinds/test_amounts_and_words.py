"""Amounts, days of events and sets of words: what two cells agree on, whatever way they are written."""

from __future__ import annotations

import pyarrow as pa
import pytest

from matchers.linking import link
from matchers.model.link_model import KINDS, LevelWeight, LinkModel


def level(kind: str, left: str | None, right: str | None) -> str:
    """The level two cells stand at, beside a name that brings the rows together."""
    levels = list(KINDS[kind].levels)
    model = LinkModel(
        name="t", version="1", prior=0.5, link_probability=0.02, review_probability=0.01, margin_bits=0,
        columns={"who": "category", "what": kind}, blocking={"same_who": ("who.value",)},
        comparisons={
            "who": {"same": LevelWeight(m=0.9, u=0.0001), "different": LevelWeight(m=0.1, u=0.9)},
            "what": {name: LevelWeight(m=0.5, u=0.5) for name in levels},
        },
    )  # fmt: skip
    tables = (pa.table({"id": ["1"], "who": ["甲"], "what": pa.array([cell], pa.string())}) for cell in (left, right))
    [pair] = link(*tables, model, ids=("id", "id")).to_pylist()
    return str(pair["levels"]["what"])


@pytest.mark.parametrize(
    ("kind", "left", "right", "wanted"),
    [
        ("number", "1,200.00", "¥1200", "same"),
        ("number", "1200元", "1205", "within_percent"),
        ("number", "-100", "-108", "within_tenth"),
        ("number", "-100", "100", "different"),
        ("number", "0", "0.00", "same"),
        ("number", "面议", "100", "null"),
        ("number", None, "100", "null"),
        ("event_date", "2026-11-20", "2026年11月20日", "same"),
        ("event_date", "2025-12-31", "2026-01-02", "within_3_days"),
        ("event_date", "2024-02-25", "2024-03-05", "within_10_days"),
        ("event_date", "2026-01-31", "2026-03-01", "within_31_days"),
        ("event_date", "2025-01-01", "2026-01-01", "different"),
        ("event_date", "长期", "2026-01-01", "null"),
        ("token_set", "Ioannidis Yannis, Viswanath Poosala", "Viswanath POOSALA; Yannis E. Ioannidis", "same"),
        ("token_set", "Sony Turntable - PSLX350H", "Sony PSLX350H Belt Drive Turntable System", "most"),
        ("token_set", "Sony Turntable PSLX350H", "Sony Stereo PSLX350H", "most"),
        ("token_set", "红色 电动车 头盔", "电动车 配件", "half"),
        ("token_set", "Bose Speaker System", "Canon Camera Case", "different"),
        ("token_set", "- - -", "Canon Camera Case", "null"),
    ],
)
def test_two_cells_stand_at_their_level(kind: str, left: str | None, right: str | None, wanted: str) -> None:
    assert level(kind, left, right) == wanted
    assert level(kind, right, left) == wanted

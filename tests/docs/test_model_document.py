"""The document on model files names every kind, key, level and option there is, and its example is a model."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from matchers.linking import link
from matchers.model.evidence_tiers import DecisionRules, EvidenceTier, OwnershipRule, Population
from matchers.model.link_model import KINDS, LevelWeight, LinkModel, parse_link_model

TEXT = (Path(__file__).parents[2] / "docs/比对与模型文件.md").read_text("utf-8")
EXAMPLE = re.findall(r"```toml model\n(.*?)```", TEXT, re.DOTALL)[0]
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
ROWS = {cells[0]: cells[1:] for cells in _ROW.findall(TEXT)}


def test_every_kind_stands_there_with_its_keys_and_levels_in_order() -> None:
    assert set(ROWS) == set(KINDS)
    for name, kind in KINDS.items():
        _, keys, levels = ROWS[name]
        assert set(re.findall(r"`\.(\w+)`", keys)) == set(kind.keys), name
        assert re.findall(r"`(\w+)`", levels) == list(kind.levels), name


def test_every_option_stands_there() -> None:
    for model in (LinkModel, LevelWeight, EvidenceTier, DecisionRules, OwnershipRule, Population):
        for name, field in model.model_fields.items():
            word = field.alias or name
            assert re.search(rf"\b{word}\b", TEXT), f"{model.__name__}.{name}"


def test_the_example_links_two_tables() -> None:
    model = parse_link_model(EXAMPLE, "比对与模型文件.md")
    names, days = ["孟繁星", "诸葛霁澜"], ["1990-02-03", "1988-05-06"]
    table = pa.table({"id": ["1", "2"], "name": names, "birth_date": days, "district": ["甲", "乙"]})
    pairs = link(table, table, model, ids=("id", "id")).to_pylist()
    linked = [(pair["left_id"], pair["right_id"]) for pair in pairs if pair["decision"] == "link"]
    assert sorted(linked) == [("1", "1"), ("2", "2")]

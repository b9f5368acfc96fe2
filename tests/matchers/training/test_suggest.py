"""Blocking rules for a new table: what they bring, what would be lost without each, and that they are enough."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.people_tables import write_tables
from flows.cli.app import app
from flows.cli.ending import ended
from matchers.engines.link import link_tables
from matchers.model.link_model import parse_link_model
from matchers.training.report import model_text
from matchers.training.suggest_blocking import rule_name, suggest_blocking
from matchers.training.suggested_blocking import section_text, table_lines
from tests.matchers.engines.test_linking import IDS, shipped


def test_suggested_rules_find_what_the_shipped_ones_find_within_the_budget(tmp_path: Path) -> None:
    write_tables(1_500, 79, tmp_path)
    left, right, truth = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("left", "right", "truth"))
    model = shipped("people")
    found = suggest_blocking(left, right, model)
    chosen = [one for one in found.candidates if one.chosen]
    assert found.recall > 0.98
    assert found.pairs == sum(one.pairs for one in chosen) <= found.budget
    assert all(one.lost > 0 for one in chosen)
    assert all(one.lost == 0 for one in found.candidates if not one.chosen and one.recall == 0)
    assert any("少了它会漏" in line for line in table_lines(found))

    bare = model_text(model.model_copy(update={"blocking": {}, "max_block_rows": {}})).replace("[blocking]", "")
    section = section_text(found)
    again = parse_link_model(bare + "\n" + section, "suggested.toml")
    assert again.blocking == found.blocking
    true_pairs = {tuple(row.values()) for row in truth.to_pylist()}
    pairs = link_tables(left, right, again, ids=IDS).to_pylist()
    links = {(row["left_id"], row["right_id"]) for row in pairs if row["decision"] == "link"}
    assert len(links & true_pairs) >= 0.95 * len(true_pairs)


def test_a_rule_is_named_for_what_it_says() -> None:
    assert rule_name(("name.key", "phone.tail4")) == "same_name_and_phone_tail4"
    assert rule_name(("birth_date.day",)) == "same_birth_date"


def test_the_command_writes_the_section_beside_the_new_model(tmp_path: Path) -> None:
    write_tables(2_000, 80, tmp_path)
    sides, out = [str(tmp_path / f"{side}.parquet") for side in ("left", "right")], tmp_path / "new.toml"
    assert ended(app, ["train", *sides, "--model", "people", "--out", str(out), "--suggest-blocking"]) == 0
    assert "[blocking]" in (tmp_path / "new.blocking.toml").read_text("utf-8")
    assert parse_link_model(out.read_text("utf-8"), "new.toml").trained_on is not None

"""`sanzhao why`: the same weight and decision as `link` comes to, said of one pair, with what it would take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from benchmarks.people_tables import write_tables
from flows.cli.app import app
from flows.cli.ending import ended
from tests.matchers.conftest import full_id

ID, OTHER = full_id(), full_id(birth="19870307", sequence="853")
LEFT = f"""row_id,姓名,手机号,身份证号
a1,孟繁星,138-0000-1234,
a2,张三,,{ID}
a3,李雷,13500001111,
"""
RIGHT = f"""row_id,姓名,身份证号码,联系电话
m1,孟繁星,{ID},13800001234
m2,韩梅,{OTHER},13900001234
"""


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert ended(app, ["why", *words]) == 0
    return capsys.readouterr().out


@pytest.fixture
def tables(tmp_path: Path) -> list[str]:
    for name, text in (("l.csv", LEFT), ("r.csv", RIGHT)):
        (tmp_path / name).write_text(text, "utf-8")
    return [str(tmp_path / "l.csv"), str(tmp_path / "r.csv"), "--model", "person_cn"]


def test_a_link_and_a_doubt_are_explained_without_any_cell(
    tables: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    linked = asked(capsys, *tables, "--left-key", "a1", "--right-key", "m1")
    assert "结论：关联（姓名相符，手机" in linked and "姓名：相同" in linked and "还差" not in linked
    doubted = asked(capsys, *tables, "--left-key", "a2", "--right-key", "m1")
    assert "结论：待核（身份证号完整一致，但姓名不符" in doubted
    assert "证件号：全部一致" in doubted and "若要按 full_id_and_compatible_name 关联，还要：姓名相同或" in doubted
    assert "孟繁星" not in linked + doubted and ID not in linked + doubted


def test_rows_that_no_rule_brings_together_are_told_so(tables: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(capsys, *tables, "--left-key", "a3", "--right-key", "m2")
    assert "结论：不关联，也不列出" in told and "没有，比对时不会把这两行放在一起" in told
    assert "证件号全部相同：两行的 id_number.full 不都相同" in told


def test_an_unknown_row_is_refused(tables: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(app, ["why", *tables, "--left-key", "zz", "--right-key", "m2"]) == 1
    assert "左表没有编号为 zz 的行" in capsys.readouterr().err


@pytest.mark.parametrize("model", ["people", "person_cn"])
def test_the_weight_and_the_decision_are_those_of_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    write_tables(3_000, 91, tmp_path)
    sides = [str(tmp_path / f"{side}.parquet") for side in ("left", "right")]
    out = tmp_path / "pairs.parquet"
    assert ended(app, ["link", *sides, "--model", model, "--out", str(out)]) == 0
    capsys.readouterr()
    pairs: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    assert {pair["decision"] for pair in pairs[:40]} >= {"link"}
    for pair in [next(one for one in pairs if one["decision"] == kind) for kind in {one["decision"] for one in pairs}]:
        keys = ["--left-key", pair["left_id"], "--right-key", pair["right_id"], "--json"]
        found = json.loads("{" + asked(capsys, *sides, "--model", model, *keys).partition("{")[2])
        assert found["match_weight"] == pytest.approx(pair["match_weight"], abs=1e-4)
        assert (found["decision"], found["levels"]) == (pair["decision"], pair["levels"])
        assert sorted(found["found_by"]) == sorted(pair["blocking_rules"])
        assert found["match_weight"] == pytest.approx(found["prior"] + sum(found["bits"].values()))

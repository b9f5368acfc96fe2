"""One table held against itself: any number of rows may be one, and their values are not common for that."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from flows.evaluate.pairs import evaluate_pairs
from matchers.blocking.blocks import packed
from matchers.engines.link import link_tables
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.training.train import train
from matchers.weighing.entities import joined
from schemas.errors import InputError
from tests.matchers.conftest import full_id


def shipped(name: str) -> LinkModel:
    return parse_link_model((resources.files("matchers.models") / f"{name}.toml").read_text("utf-8"), name)


def person(number: int, **changed: str | None) -> dict[str, str | None]:
    return {
        "row_id": f"r{number}", "name": "王李张刘陈杨赵黄周吴"[number % 10] + "伟芳娜敏静丽强磊军洋"[number // 10 % 10],
        "id_number": full_id("500113", "19900307", f"{number:03d}"), "phone": f"139{number * 7919 % 10**8:08d}",
        "birth_date": "1990-03-07", "sex": "男", "district": "甲", "employer": "乙", **changed,
    }  # fmt: skip


def write(path: Path, rows: list[dict[str, str | None]]) -> str:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


@pytest.mark.parametrize("model", ["people", "person_cn"])
@pytest.mark.parametrize("others", [0, 40])
def test_three_identical_rows_are_one_whatever_the_model_says_of_unique_sides(
    tmp_path: Path, model: str, others: int
) -> None:
    rows = [person(7, row_id=name) for name in "abc"] + [person(100 + n) for n in range(others)]
    table, out, groups = write(tmp_path / "t.parquet", rows), tmp_path / "p.parquet", tmp_path / "c.parquet"
    assert ended(app, ["dedupe", table, "--model", model, "--out", str(out), "--clusters", str(groups)]) == 0
    found = {(row["left_id"], row["right_id"]): row["decision"] for row in pq.read_table(out).to_pylist()}
    assert found == {("a", "b"): "link", ("a", "c"): "link", ("b", "c"): "link"}
    one = {row["cluster_id"] for row in pq.read_table(groups).to_pylist() if row["id"] in "abc"}
    assert one == {"a"}


def test_a_value_is_as_rare_beside_its_own_duplicates_as_alone() -> None:
    """Six spellings of one company bear its rare title: that does not make the title common."""
    others = [
        {
            "row_id": f"o{n}",
            "uscc": f"92500113MA{n:06d}",
            "title": f"{chr(0x4E00 + n * 7)}商贸{n}店",
            "address": f"街{n}",
        }
        for n in range(200)
    ]
    own = [{"row_id": f"d{n}", "uscc": None, "title": "澜江蓝骑配送", "address": "云溪街道1号"} for n in range(6)]
    own[5]["address"] = None
    model = shipped("companies")

    def weight(rows: list[dict[str, str | None]]) -> float:
        found = link_tables(pa.Table.from_pylist(rows + others), None, model, ids=("row_id", "row_id")).to_pylist()
        return next(row["match_weight"] for row in found if {row["left_id"], row["right_id"]} == {"d0", "d5"})

    few, many = weight([own[0], own[5]]), weight(own)
    assert abs(few - many) < 0.1


@pytest.mark.parametrize("model", ["people", "person_cn"])
def test_thousands_of_identical_rows_are_one_cluster_in_little_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    """Three thousand are four and a half million pairs; each stands in one, with the first."""
    rows = [person(7, row_id=f"c{n:04d}") for n in range(3_000)] + [person(100 + n) for n in range(50)]
    rows.append(person(7, row_id="near", employer="丙"))
    table, out, groups = write(tmp_path / "t.parquet", rows), tmp_path / "p.parquet", tmp_path / "c.parquet"
    assert ended(app, ["dedupe", table, "--model", model, "--out", str(out), "--clusters", str(groups)]) == 0
    assert pq.read_table(out).num_rows == 3_000
    one = {row["cluster_id"] for row in pq.read_table(groups).to_pylist() if row["id"].startswith(("c", "n"))}
    assert one == {"c0000"}
    assert model == "person_cn" or "2,999 行与前面的某一行完全相同" in capsys.readouterr().out


def test_pairs_that_would_not_fit_are_refused_by_rule_before_one_is_made() -> None:
    """Identical rows on both sides of a link: every pair is as good as the next."""
    sides = [pa.Table.from_pylist([person(7, row_id=f"{side}{n}") for n in range(400)]) for side in "lr"]
    tight = shipped("people").model_copy(update={"max_pair_bytes": 10_000_000})
    with pytest.raises(InputError, match=r"分组规则 same_id 会留下约 160,000 对，要占约 0\.1 GB") as refused:
        link_tables(*sides, tight, ids=("row_id", "row_id"))
    assert refused.value.rule == "pair_budget"
    with pytest.raises(InputError, match="会留下约"):
        train(*sides, tight)
    kept = [pa.Table.from_pylist([person(n, row_id=f"{side}{n}") for n in range(400)]) for side in "lr"]
    assert link_tables(*kept, tight, ids=("row_id", "row_id")).num_rows > 0


def test_rows_joined_over_any_number_of_links_have_one_root() -> None:
    left, right = np.array([5, 4, 1, 7]), np.array([6, 5, 4, 8])
    assert joined(np.arange(9), packed(left, right)).tolist() == [0, 1, 2, 3, 1, 1, 1, 7, 7]


def test_pairs_of_one_table_are_held_against_a_truth_in_either_order(tmp_path: Path) -> None:
    table, out = write(tmp_path / "t.parquet", [person(1), person(1, row_id="q"), person(2)]), tmp_path / "p.parquet"
    assert ended(app, ["dedupe", table, "--model", "people", "--out", str(out)]) == 0
    for truth in ([("r1", "q")], [("q", "r1")], [("q", "r1"), ("r1", "q")]):
        named = pa.table({"left_id": [one for one, _ in truth], "right_id": [other for _, other in truth]})
        at = evaluate_pairs(pq.read_table(out), named).at_decision
        assert (at.precision.right, at.precision.of, at.recall.of) == (1, 1, 1)


def test_pairs_of_two_tables_keep_their_order_though_both_number_their_rows(tmp_path: Path) -> None:
    sides = [write(tmp_path / f"{n}.parquet", rows) for n, rows in enumerate(
        ([person(3, row_id="1"), person(4, row_id="2")], [person(4, row_id="1"), person(5, row_id="2")])
    )]  # fmt: skip
    out = tmp_path / "p.parquet"
    assert ended(app, ["link", *sides, "--model", "people", "--out", str(out)]) == 0
    truth = pa.table({"left_id": ["1"], "right_id": ["2"]})
    assert evaluate_pairs(pq.read_table(out), truth).at_decision.precision.right == 0

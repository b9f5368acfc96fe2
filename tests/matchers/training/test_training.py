"""Training without labels: what it learns, what it refuses, what persons judged, and what the report says of it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.people_tables import write_tables
from flows.cli.app import app
from flows.cli.ending import ended
from matchers.engine import embedded
from matchers.engines.link import link_tables
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.sides.encoded import NIBBLES, encode_sides
from matchers.training.chances import chance_agreements
from matchers.training.crosscheck import cross_check
from matchers.training.em import TrainingPairs
from matchers.training.pairs import EncodedTables
from matchers.training.report import model_text, report_text
from matchers.training.train import Judging, Training, train
from matchers.training.trust import in_order
from matchers.weighing.weights import Learned
from schemas.errors import TableError
from tests.matchers.conftest import full_id
from tests.matchers.engines.test_linking import shipped

IDS = ("row_id", "row_id")
Weights = tuple[float, float | str]
SAME: dict[str, Weights] = {"same": (0.9, "term_frequency"), "different": (0.1, 0.9)}
NEUTRAL: dict[str, Weights] = {"same": (0.5, 0.5), "different": (0.5, 0.5)}


def model_of(comparisons: dict[str, dict[str, Weights]], *rules: str, prior: float = 0.5) -> LinkModel:
    """A model of category columns, one blocking rule per named column."""
    columns = "\n".join(f'{column} = "category"' for column in comparisons)
    blocking = "\n".join(f'same_{column} = ["{column}.value"]' for column in rules)
    levels = "\n".join(
        f"[comparisons.{column}]\n"
        + "\n".join(f"{name} = {{ m = {m}, u = {json.dumps(u)} }}" for name, (m, u) in given.items())
        for column, given in comparisons.items()
    )
    head = (
        f'name = "t"\nversion = "1"\nprior = {prior}\nlink_probability = 0.5\nreview_probability = 0.2\nmargin_bits = 1'
    )
    return parse_link_model(f"{head}\n[columns]\n{columns}\n[blocking]\n{blocking}\n{levels}\n", "t.toml")


def table(side: str, columns: dict[str, np.ndarray]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    texts = {name: pa.array(values.astype(str).tolist()) for name, values in columns.items()}
    return pa.table({"row_id": [f"{side}{row}" for row in range(rows)]} | texts)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    write_tables(4_000, 78, folder, one_city=True)
    return folder


@pytest.fixture(scope="module")
def sides(people: Path) -> tuple[pa.Table, pa.Table]:
    return pq.read_table(people / "left.parquet"), pq.read_table(people / "right.parquet")


@pytest.fixture(scope="module")
def training(sides: tuple[pa.Table, pa.Table]) -> Training:
    return train(*sides, shipped("people"))


def test_what_is_expected_is_what_the_truth_says(people: Path, training: Training) -> None:
    truth = pq.read_table(people / "truth.parquet").num_rows
    outcomes = {one.decision: one for one in training.outcomes}
    assert training.expected_matches == pytest.approx(truth, rel=0.05)
    assert outcomes["link"].pairs - outcomes["link"].matches < 0.02 * outcomes["link"].pairs
    assert sum(one.matches for one in training.outcomes) == pytest.approx(truth, rel=0.05)


def test_the_new_file_says_what_it_was_learned_from_and_loads_again(training: Training) -> None:
    text = model_text(training.model)
    again = parse_link_model(text, "trained.toml")
    assert again == training.model
    assert again.version.startswith("2026.11.3+")
    assert again.trained_on is not None
    assert (again.trained_on.left_rows, again.trained_on.base) == (4_000, "people 2026.11.3")


def test_a_rare_phone_agreement_has_a_chance_though_no_random_pair_shows_it(training: Training) -> None:
    levels = list(training.model.comparisons["phone"])
    u = dict(zip(levels, training.learned.u["phone"][1:], strict=True))
    assert 1e-9 < u["full"] < 1e-7  # half a pair in 4,000 numbers
    assert 1e-6 < u["visible"] < 1e-5  # 33 prefixes, four digits


def test_a_name_tells_the_sex_so_both_together_are_worth_less(
    sides: tuple[pa.Table, pa.Table], training: Training
) -> None:
    factor = training.model.comparisons["sex"]["same"].correlation_factor
    assert factor is not None
    assert 1.15 < factor < 2.5  # four thousand rows show it faintly; a million, 1.9
    shuffled = np.random.default_rng(5).permutation(sides[1].num_rows)
    right = sides[1].set_column(sides[1].schema.get_field_index("sex"), "sex", sides[1]["sex"].take(pa.array(shuffled)))
    with embedded() as con:
        con.execute(NIBBLES)
        told = chance_agreements(
            EncodedTables(con, shipped("people"), encode_sides(sides[0], right, shipped("people")))
        )
    assert ("sex", "same") not in told.name_correlations


def test_a_table_with_rows_that_stand_twice_is_learned_from(sides: tuple[pa.Table, pa.Table]) -> None:
    """What two strangers never share comes to a hair above 1 by the half pair added: still a share."""
    left = sides[0]
    again = left.slice(0, 700).set_column(0, "row_id", pa.array([f"again{row}" for row in range(700)]))
    trained = train(pa.concat_tables([left, again]), None, shipped("people"))
    assert trained.expected_matches == pytest.approx(700, rel=0.05)
    assert all(float(level.u) <= 1 for levels in trained.model.comparisons.values() for level in levels.values()
               if level.u != "term_frequency")  # fmt: skip


def test_ids_stand_closer_where_people_share_town_and_birth_date() -> None:
    def near(days: int) -> float:
        born = [f"19{60 + day // 300:02d}{1 + day // 25 % 12:02d}{1 + day % 25:02d}" for day in range(days)]
        ids = [full_id("500113", born[row % days], f"{row:03d}") for row in range(900)]
        ids[0] = ids[0][:-1] + ("1" if ids[0][-1] == "0" else "0")
        rows = {"name": ["张伟"] * 900} | {
            c: [None] * 900 for c in ("phone", "sex", "birth_date", "district", "employer")
        }
        side = pa.table({"id_number": pa.array(ids)} | {c: pa.array(v, pa.string()) for c, v in rows.items()})
        with embedded() as con:
            con.execute(NIBBLES)
            chances = chance_agreements(
                EncodedTables(con, shipped("people"), encode_sides(side, side, shipped("people")))
            )
        return float(chances.u["id_number"][1 + list(shipped("people").comparisons["id_number"]).index("near")])

    assert near(10) > 5 * near(100) > 50 * near(900)  # the last: too few share one to tell, so the country's


def test_the_report_is_for_the_one_who_approves(training: Training) -> None:
    text = report_text(training)
    for heading in ("提醒", "估计错连", "连不上", "m 原来", "收敛", "ECM", "批准人"):
        assert heading in text
    assert "row_id" not in text


def test_ecm_agrees_on_people_and_its_figures_stand_beside_ours(training: Training) -> None:
    check = training.crosscheck
    assert check is not None
    assert not check.warnings
    assert check.matches[1] == pytest.approx(check.matches[0], rel=0.2)
    assert all(one.ecm[0] > one.ecm[1] for one in check.columns if one.column in ("name", "id_number", "phone"))


def test_ecm_in_another_mode_is_a_warning_and_no_more(training: Training) -> None:
    """A thousand pairs of one family agree on b and c, and only fifty pairs on a as well: ECM takes the families."""
    shown = {(1, 1, 1): 50.0, (2, 1, 1): 1000.0, (2, 2, 2): 1000.0, (2, 1, 2): 100.0, (2, 2, 1): 100.0}
    levels = {name: np.array([one[place] for one in shown]) for place, name in enumerate("abc")}
    counts = np.array(list(shown.values()))
    weights = {name: np.array([1.0, 0.9, 0.1]) for name in "abc"}
    chances = {"a": np.array([1.0, 1e-6, 1.0]), "b": np.array([1.0, 0.1, 0.9]), "c": np.array([1.0, 0.1, 0.9])}
    model = model_of({"a": SAME, "b": SAME, "c": SAME}, "a")
    pairs = TrainingPairs(levels, counts, counts * 0, counts * 0)
    check = cross_check(pairs, Learned(weights, chances, 1e-5, 5, True), model)
    assert check is not None
    assert check.matches[0] == pytest.approx(50 / 2250, rel=0.1)
    assert check.matches[1] > 0.3
    assert any("候选中真对的比例" in warning for warning in check.warnings)


def test_no_convergence_is_refused_by_comparison_and_level_and_the_last_model_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    for side in ("l", "r"):
        columns = {name: rng.integers(0, 4, 400) for name in "abc"}
        pq.write_table(table(side, columns), tmp_path / f"{side}.parquet")
    model, out = tmp_path / "model.toml", tmp_path / "trained.toml"
    model.write_text(model_text(model_of(dict.fromkeys("abc", SAME), "a")), "utf-8")
    out.write_text("# the last model", "utf-8")
    words = [
        "train",
        str(tmp_path / "l.parquet"),
        str(tmp_path / "r.parquet"),
        "--model",
        str(model),
        "--out",
        str(out),
    ]
    assert ended(app, words) == 1
    told = capsys.readouterr()
    assert "没有收敛：" in told.out + told.err
    assert any(f"{column}.{level}" in told.out + told.err for column in "abc" for level in SAME)
    assert out.read_text("utf-8") == "# the last model"
    assert not out.with_suffix(".report.md").exists()


def test_classes_that_swap_are_refused() -> None:
    """The right table codes yes and no the other way round in every column."""
    rng = np.random.default_rng(1)
    town, answers = np.arange(300) // 6, {f"q{n}": rng.integers(0, 2, 300) for n in range(10)}
    left = table("l", {"town": town} | answers)
    right = table("r", {"town": town} | {name: 1 - values for name, values in answers.items()})
    model = model_of({"town": SAME} | dict.fromkeys(answers, NEUTRAL), "town", prior=0.9)
    with pytest.raises(TableError, match="两类颠倒") as refused:
        train(left, right, model)
    assert "q0.same" in str(refused.value)


def test_a_level_against_its_order_is_refused(sides: tuple[pa.Table, pa.Table]) -> None:
    """The right table codes the sexes the other way round: `different` says more for a match than `same`."""
    left, right = sides
    turned = pc.if_else(pc.equal(right["sex"], "男"), "女", "男")
    right = right.set_column(right.schema.get_field_index("sex"), "sex", turned)
    with pytest.raises(TableError, match=r"sex\.same 更一致，分值却明显低于 sex\.different"):
        train(left, right, shipped("people"))


def test_tables_with_hardly_a_match_teach_nothing(sides: tuple[pa.Table, pa.Table], people: Path) -> None:
    truth = set(pq.read_table(people / "truth.parquet")["right_id"].to_pylist())
    strangers = sides[1].filter(pa.array([row not in truth for row in sides[1]["row_id"].to_pylist()]))
    with pytest.raises(TableError, match="真对"):
        train(sides[0], strangers, shipped("people"))


def judged(rows: list[tuple[str, str, str]]) -> Judging:
    names = ("left_id", "right_id", "judgement")
    return Judging(pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)}), IDS)


def test_judgements_steer_what_is_learned(sides: tuple[pa.Table, pa.Table], people: Path, training: Training) -> None:
    """Half the links whose employers agree are judged two people: agreeing on the employer loses weight."""
    pairs = link_tables(*sides, training.model, ids=IDS).to_pylist()
    agreeing = [row for row in pairs if row["decision"] == "link" and row["levels"]["employer"] == "same"]
    told = [(row["left_id"], row["right_id"], "not_link") for row in agreeing[::2]]
    steered = train(*sides, shipped("people"), judging=judged([*told, ("nobody", "r1", "link")]))
    assert steered.judged is not None
    assert (steered.judged.other, steered.judged.unknown) == (len(told), 1)
    assert steered.learned.m["employer"][1] < 0.9 * training.learned.m["employer"][1]
    assert steered.expected_matches == pytest.approx(training.expected_matches - len(told), abs=5)
    assert "人工判断" in report_text(steered)


def test_the_newest_judgement_of_a_pair_holds_and_unsure_says_nothing(sides: tuple[pa.Table, pa.Table]) -> None:
    rows = [("l0", "r0", "link"), ("l0", "r0", "not_link"), ("l1", "r1", "unsure")]
    shown = train(*sides, shipped("people"), judging=judged(rows)).judged
    assert shown is not None
    assert (shown.same, shown.other) == (0, 1)


def test_a_word_that_is_no_judgement_is_refused(sides: tuple[pa.Table, pa.Table]) -> None:
    with pytest.raises(TableError, match="不认识的判断"):
        train(*sides, shipped("people"), judging=judged([("l0", "r0", "maybe")]))


def test_rows_that_show_too_little_are_counted_by_side(sides: tuple[pa.Table, pa.Table]) -> None:
    left, right = sides
    bare = pa.table(
        {
            name: (
                [f"bare{n}" for n in range(1_000)] if name == "row_id"
                else ["男"] * 1_000 if name == "sex" else pa.nulls(1_000, pa.string())
            )
            for name in left.schema.names
        }
    )  # fmt: skip
    by = {one.side: one for one in train(pa.concat_tables([left, bare]), right, shipped("people")).unlinkable}
    assert (by["left"].rows, by["left"].unlinkable) == (5_000, 1_000)
    assert (by["right"].rows, by["right"].unlinkable) == (4_000, 0)


def chosen(unique: str) -> LinkModel:
    model = model_of({"street": SAME, "job": SAME}, "street")
    return model.model_copy(update={"unique": tuple(unique.split())})


@pytest.mark.parametrize(("unique", "refused"), [("left right", True), ("right", True), ("", False)])
def test_more_true_pairs_than_unique_sides_allow_are_refused(unique: str, refused: bool) -> None:
    """Rows of one street and one job are taken for one person: 8,000 true pairs among 400 and 400 rows."""
    kinds = np.arange(400) // 20
    left, right = (table(side, {"street": kinds, "job": kinds}) for side in "lr")
    if not refused:
        assert train(left, right, chosen(unique)).expected_matches > 400
        return
    with pytest.raises(TableError, match="最多 400 对") as error:
        train(left, right, chosen(unique))
    assert error.value.rule == "em_too_many_matches"


def test_m_of_every_column_sums_to_one_or_training_is_refused(training: Training) -> None:
    for column, levels in training.model.comparisons.items():
        assert sum(level.m for level in levels.values()) == pytest.approx(1, abs=1e-4), column
    kinds = np.arange(400)
    sides = [table(side, {"street": kinds, "job": np.full(400, "")}) for side in "lr"]
    sound = model_of({"street": SAME, "job": SAME}, "street")
    kept = train(*sides, sound)
    assert kept.model.comparisons["job"]["same"].m == 0.9
    assert any(said.startswith("job：真对中没有两边都有这一列的") for said in kept.warnings)
    uneven = model_of({"street": SAME, "job": {"same": (0.9, "term_frequency"), "different": (0.4, 0.9)}}, "street")
    with pytest.raises(TableError, match=r"job 各级的 m 合计 1\.3000"):
        train(*sides, uneven)


def test_too_few_pairs_are_said_only_where_they_are_few() -> None:
    people = shipped("people")
    only = people.model_copy(update={"comparisons": {"name": people.comparisons["name"]}})
    m, u = np.array([1.0, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1]), np.array([1.0, 1e-4, 1e-3, 1e-4, 0.1, 0.1, 0.79])
    learned = Learned({"name": m}, {"name": u}, 0.1, 3, True)
    for matches, few in ((100.0, True), (100_000.0, False)):
        fresh, said = in_order(learned, only, matches)
        assert ["不足" in one for one in said if "sound、swapped" in one] == [few]
        assert fresh.m["name"][1:].sum() == pytest.approx(1)


def test_a_number_given_for_u_is_used_where_it_could_have_been_counted() -> None:
    """Nine in ten rows live in one street: counted, agreeing says nothing; the model's number says it says much."""
    kinds = np.array([1] * 270 + list(range(2, 32)))
    left, right = (table(side, {"street": kinds, "job": np.arange(300)}) for side in "lr")
    by = {
        u: model_of({"street": {"same": (0.9, u), "different": (0.1, 0.9)}, "job": SAME}, "job")
        for u in ("term_frequency", 0.001, 0.5)
    }
    weights = {u: link_tables(left, right, model, ids=IDS)["match_weight"][0].as_py() for u, model in by.items()}
    assert weights[0.001] - weights[0.5] == pytest.approx(np.log2(500), abs=0.01)
    assert weights[0.5] < weights["term_frequency"] + 1
    trained = {u: train(left, right, model).model.comparisons["street"]["same"].u for u, model in by.items()}
    assert trained == {"term_frequency": "term_frequency", 0.001: 0.001, 0.5: 0.5}


@given(st.lists(st.floats(1e-4, 1.0), min_size=6, max_size=6), st.lists(st.floats(1e-6, 1.0), min_size=6, max_size=6))
def test_levels_put_in_order_never_weigh_less_than_the_next(m: list[float], u: list[float]) -> None:
    people = shipped("people")
    learned = Learned({"name": np.array([1.0, *m])}, {"name": np.array([1.0, *u])}, 0.1, 3, True)
    only = people.model_copy(update={"comparisons": {"name": people.comparisons["name"]}})
    bits = in_order(learned, only, 1_000)[0].bits("name")[1:]
    assert all(upper >= min(lower, -np.log2(chance)) - 1e-9 for (upper, lower), chance in
               zip(itertools.pairwise(bits), u, strict=False))  # fmt: skip

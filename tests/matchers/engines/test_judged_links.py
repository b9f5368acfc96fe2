"""What persons judged stands over the score: in `link` and `dedupe`, with plain models and with evidence tiers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.cli.app import app
from flows.cli.ending import ended
from flows.cli.linking import load_model
from matchers.engines.result import clusters
from matchers.linking import link
from schemas.errors import TableError
from tests.matchers.conftest import full_id

IDS = ("row_id", "row_id")
COLUMNS = ("name", "id_number", "phone", "birth_date", "sex", "district", "employer")
BOTH_MODELS = pytest.mark.parametrize("model", ["people", "person_cn"])


def person(row_id: str, name: str, **known: str | None) -> dict[str, str | None]:
    return {"row_id": row_id, "name": name} | {column: known.get(column) for column in COLUMNS[1:]}


def people(*rows: dict[str, str | None]) -> pa.Table:
    schema = pa.schema([(column, pa.string()) for column in ("row_id", *COLUMNS)])
    return pa.Table.from_pylist(list(rows), schema=schema)


def members(*more: dict[str, str | None]) -> pa.Table:
    """Sixty members nobody looks for, and these."""
    others = [
        person(f"m{n}", f"欧阳{chr(0x4E10 + n)}", id_number=full_id("500101", "19700101", f"{n:03d}"), sex="男")
        for n in range(60)
    ]
    return people(*others, *more)


def judged(*rows: tuple[str, str, str]) -> pa.Table:
    return pa.table(dict(zip(("left_id", "right_id", "judgement"), map(list, zip(*rows, strict=True)), strict=True)))


def decisions(pairs: pa.Table) -> dict[tuple[str, str], str]:
    rows = pairs.select(["left_id", "right_id", "decision"]).to_pylist()
    return {(row["left_id"], row["right_id"]): row["decision"] for row in rows}


HERS = {"id_number": full_id(), "phone": "13912345678"}


@BOTH_MODELS
def test_a_pair_judged_to_be_one_links_though_nothing_speaks_for_it(model: str) -> None:
    left = people(person("a", "张玉洁", **HERS), person("b", "钱多多"))
    right = members(person("x", "张玉洁", **HERS), person("y", "孙小圣", sex="男"))
    found = link(left, right, load_model(model), ids=IDS, judgements=judged(("b", "y", "link")))
    assert decisions(found) == {("a", "x"): "link", ("b", "y"): "link"}
    row = next(row for row in found.to_pylist() if row["left_id"] == "b")
    assert (row["blocking_rules"], row["levels"]["name"]) == ([], "different")
    assert row["match_probability"] < 0.01


@BOTH_MODELS
def test_a_pair_judged_to_be_two_never_links_and_is_no_rival_to_the_right_one(model: str) -> None:
    twin = HERS | {"id_number": full_id()}
    left = people(person("a", "张玉洁", **HERS))
    right = members(person("x", "张玉洁", **HERS), person("y", "张玉洁", **twin))
    assert "link" not in decisions(link(left, right, load_model(model), ids=IDS)).values()
    found = decisions(link(left, right, load_model(model), ids=IDS, judgements=judged(("a", "x", "not_link"))))
    assert found[("a", "y")] == "link"
    assert found.get(("a", "x"), "reject") == "reject"


@BOTH_MODELS
def test_a_row_given_to_one_by_a_person_is_taken_from_whom_the_score_would_give_it(model: str) -> None:
    left = people(person("a", "张玉洁", **HERS))
    right = members(person("x", "张玉洁", **HERS), person("y", "张玉杰"))
    assert decisions(link(left, right, load_model(model), ids=IDS)) == {("a", "x"): "link"}
    found = decisions(link(left, right, load_model(model), ids=IDS, judgements=judged(("a", "y", "link"))))
    assert found == {("a", "y"): "link", ("a", "x"): "reject"}


@BOTH_MODELS
def test_the_newest_judgement_counts_and_unsure_leaves_it_to_the_score(model: str) -> None:
    left, right = people(person("a", "张玉洁", **HERS)), members(person("x", "张玉洁", **HERS))
    for said, wanted in (
        (("not_link", "link"), "link"),
        (("link", "not_link"), "reject"),
        (("not_link", "unsure"), "link"),
    ):
        told = judged(*(("a", "x", one) for one in said))
        assert decisions(link(left, right, load_model(model), ids=IDS, judgements=told))[("a", "x")] == wanted


@BOTH_MODELS
def test_judgements_that_give_one_row_to_two_are_refused_by_their_lines(model: str) -> None:
    left, right = people(person("a", "张玉洁", **HERS)), members(person("x", "张玉洁"), person("y", "张玉杰"))
    told = judged(("a", "x", "link"), ("b", "x", "link"), ("a", "y", "link"))
    with pytest.raises(TableError) as refused:
        link(left, right, load_model(model), ids=IDS, judgements=told)
    assert refused.value.examples == ("第1行", "第3行")


@BOTH_MODELS
def test_rows_judged_to_be_two_are_not_joined_by_way_of_a_third(model: str) -> None:
    masked = full_id()[:6] + "*" * 8 + full_id()[-4:]
    table = members(
        person("a", "张玉洁", **HERS),
        person("b", "张玉洁", id_number=masked, phone=HERS["phone"], birth_date="1990-03-07"),
        person("c", "张玉洁", **HERS),
    )
    chosen = load_model(model).model_copy(update={"unique": ()})
    straight = clusters(link(table, None, chosen, ids=IDS), table["row_id"].combine_chunks()).to_pylist()
    assert {row["cluster_id"] for row in straight if row["id"] in "abc"} == {"a"}
    told = judged(("c", "a", "not_link"))
    pairs = link(table, None, chosen, ids=IDS, judgements=told)
    apart = {row["id"]: row["cluster_id"] for row in clusters(pairs, table["row_id"].combine_chunks()).to_pylist()}
    assert apart["a"] != apart["c"]
    assert sorted(decisions(pairs)[pair] for pair in (("a", "b"), ("b", "c"))) == ["link", "review"]
    with pytest.raises(TableError, match="自相矛盾"):
        link(table, None, chosen, ids=IDS,
             judgements=judged(("a", "b", "link"), ("c", "b", "link"), ("a", "c", "not_link")))  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(
    st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.sampled_from(["link", "not_link"]), max_size=5)
)
def test_whatever_persons_judged_is_what_comes_out(told: dict[tuple[int, int], str]) -> None:
    """Each left row is given to one right row at most, so that nothing contradicts."""
    seen: set[int] = set()
    kept = []
    for (left, right), said in told.items():
        if said == "not_link" or not {left, right + 100} & seen:
            kept.append((f"l{left}", f"m{right}", said))
            seen |= {left, right + 100} if said == "link" else set()
    same = [person(f"l{n}", f"欧阳{chr(0x4E10 + n)}", sex="男") for n in range(6)]
    pairs = link(people(*same), members(), load_model("people"), ids=IDS, judgements=judged(*kept) if kept else None)
    found = decisions(pairs)
    for left_id, right_id, said in kept:
        assert (found.get((left_id, right_id)) == "link") == (said == "link")
    linked = [pair for pair, decision in found.items() if decision == "link"]
    assert len({left for left, _ in linked}) == len(linked) == len({right for _, right in linked})


def test_the_commands_take_judgements_and_say_how_many_were_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(people(person("a", "张玉洁", **HERS)), tmp_path / "left.parquet")
    pq.write_table(members(person("x", "张玉洁", **HERS)), tmp_path / "right.parquet")
    (tmp_path / "told.csv").write_text("left_id,right_id,judgement\na,x,not_link\nz,x,link\n", "utf-8")
    out = tmp_path / "pairs.parquet"
    words = ["--model", "person_cn", "--out", str(out), "--judgements", str(tmp_path / "told.csv")]
    assert ended(app, ["link", str(tmp_path / "left.parquet"), str(tmp_path / "right.parquet"), *words]) == 0
    assert decisions(pq.read_table(out))[("a", "x")] == "reject"
    assert "必连 0 对，必不连 1 对；编号不在表里的 1 条没有用" in capsys.readouterr().out
    (tmp_path / "told.csv").write_text("left_id,right_id,judgement\nx,m1,link\n", "utf-8")
    groups = tmp_path / "groups.parquet"
    assert ended(app, ["dedupe", str(tmp_path / "right.parquet"), *words, "--clusters", str(groups)]) == 0
    assert {"m1": "m1", "x": "m1"}.items() <= {
        r["id"]: r["cluster_id"] for r in pq.read_table(groups).to_pylist()
    }.items()
    assert "必连 1 对，必不连 0 对" in capsys.readouterr().out

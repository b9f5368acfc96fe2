"""What tasks on Spark make of pieces and shards, run here one by one: the rows are the embedded engine's, however the
tables are cut, in whatever order messages come, and if a task is done twice."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from matchers.blocking.blocks import packed
from matchers.deciding.thresholds import decision_sql
from matchers.engine import embedded
from matchers.engines.link import link_tables
from matchers.engines.spark import counting, duplicates, facts, planning, shards, travel, weighing
from matchers.engines.spark.flow import KEPT
from matchers.engines.spark.link import parted
from matchers.engines.spark.pieces import finished_piece
from matchers.engines.spark.result import pair_table
from matchers.engines.spark.setting import Setting
from matchers.engines.spark.travel import Message
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.weighing.entities import joined
from matchers.weighing.score import log_odds
from schemas.errors import InputError, TableError
from tests.matchers.conftest import full_id

SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋勇杰涛超明"


def people_model(**changed: object) -> LinkModel:
    text = (resources.files("matchers.models") / "people.toml").read_text("utf-8")
    return parse_link_model(text, "people").model_copy(update=changed)


def people(count: int, *, side: str, seed: int) -> pa.Table:
    """Rows of whom every third stands on both sides with a slip; one phone of an office; one name on many rows."""
    rng = random.Random(seed)  # noqa: S311
    rows = []
    for number in range(count):
        own = number if number % 3 == 0 else number + (100_000 if side == "r" else 0)
        told = random.Random(own)  # noqa: S311
        name = told.choice(SURNAMES) + told.choice(GIVEN) + told.choice(GIVEN)
        born = f"{told.randint(1950, 2003)}{told.randint(1, 12):02d}{told.randint(1, 28):02d}"
        row: dict[str, str | None] = {
            "row_id": f"{side}{number * 7919 % count:05d}", "name": name,
            "id_number": full_id("500113", born, f"{own % 997:03d}"), "phone": f"139{own * 7919 % 10**8:08d}",
            "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}", "sex": told.choice("男女"),
            "district": told.choice("甲乙丙"), "employer": told.choice(("顺丰", "京东", "美团", None)),
        }  # fmt: skip
        if number % 7 == 0:
            row |= {"name": "张伟", "employer": "顺丰"}
        if number % 5 == 0:
            row["phone"] = "13683512277"
        row[rng.choice(("name", "id_number", "phone", "birth_date"))] = None
        rows.append(row)
    return pa.Table.from_pylist(rows)


def with_copies(table: pa.Table) -> pa.Table:
    """A table with pairs of duplicates of its own, and one row sixty times."""
    rows = [*table.to_pylist(), *table.slice(3, 40).to_pylist(), *table.slice(9, 1).to_pylist() * 60]
    return pa.Table.from_pylist([{**row, "row_id": f"t{at * 17 % len(rows):05d}"} for at, row in enumerate(rows)])


class Cluster:
    """Runs tasks one by one: what they say is shuffled, and every third task is done twice."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.random = setting, random.Random(7)  # noqa: S311

    def meet(self, *messages: Iterable[Message]) -> dict[int, list[Message]]:
        every = list(travel.table_of(one for some in messages for one in some).to_batches())
        self.random.shuffle(every)
        found = defaultdict(list)
        for one in travel.messages_of(pa.Table.from_batches(every, travel.SCHEMA)):
            found[one.place].append(one)
        return found

    @property
    def pieces(self) -> range:
        return range(len(self.setting.numbered_pieces))

    def look(self) -> None:
        met = self.meet(one for number in self.pieces for one in facts.looked_at(self.setting, number))
        told = [one for messages in met.values() for one in facts.gathered(self.setting, messages)]
        self.setting = replace(self.setting, facts=facts.facts_of(self.setting, told)[0])

    def compared(self, told: dict[int, list[Message]]) -> list[Message]:
        copies = {number: duplicates.copies_of(told.get(number, [])) for number in self.pieces}
        marks = self.meet(
            one
            for number in self.pieces
            for one in planning.marked(self.setting, finished_piece(self.setting, number), number, copies[number])
        )
        plan = [one for messages in marks.values() for one in planning.planned(self.setting, messages)]
        planning.refuse_over_budget(self.setting, [one for one in plan if one.kind == planning.RULES])
        rows = self.meet(one for one in plan if one.kind == planning.TOLD)
        sent = self.meet(one for number, own in rows.items() for one in shards.sent(self.setting, number, own))
        again = [own for at, own in enumerate(sent.values()) if at % 3 == 0]
        found = [list(shards.compared(self.setting, own)) for own in (*sent.values(), *again)]
        asked = {(one.place, int(one.head["from"][0])): one for own in found for one in own if one.kind == 1}
        return [*(one for own in found for one in own if one.kind == shards.PAIRS), *asked.values()]

    def scored(self, found: list[Message], roots: dict[int, list[Message]] | None) -> pa.Table:
        borne = []
        for number in self.pieces:
            piece = finished_piece(self.setting, number)
            own = None if roots is None else duplicates.roots_of(piece.numbers, roots.get(number, []))
            borne += counting.borne(self.setting, piece, own)
        met = self.meet((one for one in found if one.kind == counting.ASKED), borne)
        counts = [one for own in met.values() for one in counting.counted(self.setting, own)]
        shown = self.meet((one for one in found if one.kind == shards.PAIRS), counts)
        return pa.concat_tables([weighing.weighed(self.setting, own) for own in shown.values()])

    def linked(self) -> pa.Table:
        self.look()
        if not self.setting.same:
            return self.decided(self.scored(self.compared({}), None))
        alike = self.meet(one for number in self.pieces for one in duplicates.looked_alike(self.setting, number))
        told = self.meet(one for own in alike.values() for one in duplicates.alike(self.setting, own))
        found = self.compared(told)
        first = self.scored(found, told)
        links = first.filter(
            pa.array(np.asarray(first["match_weight"]) >= log_odds(self.setting.model.link_probability))
        )
        same = [duplicates.identical_links(travel.table_of(own)) for own in told.values()]
        ends = [(links["la"], links["ra"]), *((one["one"], one["other"]) for one in same)]
        left, right = (np.concatenate([np.asarray(one[at]) for one in ends]) for at in (0, 1))
        roots = joined(np.arange(self.setting.known.rows[0]), packed(left, right))
        rows = np.flatnonzero(roots != np.arange(len(roots)))
        entities = pa.table({"row": rows, "root": roots[rows]})
        told = self.meet(travel.messages_of(duplicates.roots_table(self.setting, entities)))
        return self.decided(self.scored(found, told))

    def decided(self, scored: pa.Table) -> pa.Table:
        model = self.setting.model
        with embedded(given=scored) as con:
            con.execute("create table scored as select distinct on (la, ra) * from given")
            limits = log_odds(model.link_probability), model.margin_bits
            con.execute("create table limits as select ?::double as least_link, ?::double as margin", limits)
            decided = decision_sql(model, KEPT, same=self.setting.same)
            rows = con.execute(f"select * from ({decided}) order by left_id, right_id").to_arrow_table()
        return pair_table(model, rows)


def setting_of(tables: list[pa.Table], model: LinkModel, *, cut: int, count: int, most: int = 300) -> Setting:
    titles = ("表",) if len(tables) == 1 else ("左表", "右表")
    made = [
        parted(title, [table.slice(at, cut) for at in range(0, table.num_rows, cut)], model, "row_id")
        for title, table in zip(titles, tables, strict=True)
    ]
    return Setting(model, tuple(made), count, pairs_per_shard=most)


@pytest.fixture(scope="module")
def both() -> list[pa.Table]:
    return [people(500, side="l", seed=1), people(450, side="r", seed=2)]


@pytest.mark.parametrize(("cut", "count"), [(1000, 1), (90, 5)])
def test_any_cut_of_two_tables_gives_the_rows_of_the_embedded_engine(
    both: list[pa.Table], cut: int, count: int
) -> None:
    """The office's phone is silent, the one name that stands everywhere is a key split over shards."""
    model = people_model(many_names=10)
    expected = link_tables(*both, model, ids=("row_id", "row_id")).replace_schema_metadata(None)
    assert {"link", "review", "reject"} & set(expected["decision"].to_pylist()) and expected.num_rows > 50
    cluster = Cluster(setting_of(both, model, cut=cut, count=count))
    assert cluster.linked().equals(expected)
    assert cluster.setting.known.silent[0]["phone"].size == 1


@pytest.mark.parametrize(("cut", "count"), [(1000, 1), (70, 4)])
def test_any_cut_of_one_table_gives_the_rows_of_the_embedded_engine(both: list[pa.Table], cut: int, count: int) -> None:
    model, table = people_model(many_names=10), with_copies(both[0])
    expected = link_tables(table, None, model, ids=("row_id", "row_id")).replace_schema_metadata(None)
    assert expected.num_rows > 90
    assert Cluster(setting_of([table], model, cut=cut, count=count)).linked().equals(expected)


def test_a_key_over_the_budget_is_named_before_a_pair_is_made(both: list[pa.Table]) -> None:
    cluster = Cluster(setting_of(both, people_model(max_pairs=500), cut=90, count=3))
    with pytest.raises(InputError, match="分组规则 same_name_and_employer 会产生约"):
        cluster.linked()


def test_an_id_that_stands_in_two_pieces_is_refused(both: list[pa.Table]) -> None:
    left = pa.concat_tables([both[0], both[0].slice(0, 1)])
    with pytest.raises(TableError, match="编号列 row_id 有空值或重复"):
        Cluster(setting_of([left, both[1]], people_model(), cut=90, count=3)).look()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--model", "people", "--engine", "spark"], "没有装 pyspark"),
        (["--model", "person_cn", "--engine", "spark"], "有证据等级"),
        (["--model", "people", "--engine", "spark", "--judgements", "no.parquet"], "不支持人工判断"),
        (["--model", "people", "--engine", "flink"], "embedded"),
        (["--model", "people", "--engine", "spark", "--spark-conf", "memory=4g"], "spark.executor.memory=4g"),
    ],
)
def test_what_spark_cannot_do_is_said_in_one_line(
    both: list[pa.Table], tmp_path: Path, capfd: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    paths = [tmp_path / "l.parquet", tmp_path / "r.parquet"]
    for table, path in zip(both, paths, strict=True):
        pq.write_table(table, path)
    out = tmp_path / "out" / "p.parquet"
    assert ended(app, ["link", *map(str, paths), "--out", str(out), *more]) > 0
    assert said in capfd.readouterr().err.splitlines()[-1]
    assert not out.exists() and list(tmp_path.glob("out/.*")) == []

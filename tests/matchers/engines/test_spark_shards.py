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
from flows.cli.linking import load_model
from flows.tabular.people_cells import people_reading
from matchers.blocking.blocks import packed
from matchers.deciding.settling import Decision
from matchers.deciding.thresholds import decision_sql
from matchers.engine import embedded
from matchers.engines.link import link_tables
from matchers.engines.pair_columns import DECISIONS
from matchers.engines.spark import counting, duplicates, facts, odd, planning, shards, travel, weighing
from matchers.engines.spark.decisions import KEPT
from matchers.engines.spark.judging import with_judgements
from matchers.engines.spark.link import Given, parted
from matchers.engines.spark.pieces import finished_piece
from matchers.engines.spark.result import pair_table
from matchers.engines.spark.sealed import SealedFolder, new_key
from matchers.engines.spark.setting import Setting
from matchers.engines.spark.settled import settled
from matchers.engines.spark.travel import Carrier, Message
from matchers.linking import link
from matchers.model.link_model import LinkModel, parse_link_model
from matchers.sides.unread import unread_of
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
        same = random.Random(own)  # noqa: S311
        name = same.choice(SURNAMES) + same.choice(GIVEN) + same.choice(GIVEN)
        born = f"{same.randint(1950, 2003)}{same.randint(1, 12):02d}{same.randint(1, 28):02d}"
        row: dict[str, str | None] = {
            "row_id": f"{side}{number * 7919 % count:05d}", "name": name,
            "id_number": full_id("500113", born, f"{own % 997:03d}"), "phone": f"139{own * 7919 % 10**8:08d}",
            "birth_date": f"{born[:4]}-{born[4:6]}-{born[6:]}", "sex": same.choice("男女"),
            "district": same.choice("甲乙丙"), "employer": same.choice(("顺丰", "京东", "美团", None)),
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
    """Runs tasks one by one: their messages are shuffled, and every third shard's task is done twice."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.random = setting, random.Random(7)  # noqa: S311

    def meet(self, *messages: Iterable[Message]) -> dict[int, list[Message]]:
        carrier = self.setting.carrier
        every = list(carrier.table_of(one for some in messages for one in some).to_batches())
        self.random.shuffle(every)
        found = defaultdict(list)
        for one in carrier.messages_of(pa.Table.from_batches(every, travel.SCHEMA)):
            found[one.place].append(one)
        return found

    @property
    def pieces(self) -> range:
        return range(len(self.setting.numbered_pieces))

    def gathered(self, messages: Iterable[Message]) -> dict[int, list[Message]]:
        met = self.meet(messages)
        return self.meet(one for own in met.values() for one in facts.gathered(self.setting, own))

    def look(self) -> None:
        looked = self.gathered(one for number in self.pieces for one in facts.looked_at(self.setting, number))
        if doubtful := odd.doubtful_columns(self.setting, looked[travel.DRIVER]):
            self.setting = replace(self.setting, all_odd=doubtful)
            looked = self.gathered(one for number in self.pieces for one in facts.looked_at(self.setting, number))
        learned = looked[travel.DRIVER]
        if self.setting.reads_cells:
            cells = {number: [one for one in looked.get(number, []) if one.kind == odd.CELLS] for number in self.pieces}
            again = (one for number in self.pieces for one in facts.read_again(self.setting, number, cells[number]))
            learned += self.gathered(again)[travel.DRIVER]
        self.setting = with_judgements(self.setting, learned)
        known, self.unread = facts.facts_of(self.setting, learned)
        self.setting = replace(self.setting, facts=known)

    def compared(self, alike: dict[int, list[Message]]) -> list[Message]:
        copies = {number: duplicates.copies_of(alike.get(number, [])) for number in self.pieces}
        marks = self.meet(
            one
            for number in self.pieces
            for one in planning.marked(self.setting, finished_piece(self.setting, number), number, copies[number])
        )
        plan = [one for messages in marks.values() for one in planning.planned(self.setting, messages)]
        rules = [one for one in plan if one.kind == planning.RULES]
        planning.refuse_over_budget(self.setting, rules)
        known = replace(self.setting.all_facts, prior=planning.prior_counts(rules))
        self.setting = replace(self.setting, facts=known)
        rows = self.meet(one for one in plan if one.kind == planning.SENDING)
        sent = self.meet(one for number, own in rows.items() for one in shards.sent(self.setting, number, own))
        again = [own for at, own in enumerate(sent.values()) if at % 3 == 0]
        found = [list(shards.compared(self.setting, own)) for own in (*sent.values(), *again)]
        asked = {(one.place, int(one.head["from"][0])): one for own in found for one in own if one.kind == 1}
        return [*(one for own in found for one in own if one.kind == weighing.PAIRS), *asked.values()]

    def scored(self, found: list[Message], roots: dict[int, list[Message]] | None) -> pa.Table:
        borne = []
        for number in self.pieces:
            piece = finished_piece(self.setting, number)
            own = None if roots is None else duplicates.roots_of(piece.numbers, roots.get(number, []))
            borne += counting.borne(self.setting, piece, own)
        met = self.meet((one for one in found if one.kind == counting.ASKED), borne)
        counts = [one for own in met.values() for one in counting.count_values(self.setting, own)]
        shown = self.meet((one for one in found if one.kind == weighing.PAIRS), counts)
        return pa.concat_tables([weighing.weighed(self.setting, own) for own in shown.values()])

    def linked(self) -> pa.Table:
        self.look()
        if not self.setting.same:
            return self.decided(self.scored(self.compared({}), None))
        alike = self.meet(one for number in self.pieces for one in duplicates.looked_alike(self.setting, number))
        copies = self.meet(one for own in alike.values() for one in duplicates.alike(self.setting, own))
        found = self.compared(copies)
        first = self.scored(found, copies)
        links = self.first_links(first)
        messages = [self.setting.carrier.table_of(own) for own in copies.values()]
        same = [duplicates.identical_links(self.setting, own) for own in messages]
        ends = [(links["la"], links["ra"]), *((one["one"], one["other"]) for one in same)]
        left, right = (np.concatenate([np.asarray(one[at]) for one in ends]) for at in (0, 1))
        roots = joined(np.arange(self.setting.all_facts.rows[0]), packed(left, right))
        rows = np.flatnonzero(roots != np.arange(len(roots)))
        entities = duplicates.roots_table(self.setting, pa.table({"row": rows, "root": roots[rows]}))
        scored = self.scored(found, self.meet(self.setting.carrier.messages_of(entities)))
        return self.decided(scored.filter(pa.array(np.isin(pairs_of(scored), pairs_of(first)))))

    def first_links(self, first: pa.Table) -> pa.Table:
        model = self.setting.model
        if model.evidence_tiers:
            rows = self.settled_rows(first)
            return rows.filter(pa.array(np.asarray(rows["decision"]) == int(Decision.LINK)))
        return first.filter(pa.array(np.asarray(first["match_weight"]) >= log_odds(model.link_probability)))

    def decided(self, scored: pa.Table) -> pa.Table:
        model = self.setting.model
        if model.evidence_tiers:
            return self.settled(scored)
        with embedded(given=scored) as con:
            con.execute("create table scored as select distinct on (la, ra) * from given")
            limits = log_odds(model.link_probability), model.margin_bits
            con.execute("create table limits as select ?::double as least_link, ?::double as margin", limits)
            made = decision_sql(model, KEPT, same=self.setting.same)
            places = f"list_position({list(DECISIONS)}, decision) - 1"
            rows = con.execute(
                f"select * replace ({places} as decision) from ({made}) order by left_id, right_id"
            ).to_arrow_table()
        return pair_table(model, rows)

    def settled(self, scored: pa.Table) -> pa.Table:
        """Places by themselves, as a task each; rows of two values under one person do not stand in these tables."""
        rows = self.settled_rows(scored).sort_by([("left_id", "ascending"), ("right_id", "ascending")])
        mixed = pa.array(np.zeros(rows.num_rows, bool))
        return pair_table(self.setting.model, rows.append_column("mixed", mixed))

    def settled_rows(self, scored: pa.Table) -> pa.Table:
        places = np.asarray(scored["place"])
        tables = [settled(self.setting, scored.filter(pa.array(places == place))) for place in np.unique(places)]
        return pa.concat_tables(tables)


def pairs_of(scored: pa.Table) -> np.ndarray:
    return packed(*(np.asarray(scored[name], np.int64) for name in ("la", "ra")))


def setting_of(
    tables: list[pa.Table], model: LinkModel, folder: Path, *, cut: int, count: int, in_files: bool = False,
    judgements: pa.Table | None = None,
) -> Setting:  # fmt: skip
    titles = ("表",) if len(tables) == 1 else ("左表", "右表")
    given = [
        Given(title, [table.slice(at, cut) for at in range(0, table.num_rows, cut)], "row_id")
        for title, table in zip(titles, tables, strict=True)
    ]
    parts, fitted = parted(given, model, people_reading if model.finds_headers else None)
    files = SealedFolder(folder, new_key())
    carrier = Carrier(files if in_files else None)
    return Setting(fitted, parts, count, files, carrier, judgements=judgements, pairs_per_shard=300)


@pytest.fixture(scope="module")
def both() -> list[pa.Table]:
    return [people(500, side="l", seed=1), people(450, side="r", seed=2)]


@pytest.mark.parametrize(("cut", "count"), [(1000, 1), (90, 5)])
def test_any_cut_of_two_tables_gives_the_rows_of_the_embedded_engine(
    both: list[pa.Table], tmp_path: Path, cut: int, count: int
) -> None:
    """The office's phone is silent, the one name that stands everywhere is a key split over shards."""
    model = people_model(shared_from_names=10)
    expected = link_tables(*both, model, ids=("row_id", "row_id")).replace_schema_metadata(None)
    assert {"link", "review", "reject"} & set(expected["decision"].to_pylist()) and expected.num_rows > 50
    cluster = Cluster(setting_of(both, model, tmp_path, cut=cut, count=count, in_files=count > 1))
    assert cluster.linked().equals(expected)
    assert cluster.setting.all_facts.silent[0]["phone"].size == 1


@pytest.mark.parametrize(("cut", "count"), [(1000, 1), (70, 4)])
def test_any_cut_of_one_table_gives_the_rows_of_the_embedded_engine(
    both: list[pa.Table], tmp_path: Path, cut: int, count: int
) -> None:
    model, table = people_model(shared_from_names=10), with_copies(both[0])
    expected = link_tables(table, None, model, ids=("row_id", "row_id")).replace_schema_metadata(None)
    assert expected.num_rows > 90
    assert Cluster(setting_of([table], model, tmp_path, cut=cut, count=count)).linked().equals(expected)


def dirty(table: pa.Table) -> pa.Table:
    """The same as an office sends it: other headers, masks, numbers with dashes, dates of two kinds."""
    rows = []
    for at, row in enumerate(table.to_pylist()):
        name, number, phone, born = (row[column] or "" for column in ("name", "id_number", "phone", "birth_date"))
        way = at % 6
        rows.append({
            "row_id": row["row_id"], "性别": row["sex"],
            "姓名": f" {name[:1]} {name[1:]}（队长）" if way == 1 else name,
            "身份证号": number[:6] + "********" + number[14:] if way == 2 and number else number.lower(),
            "手机号": f"{phone[:3]}-{phone[3:7]}-{phone[7:]}；023-68812345" if way == 3 and phone else phone,
            "出生日期": born.replace("-", "年", 1).replace("-", "月") + "日" if way == 4 and born else born,
        })  # fmt: skip
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize(("cut", "count"), [(1000, 1), (90, 5)])
def test_evidence_tiers_and_judgements_give_the_rows_of_the_embedded_engine(
    both: list[pa.Table], tmp_path: Path, cut: int, count: int
) -> None:
    """Odd cells are read by the whole column's, owners and the prior counted over all pieces."""
    model, tables = load_model("person_cn"), [dirty(both[0]), both[1]]
    plain = link(*tables, model, ids=("row_id", "row_id"), reading=people_reading)
    waiting = plain.filter(pa.array([one == "review" for one in plain["decision"].to_pylist()])).slice(0, 2)
    linked = plain.filter(pa.array([one == "link" for one in plain["decision"].to_pylist()])).slice(0, 1)
    said = pa.table({
        "left_id": [*waiting["left_id"].to_pylist(), *linked["left_id"].to_pylist(), "l00001", "nobody"],
        "right_id": [*waiting["right_id"].to_pylist(), *linked["right_id"].to_pylist(), "r00002", "r00003"],
        "judgement": ["link", "not_link", "not_link", "link", "link"],
    })  # fmt: skip
    expected = link(*tables, model, ids=("row_id", "row_id"), reading=people_reading, judgements=said)
    unread, expected = unread_of(expected), expected.replace_schema_metadata(None)
    assert {"link", "review"} <= set(expected["decision"].to_pylist()) and expected.num_rows > 50
    assert "judgement_of_a_person" in expected["rule"].to_pylist()
    cluster = Cluster(setting_of(tables, model, tmp_path, cut=cut, count=count, judgements=said))
    assert cluster.linked().equals(expected)
    assert cluster.setting.judged is not None and cluster.setting.judged.unknown == 1
    assert cluster.unread == unread and unread["right"]["phone"].shared > 0


def units() -> pa.Table:
    """Spellings of forty firms, each of which stands there four times, one of them as a copy too."""
    rows = []
    for at, core in enumerate(first + second for first in "蓝金长江华胜宏远" for second in "骑马运达通"):
        limited = f"{core}物流有限公司"
        spellings = (f"重庆市{limited}", f"{core}物流", f"重庆{core}物流有限责任公司", limited, core)
        for way in range(4):
            street = "甲乙丙"[at % 3]
            rows.append({"row_id": f"u{at:03d}{way}", "单位名称": spellings[(at + way) % 5], "镇街": street})
    return pa.Table.from_pylist([*rows, {**rows[7], "row_id": "u999"}])


@pytest.mark.parametrize(("cut", "count"), [(1000, 1), (30, 3)])
def test_units_of_one_table_give_the_rows_of_the_embedded_engine(tmp_path: Path, cut: int, count: int) -> None:
    """Tiers in one table: links are settled, rows of one entity counted once, and what is left settled again."""
    model, table = load_model("units_cn"), units()
    expected = link(table, None, model, ids=("row_id", "row_id"), reading=people_reading).replace_schema_metadata(None)
    assert {"link", "review"} & set(expected["decision"].to_pylist()) and expected.num_rows > 50
    assert Cluster(setting_of([table], model, tmp_path, cut=cut, count=count)).linked().equals(expected)


def test_a_key_over_the_budget_is_named_before_a_pair_is_made(both: list[pa.Table], tmp_path: Path) -> None:
    cluster = Cluster(setting_of(both, people_model(max_pairs=500), tmp_path, cut=90, count=3))
    with pytest.raises(InputError, match="分组规则 same_name_and_employer 会产生约"):
        cluster.linked()


def test_an_id_that_stands_in_two_pieces_is_refused(both: list[pa.Table], tmp_path: Path) -> None:
    left = pa.concat_tables([both[0], both[0].slice(0, 1)])
    with pytest.raises(TableError, match="编号列 row_id 有空值或重复"):
        Cluster(setting_of([left, both[1]], people_model(), tmp_path, cut=90, count=3)).look()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--model", "people", "--engine", "spark"], "没有装 pyspark"),
        (["--model", "people", "--engine", "spark", "--work", "w"], "--work 是本机续算用的"),
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

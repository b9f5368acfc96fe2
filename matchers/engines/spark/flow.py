"""The plan on Spark: pieces, planning, shards, counts, rivals; what the driver gets of it is counts, never rows.

pieces ─ looked_at ─┬─ gathered ─ facts (to the driver)
                    marked ─ planned ─ sent ─ compared ─┬─ pairs ──────────┐
                    borne ──────────────────────────────┴─ counted ─ weighed ─ windows ─ decided
Every task is a pure function of what it is sent, so that one that is retried or run twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from matchers.deciding.thresholds import decision_sql
from matchers.engines.spark import counting, duplicates, facts, planning, shards, travel, weighing
from matchers.engines.spark.components import components
from matchers.engines.spark.pieces import finished_piece, piece_ids
from matchers.engines.spark.setting import Setting
from matchers.engines.spark.travel import Message
from matchers.sides.unread import Unread
from matchers.weighing.score import log_odds

Frame = Any
"""A Spark DataFrame; its library is loaded only where it is asked for."""
KEPT = "left_id, right_id, la, ra, pattern, match_weight, rules"


@dataclass(frozen=True)
class Decided:
    """Decided pairs as a frame of KEPT and `decision`, the setting with what was learned, unread cells by side, and how
    many rows of one table are copies of a row."""

    rows: Frame
    setting: Setting
    unread: dict[str, dict[str, Unread]]
    copies: int


def clustered(spark: Any, decided: Decided, folder: Path) -> Frame:
    """One row per row of the table: id and cluster_id, the smallest id it is linked with, over any number of links."""
    setting = decided.setting

    def named(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from piece_ids(setting, number).to_batches()

    links = decided.rows.where("decision = 'link'").select("la", "ra").toDF("one", "other")
    return spark.sql(
        "select id, min(id) over (partition by root) as cluster_id from ("
        "select ids.id, coalesce(roots.root, ids.row) as root "
        "from {ids} ids left join {roots} roots on ids.row = roots.row)",
        ids=_pieces(spark, setting).mapInArrow(named, "row bigint, id string"),
        roots=components(spark, links, folder / "linked"),
    )


def decided_pairs(spark: Any, setting: Setting, folder: Path) -> Decided:
    """All pairs of two tables, or of one, that reach the review threshold, decided; frames are worked out when written.

    `folder`: where rounds of components are kept. Raises TableError on unfit ids, InputError where a rule is over its
    budget.
    """
    pieces = _pieces(spark, setting)
    learned = collected(grouped(pieces_to(pieces, setting, _look), lambda messages: facts.gathered(setting, messages)))
    known, unread = facts.facts_of(setting, learned)
    setting = replace(setting, facts=known)
    if setting.same:
        scored, copies = _of_one_table(spark, pieces, setting, folder)
        return Decided(_against_rivals(spark, setting, scored), setting, unread, copies)
    marks = pieces_to(pieces, setting, _mark).persist()
    found = _compared(setting, marks)
    scored = _scored(setting, found, marks.where(f"kind = {counting.BORNE}"))
    return Decided(_against_rivals(spark, setting, scored), setting, unread, 0)


def _look(setting: Setting, number: int) -> Iterator[Message]:
    return facts.looked_at(setting, number)


def _mark(setting: Setting, number: int) -> Iterator[Message]:
    piece = finished_piece(setting, number)
    yield from planning.marked(setting, piece, number)
    yield from counting.borne(setting, piece)


def _of_one_table(spark: Any, pieces: Frame, setting: Setting, folder: Path) -> tuple[Frame, int]:
    """Scored pairs of one table, and how many rows are copies held against one row only.

    As in the embedded engine pairs that link are weighed first: rows of one entity do not make its values common.
    """
    alike = grouped(pieces_to(pieces, setting, duplicates.looked_alike), lambda found: duplicates.alike(setting, found))
    alike = alike.persist()
    found = _compared(setting, _told_pieces(pieces, setting, alike, _mark_but_copies))
    first = _scored(setting, found, _told_pieces(pieces, setting, alike, _bear_once))
    least = log_odds(setting.model.link_probability)
    links = first.where(f"match_weight >= {least!r}D").select("la", "ra").toDF("one", "other")
    same = alike.mapInArrow(_each(duplicates.identical_links), "one bigint, other bigint")
    roots = components(spark, links.union(same), folder / "entities")
    told = roots.mapInArrow(_each(lambda rows: duplicates.roots_table(setting, rows)), travel.DDL)
    scored = _scored(setting, found, _told_pieces(pieces, setting, told, _bear_once))
    copies = alike.mapInArrow(_each(duplicates.copies_in), "copies bigint").selectExpr("sum(copies)").first()[0]
    return scored, copies or 0


def _mark_but_copies(setting: Setting, number: int, told: list[Message]) -> Iterator[Message]:
    return planning.marked(setting, finished_piece(setting, number), number, duplicates.copies_of(told))


def _bear_once(setting: Setting, number: int, told: list[Message]) -> Iterator[Message]:
    piece = finished_piece(setting, number)
    return counting.borne(setting, piece, duplicates.roots_of(piece.numbers, told))


def _compared(setting: Setting, marks: Frame) -> Frame:
    """What the shards make of the rows that bring pairs. Raises InputError where there are too many pairs."""
    plan = grouped(marks.where(f"kind = {planning.MARKED}"), lambda found: planning.planned(setting, found)).persist()
    planning.refuse_over_budget(setting, collected(plan.where(f"kind = {planning.RULES}")))
    told = plan.where(f"kind = {planning.TOLD}")
    sent = grouped(told, lambda found: shards.sent(setting, found[0].place, found))
    if setting.same:
        return grouped(sent, lambda found: shards.compared(setting, found)).persist()
    sent = sent.persist()
    left, right = sent.where("kind = 0"), sent.where("kind = 1")
    return cogrouped(left, right, lambda found: shards.compared(setting, found)).persist()


def _scored(setting: Setting, found: Frame, borne: Frame) -> Frame:
    """The pairs that reach the review threshold, each once, by the rows that bear their values."""
    asked, pairs = found.where(f"kind = {counting.ASKED}"), found.where(f"kind = {shards.PAIRS}")
    counts = cogrouped(asked, borne, lambda messages: counting.counted(setting, messages))

    def weigh(one: pa.Table, other: pa.Table) -> pa.Table:
        return weighing.weighed(setting, [*travel.messages_of(one), *travel.messages_of(other)])

    rows = pairs.groupBy("place").cogroup(counts.groupBy("place")).applyInArrow(weigh, weighing.DDL)
    return rows.repartition("la").dropDuplicates(["la", "ra"])


def _against_rivals(spark: Any, setting: Setting, scored: Frame) -> Frame:
    """Thresholds, margins and one partner at most on a unique side, as windows over the rows of either side."""
    model = setting.model
    limits = f"select {log_odds(model.link_probability)!r}D as least_link, {model.margin_bits!r}D as margin"
    return spark.sql(
        f"with limits as ({limits}), scored as (select * from {{scored}}) "
        f"select * from ({decision_sql(model, KEPT, same=setting.same)})",
        scored=scored,
    )


def _pieces(spark: Any, setting: Setting) -> Frame:
    """One row per piece: its number."""
    count = len(setting.numbered_pieces)
    return spark.range(0, count, 1, count)


def pieces_to(pieces: Frame, setting: Setting, task: Callable[[Setting, int], Iterable[Message]]) -> Frame:
    """The messages of every piece."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from travel.batches_of(task(setting, number))

    return pieces.mapInArrow(run, travel.DDL)


def grouped(frame: Frame, task: Callable[[list[Message]], Iterable[Message]]) -> Frame:
    """What a task makes of all messages that go to one place."""

    def run(table: pa.Table) -> pa.Table:
        return travel.table_of(task(travel.messages_of(table)))

    return frame.groupBy("place").applyInArrow(run, travel.DDL)


def cogrouped(one: Frame, other: Frame, task: Callable[[list[Message]], Iterable[Message]]) -> Frame:
    """The same of two frames whose messages meet."""

    def run(left: pa.Table, right: pa.Table) -> pa.Table:
        return travel.table_of(task([*travel.messages_of(left), *travel.messages_of(right)]))

    return one.groupBy("place").cogroup(other.groupBy("place")).applyInArrow(run, travel.DDL)


def _told_pieces(
    pieces: Frame, setting: Setting, told: Frame, task: Callable[[Setting, int, list[Message]], Iterable[Message]]
) -> Frame:
    """The messages of every piece, which is told what concerns its rows."""

    def run(piece: pa.Table, messages: pa.Table) -> pa.Table:
        return travel.table_of(task(setting, piece["place"][0].as_py(), travel.messages_of(messages)))

    numbered = pieces.selectExpr("id as place").groupBy("place")
    return numbered.cogroup(told.groupBy("place")).applyInArrow(run, travel.DDL)


def _each(task: Callable[[pa.Table], pa.Table]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A task over the rows of each batch by themselves."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from task(pa.Table.from_batches([batch])).to_batches()

    return run


def collected(frame: Frame) -> list[Message]:
    """Messages to the driver."""
    return travel.messages_of(frame.where("place = -1").toArrow())

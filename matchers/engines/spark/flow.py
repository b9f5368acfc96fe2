"""The plan on Spark: pieces, planning, shards, counts, rivals; what the driver gets of it is counts, never rows.

pieces ─ looked at ─┬─ gathered ─ facts (to the driver) ─ odd cells read ─┐
                    marked ─ planned ─ sent ─ compared ─┬─ pairs ─────────┼┐
                    borne ──────────────────────────────┴─ counted ─ weighed ─ settled or windows ─ decided
Every task is a pure function of what it is sent, so that one that is retried or run twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from matchers.engines.spark import counting, decisions, duplicates, facts, odd, planning, shards, travel, weighing
from matchers.engines.spark.components import components
from matchers.engines.spark.judging import with_judgements
from matchers.engines.spark.pieces import finished_piece, piece_ids
from matchers.engines.spark.setting import Setting
from matchers.engines.spark.travel import Message
from matchers.sides.unread import Unread

Frame = Any
"""A Spark DataFrame; its library is loaded only where it is asked for."""


@dataclass(frozen=True)
class Decided:
    """Decided pairs as a frame, the setting with what was learned, unread cells by side, and how many rows of one table
    are copies of a row."""

    rows: Frame
    setting: Setting
    unread: dict[str, dict[str, Unread]]
    copies: int


def clustered(spark: Any, decided: Decided) -> Frame:
    """One row per row of the table: id and cluster_id, the smallest id it is linked with, over any number of links."""
    setting = decided.setting

    def named(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from piece_ids(setting, number).to_batches()

    return spark.sql(
        "select id, min(id) over (partition by root) as cluster_id from ("
        "select ids.id, coalesce(roots.root, ids.row) as root "
        "from {ids} ids left join {roots} roots on ids.row = roots.row)",
        ids=_pieces(spark, setting).mapInArrow(named, "row bigint, id string"),
        roots=components(spark, setting, decisions.links(decided.rows)),
    )


def decided_pairs(spark: Any, setting: Setting) -> Decided:
    """All pairs of two tables, or of one, that are kept, decided; frames are worked out when written.

    Raises TableError on unfit ids, InputError where a rule is over its budget.
    """
    pieces = _pieces(spark, setting)
    setting, unread = _looked_at(pieces, setting)
    if setting.same:
        rows, copies = _of_one_table(spark, pieces, setting)
        return Decided(rows, setting, unread, copies)
    marks = pieces_to(pieces, setting, _mark).persist()
    found, setting = _compared(setting, marks)
    scored = _scored(setting, found, marks.where(f"kind in {counting.BEARERS_OF_VALUES}"))
    return Decided(decisions.decided(spark, setting, scored), setting, unread, 0)


def _looked_at(pieces: Frame, setting: Setting) -> tuple[Setting, dict[str, dict[str, Unread]]]:
    """The setting with what is known of the whole tables, and what cells showed nothing."""

    def gathered(frame: Frame) -> Frame:
        return grouped(setting, frame, lambda messages: facts.gathered(setting, messages)).persist()

    looked = gathered(pieces_to(pieces, setting, facts.looked_at))
    learned = collected(setting, looked)
    doubtful = odd.doubtful_columns(setting, learned)
    if doubtful:
        setting = replace(setting, all_odd=doubtful)
        looked = gathered(pieces_to(pieces, setting, facts.looked_at))
        learned = collected(setting, looked)
    if setting.reads_cells:
        cells = looked.where(f"kind = {odd.CELLS}")
        learned += collected(setting, gathered(_pieces_with(pieces, setting, cells, facts.read_again)))
    known, unread = facts.facts_of(setting, learned)
    return replace(with_judgements(setting, learned), facts=known), unread


def _mark(setting: Setting, number: int) -> Iterator[Message]:
    piece = finished_piece(setting, number)
    yield from planning.marked(setting, piece, number)
    yield from counting.borne(setting, piece)


def _of_one_table(spark: Any, pieces: Frame, setting: Setting) -> tuple[Frame, int]:
    """Decided pairs of one table, and how many rows are copies held against one row only.

    As in the embedded engine pairs that link are weighed again: rows of one entity do not make its values common.
    """
    alike = grouped(
        setting, pieces_to(pieces, setting, duplicates.looked_alike), lambda found: duplicates.alike(setting, found)
    ).persist()
    found, setting = _compared(setting, _pieces_with(pieces, setting, alike, _mark_but_copies))
    first = _scored(setting, found, _pieces_with(pieces, setting, alike, _bear_once))
    if setting.model.evidence_tiers:
        first = first.persist()
    links = decisions.first_links(spark, setting, first)
    same = alike.mapInArrow(_each(lambda rows: duplicates.identical_links(setting, rows)), "one bigint, other bigint")
    roots = components(spark, setting, links.union(same))
    entities = roots.mapInArrow(_each(lambda rows: duplicates.roots_table(setting, rows)), travel.DDL)
    scored = _scored(setting, found, _pieces_with(pieces, setting, entities, _bear_once))
    if setting.model.evidence_tiers:  # what did not matter at first is not looked at again
        scored = scored.join(first.select("la", "ra").distinct(), ["la", "ra"], "left_semi").select(scored.columns)
    copies = alike.mapInArrow(_each(lambda rows: duplicates.copies_in(setting, rows)), "copies bigint")
    rows = decisions.decided(spark, setting, scored)
    return rows, copies.selectExpr("sum(copies)").first()[0] or 0


def _mark_but_copies(setting: Setting, number: int, messages: list[Message]) -> Iterator[Message]:
    return planning.marked(setting, finished_piece(setting, number), number, duplicates.copies_of(messages))


def _bear_once(setting: Setting, number: int, messages: list[Message]) -> Iterator[Message]:
    piece = finished_piece(setting, number)
    return counting.borne(setting, piece, duplicates.roots_of(piece.numbers, messages))


def _compared(setting: Setting, marks: Frame) -> tuple[Frame, Setting]:
    """What the shards make of the rows that bring pairs, and the setting with the prior's counts.

    Raises InputError where there are too many pairs.
    """
    marked = marks.where(f"kind in {planning.KEYS}")
    plan = grouped(setting, marked, lambda found: planning.planned(setting, found)).persist()
    rules = collected(setting, plan.where(f"kind = {planning.RULES}"))
    planning.refuse_over_budget(setting, rules)
    known = replace(setting, facts=replace(setting.all_facts, prior=planning.prior_counts(rules)))
    sending = plan.where(f"kind = {planning.SENDING}")
    sent = grouped(known, sending, lambda found: shards.sent(known, found[0].place, found))
    return grouped(known, sent, lambda found: shards.compared(known, found)).persist(), known


def _scored(setting: Setting, found: Frame, borne: Frame) -> Frame:
    """The pairs that matter, by the rows that bear their values; one that two shards found comes twice."""
    asked, pairs = found.where(f"kind = {counting.ASKED}"), found.where(f"kind = {weighing.PAIRS}")
    counts = grouped(setting, asked.union(borne), lambda messages: counting.count_values(setting, messages))

    def weigh(table: pa.Table) -> pa.Table:
        return weighing.weighed(setting, setting.carrier.messages_of(table))

    return pairs.union(counts).groupBy("place").applyInArrow(weigh, weighing.DDL)


def _pieces(spark: Any, setting: Setting) -> Frame:
    """One row per piece: its number."""
    count = len(setting.numbered_pieces)
    return spark.range(0, count, 1, count)


def pieces_to(pieces: Frame, setting: Setting, task: Callable[[Setting, int], Iterable[Message]]) -> Frame:
    """The messages of every piece."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from setting.carrier.batches_of(task(setting, number))

    return pieces.mapInArrow(run, travel.DDL)


def grouped(setting: Setting, frame: Frame, task: Callable[[list[Message]], Iterable[Message]]) -> Frame:
    """What a task makes of all messages that go to one place."""

    def run(table: pa.Table) -> pa.Table:
        return setting.carrier.table_of(task(setting.carrier.messages_of(table)))

    return frame.groupBy("place").applyInArrow(run, travel.DDL)


def _pieces_with(
    pieces: Frame, setting: Setting, messages: Frame, task: Callable[[Setting, int, list[Message]], Iterable[Message]]
) -> Frame:
    """The messages of every piece, which is sent what concerns its rows."""

    def run(piece: pa.Table, own: pa.Table) -> pa.Table:
        number = piece["place"][0].as_py()
        return setting.carrier.table_of(task(setting, number, setting.carrier.messages_of(own)))

    numbered = pieces.selectExpr("id as place").groupBy("place")
    return numbered.cogroup(messages.groupBy("place")).applyInArrow(run, travel.DDL)


def _each(task: Callable[[pa.Table], pa.Table]) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A task over the rows of each batch by themselves."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from task(pa.Table.from_batches([batch])).to_batches()

    return run


def collected(setting: Setting, frame: Frame) -> list[Message]:
    """Messages to the driver."""
    return setting.carrier.messages_of(frame.where(f"place = {travel.DRIVER}").toArrow())

"""How decided pairs stand against true ones: at the decision, and at the threshold best for this very truth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flows.evaluate.ledger import point_lines
from matchers.encoding.typed import as_text, is_plain
from matchers.engine import embedded
from matchers.engines.result import ONE_TABLE, TABLES
from matchers.measuring.curve import Point, Share, ThresholdStep, best, calibration, curve, point
from matchers.sides.unread import Unread, unread_lines, unread_of
from schemas.errors import InputError
from schemas.rules import Rule


@dataclass(frozen=True)
class PairsEvaluation:
    """Pairs against a truth. `at_best_threshold` was chosen on the truth itself: a bound, not a result."""

    at_decision: Point
    at_best_threshold: Point
    best_threshold_bits: float | None
    in_review: int
    true_in_review: int
    calibration: dict[str, Share]
    one_table: bool = False
    """Pairs of one table with itself, where the order of the two ids says nothing."""
    curve: tuple[ThresholdStep, ...] = ()
    unread: dict[str, dict[str, Unread]] = field(default_factory=dict)
    """Filled cells that showed nothing when the pairs were made, by side and column, as their file says."""

    def to_json(self) -> str:
        """The whole evaluation as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def evaluate_pairs(pairs: pa.Table, truth: pa.Table) -> PairsEvaluation:
    """One evaluation of PAIRS against TRUTH (left_id, right_id).

    Raises InputError where a column is missing, ids are no texts or numbers, or a pair stands twice in PAIRS.
    """
    for name, table, columns in (
        ("PAIRS", pairs, ("left_id", "right_id", "match_weight", "match_probability", "decision")),
        ("TRUTH", truth, ("left_id", "right_id")),
    ):
        missing = tuple(column for column in columns if column not in table.schema.names)
        if missing:
            raise InputError("缺少列", where=name, rule=Rule.COLUMNS, examples=missing, action="核对文件")
        unfit = tuple(c for c in ("left_id", "right_id") if not is_plain(table.schema.field(c).type))
        if unfit:
            raise InputError("编号列不是文字或数", where=name, rule=Rule.COLUMN_TYPE, examples=unfit, action="改成文字")
    one_table = of_one_table(pairs, truth)
    with embedded(pairs=_as_text(pairs, one_table), truth=_as_text(truth, one_table)) as con:
        _require_numbers(con)
        _refuse_twice(con)
        rows = con.execute(_HITS).fetchnumpy()
        result = con.execute("select count(*) from (select distinct left_id, right_id from truth)").fetchone()
    return replace(_measured(rows, int(result[0]) if result else 0, one_table), unread=unread_of(pairs))


_HITS = """
select match_weight::double as w, match_probability::double as p, decision, t.left_id is not null as hit
from pairs x left join (select distinct left_id, right_id from truth) t using (left_id, right_id)
order by w desc, x.left_id, x.right_id
"""


def of_one_table(pairs: pa.Table, truth: pa.Table) -> bool:
    """Whether the pairs are of one table with itself: as `dedupe` and `link` say in the file they write.

    A file that does not say so is of one table where an id stands on both sides, no row is its own partner and no pair
    stands in both orders; two tables with row numbers for ids would show one of these.
    """
    said = (pairs.schema.metadata or {}).get(TABLES)
    if said is not None:
        return bool(said == ONE_TABLE)
    given = [_pairs_of(table) for table in (pairs, truth)]
    lefts, rights = ({pair[at] for some in given for pair in some} for at in (0, 1))
    if lefts.isdisjoint(rights):
        return False
    return not any(one == other or (other, one) in some for some in given for one, other in some)


def _pairs_of(table: pa.Table) -> set[tuple[str, str]]:
    left, right = (as_text(table[name]).to_pylist() for name in ("left_id", "right_id"))
    return set(zip(left, right, strict=True))


def _as_text(table: pa.Table, one_table: bool) -> pa.Table:
    """Ids as text; in one table the smaller first."""
    for name in ("left_id", "right_id"):
        table = table.set_column(table.schema.get_field_index(name), name, as_text(table[name]))
    if not one_table:
        return table
    turned = pc.greater(table["left_id"], table["right_id"])
    smaller = pc.if_else(turned, table["right_id"], table["left_id"])
    larger = pc.if_else(turned, table["left_id"], table["right_id"])
    for name, ids in (("left_id", smaller), ("right_id", larger)):
        table = table.set_column(table.schema.get_field_index(name), name, ids)
    return table


def _require_numbers(con: duckdb.DuckDBPyConnection) -> None:
    """Raises InputError where a weight or a probability is no number, as after other hands."""
    result = con.execute(
        "select count(*) from pairs where try_cast(match_weight as double) is null "
        "or try_cast(match_probability as double) is null"
    ).fetchone()
    if result and result[0]:
        raise InputError(
            "match_weight 或 match_probability 不是数", where="PAIRS", rule=Rule.COLUMNS, count=int(result[0]),
            action="给 link 或 dedupe 写出的对子",
        )  # fmt: skip


def _refuse_twice(con: duckdb.DuckDBPyConnection) -> None:
    """Raises InputError where a pair stands more than once: which of its decisions is meant cannot be told."""
    result = con.execute("select count(*) - count(distinct (left_id, right_id)) from pairs").fetchone()
    if result and result[0]:
        raise InputError(
            "同一对出现不止一次", where="PAIRS", rule=Rule.PAIRS_TWICE, count=int(result[0]), action="每对只留一行"
        )


def _measured(rows: dict[str, Any], true_pairs: int, one_table: bool) -> PairsEvaluation:
    hit, decision = np.asarray(rows["hit"], bool), np.asarray(rows["decision"])
    linked, waiting = decision == "link", decision == "review"
    weights = np.asarray(rows["w"], float)
    highest, bits = best(weights, hit, true_pairs)
    return PairsEvaluation(
        at_decision=point(int((linked & hit).sum()), int(linked.sum()), true_pairs),
        at_best_threshold=highest,
        best_threshold_bits=bits,
        in_review=int(waiting.sum()),
        true_in_review=int((waiting & hit).sum()),
        calibration=calibration(np.asarray(rows["p"], float), hit),
        one_table=one_table,
        curve=curve(weights, hit, true_pairs),
    )


def pairs_lines(result: PairsEvaluation) -> list[str]:
    """The evaluation in Chinese, a line per figure."""
    lines = point_lines(
        ("按结论", result.at_decision), ("按最佳阈值（在真值上挑的，只作上限）", result.at_best_threshold)
    )
    lines.append("一张表自身的对子，左右次序不论" if result.one_table else "左表与右表的对子")
    lines.append(f"待核 {result.in_review} 对，其中真对 {result.true_in_review}")
    lines += [f"概率 {band}：{share.right}/{share.of} 为真" for band, share in result.calibration.items() if share.of]
    return [*lines, *unread_lines(result.unread)]

"""How a published ledger stands against a truth folder: counts, rates and Wilson intervals.

Truth: `rows.parquet` (source, file, sheet, row, person, member_no, linkable, and `shows` where known) and
`members.parquet` (person, statuses); decisions.py measures what a truth says of further decisions. A link is right when
the worker row and the registry rows it was put with belong to one person of the truth.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.evaluate.decisions import (
    Decisions,
    decision_rows,
    has_decisions,
    measure_decisions,
    register_decisions,
)
from flows.home.folders import Home
from flows.ledger.publish.read import current_version
from matchers.engine import embedded
from matchers.measuring.curve import Point, Share, ThresholdStep, best, calibration, curve, point, wilson
from matchers.relations import run_script, script
from schemas.errors import InputError
from schemas.rules import Rule

STATUS_ORDER = ("S1", "P1", "L1", "Y1", "P2", "F1", "F2", "W1", "D1", "N0")
_LINK_CLASSES = ("exact", "strong", "confirmed")
DIRT_NONE = "无"


@dataclass(frozen=True)
class Evaluation:
    """One ledger against one truth."""

    version: str
    links: dict[str, Share]
    wrong_links: dict[str, int]
    registry_persons_mixed: int
    linked: dict[str, Share]
    linked_or_in_review: Share
    review_pairs: int
    statuses: dict[str, dict[str, int]]
    confusion: dict[str, dict[str, int]]
    at_decision: Point
    at_best_threshold: Point
    """Chosen on the truth itself: a bound, not a result."""
    best_threshold_bits: float | None
    by_dirt: dict[str, Share]
    by_dirt_in_review: dict[str, Share]
    calibration: dict[str, Share]
    curve: tuple[ThresholdStep, ...]
    decisions: Decisions | None = None
    """Scope, trades, units, hosts, advice and leads, where the truth states them."""

    def to_json(self) -> str:
        """The whole evaluation as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)


def evaluate_home(home: Path, truth: Path) -> Evaluation:
    """The newest published ledger of a home against a truth folder. Raises InputError where either is missing."""
    published = current_version(Home(home))
    if published is None:
        raise InputError("这里还没有发布过一本账", where=str(home), rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    rows, members = _truth(truth)
    ledger, review = published.table("ledger"), published.table("review")
    with embedded(ledger=ledger, review=review, truth_rows=rows, truth_members=members) as con:
        run_script(con, script("flows.evaluate", "evaluation.sql"), {"as_of": published.as_of})
        measured = _measured(con, published.version, review.num_rows)
        if not has_decisions(truth):
            return measured
        register_decisions(con, Home(home), published, truth)
        return replace(measured, decisions=measure_decisions(con))


def _truth(folder: Path) -> tuple[pa.Table, pa.Table]:
    """Truth rows (sheet '' for text files; `shows` null where the maker gave none) and members."""
    paths = folder / "rows.parquet", folder / "members.parquet"
    for path in paths:
        if not path.is_file():
            raise InputError("缺少真值文件", where=str(path), rule=Rule.NO_TRUTH, action="核对 --truth 指向的文件夹")
    rows, members = (pq.read_table(path) for path in paths)
    shows = "shows" if "shows" in rows.schema.names else "null::varchar"
    dirt = "dirt" if "dirt" in rows.schema.names else "[]::varchar[]"
    person = (
        "person" if "person" in members.schema.names else "coalesce('m:' || member_no, 'row:' || row_number() over ())"
    )
    with embedded(raw_rows=rows, raw_members=members) as con:
        return (
            con.execute(
                "select source, file, coalesce(sheet, '') as sheet, row::integer as row, "
                "coalesce(person::varchar, 'm:' || member_no) as person, member_no, linkable, "
                f"{shows} as shows, coalesce({dirt}, []) as dirt from raw_rows"
            ).to_arrow_table(),
            con.execute(
                f"select {person} as person, member_no, coalesce(statuses, []) as statuses from raw_members"
            ).to_arrow_table(),
        )


def _measured(con: duckdb.DuckDBPyConnection, version: str, review_pairs: int) -> Evaluation:
    links, wrong = _links(con)
    linkable = _whole_number(con, "select count(*) from outcomes where linkable")
    weights, probability, hit = _weighed(con)
    highest, bits = best(weights, hit, linkable)
    return Evaluation(
        version=version,
        links=links,
        wrong_links=wrong,
        registry_persons_mixed=_whole_number(con, "select count(*) from registry_mixed"),
        linked=_linked(con),
        linked_or_in_review=wilson(
            _whole_number(con, "select count(*) from outcomes where linkable and (linked_right or in_review_right)"),
            _whole_number(con, "select count(*) from outcomes where linkable"),
        ),
        review_pairs=review_pairs,
        statuses=_by_code(con),
        confusion=_confusion(con),
        at_decision=point(
            _whole_number(con, "select count(*) from links where is_right and linkable"),
            _whole_number(con, "select count(*) from links where is_right is not true or linkable"),
            linkable,
        ),
        at_best_threshold=highest,
        best_threshold_bits=bits,
        by_dirt=_by_dirt(con, "linked_right"),
        by_dirt_in_review=_by_dirt(con, "in_review_right and not linked_right"),
        calibration=calibration(probability, hit),
        curve=curve(weights, hit, linkable),
    )


def _whole_number(con: duckdb.DuckDBPyConnection, query: str, **values: object) -> int:
    row = con.execute(query, values or None).fetchone()
    return int(row[0]) if row else 0


def _links(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, Share], dict[str, int]]:
    """Right links by class, and over exact and strong together; wrong ones beside."""
    counts = {
        str(name): (int(right), int(of))
        for name, right, of in con.execute(
            "select match_class, count(*) filter (where is_right), count(*) from links group by 1"
        ).fetchall()
    }
    classes = {name: counts.get(name, (0, 0)) for name in _LINK_CLASSES}
    machine = tuple(sum(part) for part in zip(classes["exact"], classes["strong"], strict=True))
    classes["exact_and_strong"] = (machine[0], machine[1])
    return {k: wilson(*v) for k, v in classes.items()}, {k: v[1] - v[0] for k, v in classes.items()}


def _linked(con: duckdb.DuckDBPyConnection) -> dict[str, Share]:
    """Linkable rows that were linked rightly: all, by what they show, by source."""
    result = {}
    for name, column in (("all", "'all'"), ("shows", "shows"), ("source", "source")):
        for value, right, of in con.execute(
            f"select {column}, count(*) filter (where linked_right), count(*) from outcomes "
            "where linkable group by 1 having (any_value(1)) is not null order by 1"
        ).fetchall():
            if value is not None:
                result[value if name == "all" else f"{name}:{value}"] = wilson(int(right), int(of))
    return result


def _by_dirt(con: duckdb.DuckDBPyConnection, outcome: str) -> dict[str, Share]:
    """Linkable rows with a kind of dirt: how many came out so. A row with two kinds counts under both."""
    rows = con.execute(
        f"select kind, count(*) filter (where {outcome}), count(*) from (select *, "
        "unnest(case when len(dirt) = 0 then [$none] else list_distinct(dirt) end) as kind "
        "from outcomes where linkable) "
        "group by kind order by kind",
        {"none": DIRT_NONE},
    ).fetchall()
    return {str(kind): wilson(int(right), int(of)) for kind, right, of in rows}


def _weighed(con: duckdb.DuckDBPyConnection) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pair that was linked or waits, with a weight: bits descending, probability, whether it is true."""
    rows = con.execute("select * from weighed order by bits desc, probability desc, is_true").fetchnumpy()
    return (
        np.asarray(rows["bits"], np.float64), np.asarray(rows["probability"], np.float64),
        np.asarray(rows["is_true"], bool),
    )  # fmt: skip


def _by_code(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Per status code: persons in truth, found, and both."""
    query = (
        "select count(*) filter (where list_contains(truth, $code)), "
        "count(*) filter (where list_contains(found, $code)), "
        "count(*) filter (where list_contains(truth, $code) and list_contains(found, $code)) from status_pairs"
    )
    table = {}
    for code in STATUS_ORDER:
        row = con.execute(query, {"code": code}).fetchone() or (0, 0, 0)
        table[code] = {"truth": int(row[0]), "found": int(row[1]), "both": int(row[2])}
    return table


def _confusion(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Primary status of the truth (rows; by the fixed order) against the published one (columns); `-` is none."""
    order = con.execute("select $codes", {"codes": list(STATUS_ORDER)}).fetchone()
    rows = con.execute(
        "select coalesce(list_filter($codes, lambda c: list_contains(truth, c))[1], '-') as t, "
        "coalesce(primary_status, '-') as f, count(*) from status_pairs group by 1, 2 order by 1, 2",
        {"codes": order[0] if order else []},
    ).fetchall()
    table: dict[str, dict[str, int]] = {}
    for truth, result, count in rows:
        table.setdefault(str(truth), {})[str(result)] = int(count)
    return table


def summary_lines(result: Evaluation) -> list[str]:
    """The evaluation in Chinese, a line per figure."""
    lines = [f"版本 {result.version}"]
    for name, share in result.links.items():
        lines.append(f"关联 {name}：{share.right}/{share.of} 正确，错 {result.wrong_links[name]}")
    for name, share in result.linked.items():
        lines.append(f"应关联已关联 {name}：{_text(share)}")
    lines.append(f"应关联已关联或待核：{_text(result.linked_or_in_review)}；待核 {result.review_pairs} 对")
    lines.append(f"名册归并有误的人：{result.registry_persons_mixed}")
    lines += point_lines(
        ("按结论", result.at_decision), ("按最佳阈值（在真值上挑的，只作上限）", result.at_best_threshold)
    )
    lines += [
        f"毛病 {kind}：已关联 {_text(share)}，另有待核 {result.by_dirt_in_review[kind].right}"
        for kind, share in result.by_dirt.items()
    ]
    lines += [f"概率 {band}：{entry.right}/{entry.of} 为真" for band, entry in result.calibration.items() if entry.of]
    lines += [
        f"状态 {code}：真值 {c['truth']}，找到 {c['found']}，相同 {c['both']}" for code, c in result.statuses.items()
    ]
    if result.decisions is not None:
        placed = result.decisions.unit_spellings
        lines.append(f"单位写法：真值 {placed['truth']} 种，公布的文件能看出归属的 {placed['placed']} 种")
        lines += [f"{name}：{_text(share)}{_between(share)}" for name, share in decision_rows(result.decisions)]
    return lines


def point_lines(*named: tuple[str, Point]) -> list[str]:
    """Precision, recall and F1 with counts and intervals, a line each."""
    return [
        f"{title}：精确 {entry.precision.right}/{entry.precision.of}，召回 {entry.recall.right}/{entry.recall.of}，"
        f"F1 {entry.f1:.4f}"
        f"（精确率区间 {entry.precision.low}–{entry.precision.high}，"
        f"召回率区间 {entry.recall.low}–{entry.recall.high}）"
        for title, entry in named
    ]


def _between(share: Share) -> str:
    return f"，区间 {share.low:.2%}–{share.high:.2%}" if share.low is not None and share.high is not None else ""


def _text(share: Share) -> str:
    return f"{share.right}/{share.of}" + (f"（{share.rate:.2%}）" if share.rate is not None else "")

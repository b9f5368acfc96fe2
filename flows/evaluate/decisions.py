"""What the ledger says of the people it found, against a truth per decision: scope, trade, unit, host, advice, leads.

Truth: `units`, `hosts`, `suggestions` and `leads.parquet` beside rows and members (`sanzhao sample`). Published: the
ledger, units, coverage and the version before. Scores of persons are over those whose every linkable row is linked and
no other, so that a missed link is not counted again as a wrong host.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.home.folders import Home
from flows.ledger.publish.read import Published, empty_table, kept_version, kept_versions
from matchers.measuring.curve import Point, Share, point, wilson
from matchers.relations import run_script, script

TRUTHS = ("units", "hosts", "suggestions", "leads")
_CODES = ("S1", "P1", "L1", "Y1", "P2", "F1", "F2", "W1", "D1", "N0")


@dataclass(frozen=True)
class Decisions:
    """Counts and intervals per decision."""

    judged: Share
    """Persons of the ledger whose rows are all linked as they should, who are scored below."""
    scope: dict[str, Share]
    trade: Share
    units: dict[str, Point]
    unit_spellings: dict[str, int]
    wrong_merges: dict[str, Share]
    """Spellings in a unit that is mostly another's, of all that could be placed."""
    parents: Share
    host: dict[str, Share]
    suggestion: dict[str, Share]
    statuses: dict[str, Point]
    leads: dict[str, Share]
    closed_still_open: Share
    moved_out_by_missing_file: Share


def has_decisions(folder: Path) -> bool:
    """Whether a truth folder states more than rows and members."""
    return all((folder / f"{name}.parquet").is_file() for name in TRUTHS)


def register_decisions(con: duckdb.DuckDBPyConnection, home: Home, published: Published, folder: Path) -> None:
    """Make the relations of decisions.sql, upon those of evaluation.sql."""
    tables = {f"raw_{name}": pq.read_table(folder / f"{name}.parquet") for name in ("rows", "members", *TRUTHS)}
    tables |= {name: published.table(name) for name in ("units", "coverage", "codes")}
    tables["previous"] = _previous(home, published)
    for name, table in tables.items():
        con.register(name, table)
    run_script(con, script("flows.evaluate", "decisions.sql"), {})


def _previous(home: Home, published: Published) -> pa.Table:
    """The ledger of the version before, without rows where none is kept."""
    before = published.index.get("previous")
    return kept_version(home, str(before)).table("ledger") if before in kept_versions(home) else empty_table("ledger")


def measure_decisions(con: duckdb.DuckDBPyConnection) -> Decisions:
    """Every measure, from the relations of decisions.sql."""
    return Decisions(
        judged=_share(con, "select count(*) filter (where j.person is not null), count(*) "
                           "from persons p left join judged j using (person_key)"),
        scope=_scope(con),
        trade=_share(con, "select count(*) filter (where found = truth), count(*) from trades"),
        units={kind: _pairs(con, kind) for kind in ("unit_name", "station")},
        unit_spellings=_spellings(con),
        wrong_merges={kind: _merges(con, kind) for kind in ("unit_name", "station")},
        parents=_share(con, "select count(*) filter (where is_right), count(*) from parents"),
        host=_by(con, "select coalesce(rule, '-'), count(*) filter (where is_right), count(*) from hosts group by 1"),
        suggestion=_suggestions(con),
        statuses={code: _code(con, code) for code in _CODES},
        leads=_by(con, "select state, count(*) filter (where (state = 'open') = (in_statuses and is_open)), count(*) "
                       "from leads where is_judged and state in ('open', 'closed') and code <> 'N0' group by 1"),
        closed_still_open=_share(con, "select count(*) filter (where in_statuses or is_open), count(*) "
                                      "from leads where state = 'closed'"),
        moved_out_by_missing_file=_share(con, "select count(*) filter (where is_out or is_stranger), count(*) "
                                              "from carried"),
    )  # fmt: skip


def _share(con: duckdb.DuckDBPyConnection, query: str, **values: object) -> Share:
    right, of = con.execute(query, values or None).fetchone() or (0, 0)
    return wilson(int(right), int(of))


def _by(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, Share]:
    """Shares by the first column, all of them together first."""
    rows = [(str(name), int(right), int(of)) for name, right, of in con.execute(f"{query} order by 1").fetchall()]
    total = wilson(sum(right for _, right, _ in rows), sum(of for *_, of in rows))
    return {"all": total} | {name: wilson(right, of) for name, right, of in rows}


def _scope(con: duckdb.DuckDBPyConnection) -> dict[str, Share]:
    """Of rows that stand in the ledger, those in scope; of linkable rows with a whole ID in scope, those that stand in
    it or wait; of rows out of scope, those that do not, by reason."""
    result = {
        "precision": _share(con, "select count(*) filter (where in_scope), count(*) from scoped where linked"),
        "recall": _share(con, "select count(*) filter (where is_in), count(*) from scoped "
                              "where linkable and shows = 'full_id'"),
    }  # fmt: skip
    kept_out = _by(con, "select scope_reason, count(*) filter (where not linked), count(*) "
                        "from scoped where not in_scope group by 1")  # fmt: skip
    return result | {f"kept_out:{name}": share for name, share in kept_out.items()}


def _pairs(con: duckdb.DuckDBPyConnection, kind: str) -> Point:
    """Pairs of spellings of one unit."""
    row = con.execute(
        "with c as (select * from unit_cells where field = $kind) select "
        "coalesce((select sum(n * (n - 1) / 2) from c), 0), "
        "coalesce((select sum(n * (n - 1) / 2) from (select sum(n) as n from c group by found)), 0), "
        "coalesce((select sum(n * (n - 1) / 2) from (select sum(n) as n from c group by truth)), 0)",
        {"kind": kind},
    ).fetchone() or (0, 0, 0)
    return point(*(int(entry) for entry in row))


def _merges(con: duckdb.DuckDBPyConnection, kind: str) -> Share:
    return _share(
        con,
        "select coalesce(sum(total - most), 0), coalesce(sum(total), 0) from "
        "(select found, sum(n) as total, max(n) as most from unit_cells where field = $kind group by found)",
        kind=kind,
    )


def _spellings(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Spellings in the truth, and those the published files place at a unit."""
    stated = con.execute("select count(*) from spellings").fetchone() or (0,)
    placed = con.execute("select count(*) from assigned").fetchone() or (0,)
    return {"truth": int(stated[0]), "placed": int(placed[0])}


def _suggestions(con: duckdb.DuckDBPyConnection) -> dict[str, Share]:
    """Units advised as the truth says, by the first of what it holds right."""
    branches = _by(
        con,
        "select truth[1], count(*) filter (where list_contains(truth, found)), count(*) from suggestions group by 1",
    )
    right = "list_contains(truth_floating_advice, found_floating_advice)"
    floating = _share(con, f"select count(*) filter (where {right}), count(*) from suggestions")
    return branches | {"floating": floating}


def _code(con: duckdb.DuckDBPyConnection, code: str) -> Point:
    row = con.execute(
        "select count(*) filter (where list_contains(truth, $code) and list_contains(found, $code)), "
        "count(*) filter (where list_contains(found, $code)), count(*) filter (where list_contains(truth, $code)) "
        "from judged_statuses",
        {"code": code},
    ).fetchone() or (0, 0, 0)
    return point(*(int(entry) for entry in row))


_WORDS = {
    "all": "合计",
    "precision": "在账的行确属新就业",
    "recall": "应入账的行已入账或待核",
    "open": "应开着",
    "closed": "应已了结",
    "registers": "登记已写明的",
    "unit": "单位或站点的支部",
    "floating": "流动党员党支部",
    "trade_joint": "同行业联合支部",
    "trade_committee": "行业党委",
    "work_street": "从业地镇街",
    "home_street": "居住地镇街",
    "branch": "党支部",
    "committee": "支委会",
    "joint": "联合组建",
    "instructor": "指导员",
    "none": "不用组建",
}
_KINDS = {"unit_name": "单位", "station": "站点"}


def decision_rows(result: Decisions) -> list[tuple[str, Share]]:
    """Every share with its Chinese name, in the order of the decisions."""
    rows = [("人员判断可比的", result.judged)]
    rows += [(f"范围 {_word(name)}", share) for name, share in result.scope.items()]
    rows.append(("行业完全相同", result.trade))
    for kind, status in result.units.items():
        rows += [(f"{_KINDS[kind]}写法成对 精确", status.precision), (f"{_KINDS[kind]}写法成对 召回", status.recall)]
        rows.append((f"{_KINDS[kind]}写法并错的", result.wrong_merges[kind]))
    rows.append(("站点、分公司挂对上级", result.parents))
    rows += [(f"接收组织 {_word(name)}", share) for name, share in result.host.items()]
    rows += [(f"应建建议 {_word(name)}", share) for name, share in result.suggestion.items()]
    for code, status in result.statuses.items():
        rows += [(f"状态 {code} 精确", status.precision), (f"状态 {code} 召回", status.recall)]
    rows += [(f"线索 {_word(name)}", share) for name, share in result.leads.items()]
    rows.append(("已了结仍开着的线索", result.closed_still_open))
    rows.append(("因文件没来被移出或变成自报的人", result.moved_out_by_missing_file))
    return rows


def _word(name: str) -> str:
    kind, _, reason = name.partition(":")
    return f"范围外未入账 {_WORDS.get(reason, reason)}" if kind == "kept_out" else _WORDS.get(name, name)

"""No column of the ledger is emptier than its sources allow, nor loses most of what the last version had."""

from __future__ import annotations

import duckdb

from flows.run.context import RunContext
from matchers.relations import query_text
from reports.words import COLUMNS
from schemas.errors import InputError
from schemas.rules import Rule

_LISTS = ("occupation_groups", "platforms", "units")
_RECORDS = "len(list_filter(evidence, piece -> piece.record_id is not null)) > 0"
_TITLES = {"record_id": "证据里的记录编号"}


def check_columns(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Hold `ledger_new` against tonight's sources, and against `previous_ledger` where that one is not small.

    Raises InputError naming the columns, with how many people have a value where; nothing is published then.
    """
    limits = run.policy.limits
    least = 1 - limits.column_loss_share
    rows = con.execute(query_text("flows.ledger.publish", "columns.sql"), {"as_of": run.as_of}).fetchall()
    expected = {str(name): int(filled) for name, filled in rows}
    now, before = (
        filled(con, f"(from {relation} where not objection)", list(expected))
        for relation in ("ledger_new", "previous_ledger")
    )
    lost = [
        f"{_title(name)}：来源里{many}人有值，一本账里{now[name]}人有值"
        for name, many in expected.items()
        if many and now[name] < max(many * least, 1)
    ]
    gone = [
        f"{_title(name)}：上一版{many}人有值，本次{now[name]}人有值"
        for name, many in before.items()
        if many >= max(limits.compare_from_rows, 1) and now[name] < max(many * least, 1)
    ]
    if lost or gone:
        raise InputError(
            "一本账有的列空了，本次未发布",
            where="ledger",
            rule=Rule.LEDGER_COLUMN_LOST,
            count=len(lost) + len(gone),
            examples=(*lost, *gone),
            action="来源有值而账上没有的，请把日志交给管理员；来源少了这些值的，核对来源文件的表头，"
            "确认无误后在规则文件 [limits] 放宽 column_loss_share，再运行一次",
        )


def filled(con: duckdb.DuckDBPyConnection, relation: str, names: list[str]) -> dict[str, int]:
    """Per column of a ledger, how many people have a value in it; `record_id`: in a piece of evidence."""
    counts = ", ".join(f"count(*) filter ({_has(name)})" for name in names)
    row = con.execute(f"select {counts} from {relation}").fetchone()
    return dict(zip(names, map(int, row or ()), strict=True))


def _has(name: str) -> str:
    """SQL: whether a ledger row has a value in a column."""
    if name == "record_id":
        return _RECORDS
    return f"len({name}) > 0" if name in _LISTS else f"{name} is not null"


def _title(name: str) -> str:
    return f"{_TITLES.get(name) or COLUMNS.get(name, name)}（{name}）"

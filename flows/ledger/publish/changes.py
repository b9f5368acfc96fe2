"""One row per person changed since the previous version, with the cause in Chinese."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from flows.ledger.sql import put
from matchers.relations import make
from schemas.contracts import ledger_table

Row = dict[str, Any]

CAUSES = {
    "first_version": "首次成账",
    "new_source_row": "来源新增记录",
    "withdrawn_source_row": "来源记录已撤下",
    "source_row_changed": "来源记录内容有更正",
    "roll_change": "党员名册有变动",
    "transfer_change": "组织关系转接台账有变动",
    "floating_change": "流动党员登记有变动",
    "organisation_change": "党组织名册有变动",
    "judgement": "人工判断",
    "check": "线索核查状态有变动",
    "objection": "异议的提出或答复",
    "policy_change": "规则（口径）改版",
    "model_change": "比对模型改版",
    "time_passed": "日期推移，期限已到",
    "to_review": "比对结果改为待人工核对",
    "merged": "两个编号证实为同一人，合并",
    "split": "一个编号证实为两人，拆分",
    "left": "从业记录已全部撤下，按规则保留一段时间后移出",
    "aged_out": "从业记录撤下已满保留期，移出",
    "recheck": "核查过的线索出现新证据，请再核",
    "erased": "依删除决定移出",
    "rolled_back": "恢复到以前的版本",
    "source_absent": "来源本次未到或不完整，沿用上次证据",
    "source_back": "来源恢复，证据更新",
    "key_rotated": "密钥更换，证件记号随之更换，内容未变",
    "weights_moved": "姓名、号码的常见程度有变，分值随之更新，结论未变",
    "moved": "仅来源文件名或行号变动，内容未变",
}
_ROLL = {
    "member_no", "sex", "birth_year", "ethnicity", "member_type", "joined_on", "home_org_code", "home_org_name",
    "id_token", "name_masked", "home_street",
}  # fmt: skip
_WORK = {
    "occupation_groups", "platforms", "units", "work_street", "match_class", "match_weight", "match_probability",
    "match_reason", "flags",
}  # fmt: skip
_WITHHELD = frozenset({"statuses", "primary_status", "leads", "lead_state", "evidence", "flags"})
"""Under 异议 nothing published tells the statuses, the row's own past included."""
_HOST = {"host_org_code", "host_org_name", "host_rule"}
_CARRIED = ("last_seen", "changed_on")


@dataclass(frozen=True)
class Night:
    """What else changed between two versions, and who was seen where tonight."""

    as_of: date
    previous_as_of: date | None
    policy_changed: bool
    model_changed: bool
    incomplete: frozenset[str]
    increments: frozenset[str]
    members_today: frozenset[str]
    in_review: frozenset[str]
    rows_here: frozenset[str] = frozenset()
    """People no longer in the ledger one of whose worker rows still came."""
    denied: frozenset[str] = frozenset()
    """People no longer in the ledger of whom a person said that a row is not theirs."""
    erased: frozenset[str] = frozenset()
    keep_days: int = 0
    judged: frozenset[tuple[str, str, str]] = frozenset()
    """(person_key, source, record_id) of rows tied or untied by a person."""
    reopened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is new, per person with a lead that was settled as unfounded."""


def build_changes(con: duckdb.DuckDBPyConnection, night: Night) -> pa.Table:
    """The changes from `previous_ledger` to `ledger_new`, both relations in the ledger's contract."""
    names = list(ledger_table("ledger").columns)
    added = _rows(con, "select n.* from ledger_new n anti join previous_ledger p using (person_key)")
    removed = _rows(con, "select p.* from previous_ledger p anti join ledger_new n using (person_key)")
    pairs = _changed_pairs(con, names)
    events = con.execute("select old_key, new_key, event from key_events order by all").fetchall()
    merged = {old: new for old, new, what in events if what == "merged"}
    split = {new: old for old, new, what in events if what == "split"}
    rows = [_added(row, night, split) for row in added]
    rows += [_removed(row, night, merged) for row in removed]
    rows += [_changed(before, after, night, names) for before, after in pairs]
    return _table(rows)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    rows: list[Row] = con.execute(f"{query} order by 1").to_arrow_table().to_pylist()
    return rows


def _changed_pairs(con: duckdb.DuckDBPyConnection, names: list[str]) -> list[tuple[Row, Row]]:
    """Rows that differ in any column; `last_seen` counts only where it did not move with the night as expected."""
    plain = [name for name in names if name not in ("person_key", "last_seen")]
    differs = " or ".join(f'p."{name}" is distinct from n."{name}"' for name in plain)
    make(
        con,
        "changed_keys",
        "select person_key from previous_ledger p join ledger_new n "
        f"using (person_key) where {differs} or n.last_seen is distinct from "
        "(case when p.last_seen = (select previous_as_of from night) then (select as_of from night) "
        "else p.last_seen end)",
        temporary=True,
    )
    before = _rows(con, "select p.* from previous_ledger p semi join changed_keys using (person_key)")
    after = _rows(con, "select n.* from ledger_new n semi join changed_keys using (person_key)")
    return list(zip(before, after, strict=True))


def _added(row: Row, night: Night, split: dict[str, str]) -> Row:
    key = row["person_key"]
    if key in split:
        return _row(row, "split", "split", after=row, about=f"原编号 {split[key]}")
    if night.previous_as_of is None:
        return _row(row, "added", "first_version", after=row)
    if row["match_class"] == "confirmed":
        return _row(row, "added", "judgement", after=row)
    if night.model_changed:
        return _row(row, "added", "model_change", after=row)
    if row["match_class"] == "own_job":
        return _row(row, "added", "roll_change", after=row)
    return _row(row, "added", "new_source_row", after=row)


def _removed(row: Row, night: Night, merged: dict[str, str]) -> Row:
    key = row["person_key"]
    if key in merged:
        return _row(row, "merged", "merged", before=row, after={"person_key": merged[key]}, about=f"并入 {merged[key]}")
    cause, about = _why_removed(row, night)
    return _row(row, "removed", cause, before=row, about=about)


def _why_removed(row: Row, night: Night) -> tuple[str, str]:
    """The cause of a removal and its particulars."""
    key, number = row["person_key"], row["member_no"]
    if key in night.erased:
        return "erased", ""
    if key in night.denied or (row["match_class"] == "confirmed" and key in night.rows_here):
        return "judgement", "人工核对为不是同一人"
    if "not_seen" in row["flags"] and (night.as_of - row["last_seen"]).days > night.keep_days:
        return "aged_out", f"末次出现 {row['last_seen'].isoformat()}"
    if night.model_changed and key in night.rows_here:
        return "model_change", ""
    if any(one["role"] == "roll" for one in row["evidence"]) and number and number not in night.members_today:
        return "roll_change", "名册中已无此人"
    if any(one["role"] in ("worker", "self_report") for one in row["evidence"]) and key not in night.rows_here:
        return "withdrawn_source_row", ""
    if number is not None and number in night.in_review:
        return "to_review", ""
    if row["match_class"] == "own_job":
        return "roll_change", ""
    return ("policy_change" if night.policy_changed else "source_row_changed"), ""


def _changed(before: Row, after: Row, night: Night, names: list[str]) -> Row:
    columns = [name for name in names if before[name] != after[name]] or ["last_seen"]
    cause = _cause(before, after, set(columns) - set(_CARRIED), night)
    about = "、".join(night.reopened.get(after["person_key"], ())) if cause == "recheck" else ""
    withheld = _WITHHELD if after["objection"] else frozenset()
    row = _row(
        after,
        "changed",
        cause,
        before={name: before[name] for name in columns if name not in withheld},
        after={name: after[name] for name in columns},
        about=about,
    )
    row["columns"] = columns
    row["source_rows"] = sorted(set(_places(after)) ^ set(_places(before))) or _places(after)
    return row


def _cause(before: Row, after: Row, columns: set[str], night: Night) -> str:  # noqa: PLR0912
    if "id_token" in columns and _key_of(before) != _key_of(after):
        columns = columns - {"id_token"}
        if not columns:
            return "key_rotated"
    if not columns:
        return "source_absent" if after["last_seen"] < night.as_of else "source_back"
    gone, new = _records(before) - _records(after), _records(after) - _records(before)
    if "objection" in columns:
        return "objection"
    if "confirmed" in (before["match_class"], after["match_class"]) and "match_class" in columns:
        return "judgement"
    if _lead_states(before) != _lead_states(after):
        return "recheck" if after["person_key"] in night.reopened else "check"
    if ("not_seen" in after["flags"]) != ("not_seen" in before["flags"]):
        return "left" if "not_seen" in after["flags"] else "new_source_row"
    if any((after["person_key"], source, record) in night.judged for _, source, record in [*gone, *new]):
        return "judgement"
    roles = {role for role, _, _ in [*gone, *new]}
    if roles & {"worker", "self_report"} and new:
        return "new_source_row"
    if roles & {"worker", "self_report"}:
        return "withdrawn_source_row"
    for role in ("roll", "transfer", "floating"):
        if role in roles:
            return f"{role}_change"
    if night.incomplete & {one["source"] for one in after["evidence"]} - night.increments:
        return "source_absent"
    if columns <= {"evidence", "work_street"} | _HOST and after["work_street"] is None and night.incomplete:
        return "source_absent"
    if columns <= {"evidence", "match_weight", "match_probability"}:
        return _same_story(before, after, columns)
    if columns <= _HOST | {"evidence"}:
        return "policy_change" if night.policy_changed else "organisation_change"
    if columns & _ROLL:
        return "roll_change"
    if night.policy_changed:
        return "policy_change"
    if night.model_changed and columns & _WORK:
        return "model_change"
    if columns & _WORK:
        return "source_row_changed"
    return _status_cause(before, after)


def _key_of(row: Row) -> str:
    """The id of the key an ID token was made under."""
    return (row["id_token"] or "").partition(":")[0]


def _same_story(before: Row, after: Row, columns: set[str]) -> str:
    """Nothing a clerk acts on changed: places, or weights that follow how common a name or number is tonight."""
    if [one[:4] for one in _told(before)] != [one[:4] for one in _told(after)]:
        return "source_row_changed"
    return "moved" if _told(before) == _told(after) and columns == {"evidence"} else "weights_moved"


def _status_cause(before: Row, after: Row) -> str:
    """Only the statuses moved and no row came or went: a term ran out, or a register's cell changed."""
    moved = set(before["statuses"]) ^ set(after["statuses"])
    if moved & {"P1", "P2"} and moved & set(after["statuses"]):
        return "time_passed"
    if moved & {"F1", "F2"}:
        return "floating_change"
    if "P1" in moved:
        return "transfer_change"
    if moved & {"S1", "L1"}:
        return "roll_change"
    return "source_row_changed"


def _records(row: Row) -> Counter[tuple[str, str, str]]:
    """Evidence rows whatever file and place they stand in."""
    return Counter((one["role"], one["source"], one["record_id"] or "") for one in row["evidence"])


def _told(row: Row) -> list[tuple[Any, ...]]:
    """What each evidence row says, wherever it stands; the weight last."""
    return sorted(
        (one["role"], one["source"], one["record_id"] or "", tuple(one["fields"]), one["match_weight"] or 0.0)
        for one in row["evidence"]
    )


def _lead_states(row: Row) -> dict[str, tuple[Any, ...]]:
    """Leads somebody has touched; a lead nobody checked comes and goes with its status."""
    return {
        one["code"]: (one["state"], one["checked_by"], one["checked_on"]) for one in row["leads"] if one["checked_by"]
    }


def _places(row: Row) -> list[str]:
    places = []
    for one in row["evidence"]:
        sheet = f"/{one['sheet']}" if one["sheet"] else ""
        places.append(f"{one['source']}/{one['file']}{sheet}/第{one['row']}行")
    return places


def _row(
    row: Row, change: str, cause: str, *, before: Row | None = None, after: Row | None = None, about: str = ""
) -> Row:
    return {
        "person_key": row["person_key"],
        "change": change,
        "columns": [],
        "before": _json(before),
        "after": _json(after),
        "cause": f"{cause} {CAUSES[cause]}" + (f"：{about}" if about else ""),
        "source_rows": _places(row),
    }


def _json(row: Row | None) -> str | None:
    if row is None:
        return None
    return json.dumps(row, ensure_ascii=False, default=date.isoformat, separators=(",", ":"))


def _table(rows: Iterable[Row]) -> pa.Table:
    schema = pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table("changes").schema])
    return pa.Table.from_pylist(list(rows), schema=schema).sort_by(
        [("person_key", "ascending"), ("change", "ascending")]
    )


def keep_changes(con: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
    """Leave the changes in the workspace for the reports."""
    put(con, "changes", table)

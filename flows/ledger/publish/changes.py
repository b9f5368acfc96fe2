"""One row per person changed since the previous version, with the code of its cause.

The code's word, and what the row itself tells beside it, are for the readers: `reports/causes.py`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from flows.ledger.publish.before import without_old_numbers
from flows.ledger.publish.night import NightChanges
from flows.ledger.publish.novelty import WORK, Place
from flows.ledger.publish.replay import aged
from flows.ledger.publish.withheld import columns_of_objection, no_evidence_rows, without_withheld
from flows.ledger.sql import put
from matchers.relations import make
from schemas.contracts import ledger_table
from schemas.words import words

Row = dict[str, Any]
Record = tuple[str, str, str]
"""Role, source and record number of a row of evidence; the number is empty where it has none."""

CAUSES = words("causes")
_ROLL = {
    "member_no", "sex", "birth_year", "ethnicity", "member_type", "joined_on", "home_org_code", "home_org_name",
    "id_token", "name_masked", "home_street",
}  # fmt: skip
_WORK = {
    "occupation_groups", "platforms", "units", "work_street", "match_class", "match_weight", "match_probability",
    "match_reason", "flags",
}  # fmt: skip
_HOST = {"host_org_code", "host_org_name", "host_rule"}
_CARRIED = ("last_seen", "changed_on")
_REGISTERS = ("roll", "transfer", "floating")
_TAKEN_IN = frozenset(words("taken_in"))


def build_changes(con: duckdb.DuckDBPyConnection, night: NightChanges) -> pa.Table:
    """The changes from `previous_ledger` to `ledger_new`, both relations in the ledger's contract.

    `version` is null until the version has a name (`commit.make_draft`).
    """
    names = list(ledger_table("ledger").columns)
    added = _rows(con, "select n.* from ledger_new n anti join previous_ledger p using (person_key)")
    removed = _rows(con, "select p.* from previous_ledger p anti join ledger_new n using (person_key)")
    pairs = _changed_pairs(con, night, names)
    events = con.execute("select old_key, new_key, event from key_events order by all").fetchall()
    merged = {old: new for old, new, what in events if what == "merged"}
    split = {new: old for old, new, what in events if what == "split"}
    rows = [_added(row, night, split) for row in added]
    rows += [_removed(row, night, merged) for row in removed]
    rows += [_changed(*pair, night, names) for pair in pairs]
    return _table(without_old_numbers({**row, "as_of": night.as_of}, night.clean) for row in rows)


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    rows: list[Row] = con.execute(f"{query} order by 1").to_arrow_table().to_pylist()
    return rows


def _changed_pairs(con: duckdb.DuckDBPyConnection, night: NightChanges, names: list[str]) -> list[tuple[Row, Row, Row]]:
    """Rows that differ in any column from what the previous night lets expect: before, expected, after.

    `last_seen`, and the night on which a row of evidence landed, count only where they did not move with the night.
    """
    previous = con.table("previous_ledger").to_arrow_table()
    put(con, "previous_expected", aged(previous, night.previous_as_of, night.as_of))
    differs = " or ".join(f'p."{name}" is distinct from n."{name}"' for name in names if name != "person_key")
    make(
        con,
        "changed_keys",
        f"select person_key from previous_expected p join ledger_new n using (person_key) where {differs}",
        temporary=True,
    )
    before = _rows(con, "select p.* from previous_ledger p semi join changed_keys using (person_key)")
    expected = _rows(con, "select p.* from previous_expected p semi join changed_keys using (person_key)")
    after = _rows(con, "select n.* from ledger_new n semi join changed_keys using (person_key)")
    return list(zip(before, expected, after, strict=True))


def _added(row: Row, night: NightChanges, split: dict[str, str]) -> Row:
    key = row["person_key"]
    if key in split:
        return _row(row, "split", "split", before={"person_key": split[key]}, after=row)
    if night.previous_as_of is None:
        return _row(row, "added", "first_version", after=row)
    cause = "objection" if row["objection"] else _why_added(row, night)
    return _row(row, "added", cause, after=row)


def _why_added(row: Row, night: NightChanges) -> str:
    """The cause of an addition. A row counts as new only where its number proves it."""
    key = row["person_key"]
    new, known = (result.get(key, frozenset()) for result in (night.novelty.new_roles, night.novelty.known_roles))
    if row["match_class"] == "confirmed":
        return "judgement"
    if night.novelty.untied & _work_places(row):
        return "judgement"
    if night.model_changed:
        return "model_change"
    if row["match_class"] == "own_job":
        return "roll_change"
    if new & WORK:
        return "new_source_row"
    for role in _REGISTERS:
        if role in new and known & WORK:
            return f"{role}_change"
    if night.policy_changed:
        return "policy_change"
    declared = not any(entry["role"] in _REGISTERS for entry in row["evidence"])
    return "newly_declared" if declared else "newly_tied"


def _removed(row: Row, night: NightChanges, merged: dict[str, str]) -> Row:
    key = row["person_key"]
    objects = night.objecting & {key, merged.get(key)}
    past = without_withheld(row) if objects else row
    if key in merged:
        gone = _row(row, "merged", "merged", before=past, after={"person_key": merged[key]})
    else:
        gone = _row(row, "removed", "objection" if objects else _why_removed(row, night), before=past)
    return {**gone, "source_rows": no_evidence_rows()} if objects else gone


def _why_removed(row: Row, night: NightChanges) -> str:
    """The cause of a removal."""
    key = row["person_key"]
    if key in night.erased:
        return "erased"
    if key in night.denied or (row["match_class"] == "confirmed" and key in night.rows_here):
        return "judgement"
    if "not_seen" in row["flags"] and (night.as_of - row["last_seen"]).days > night.keep_days:
        return "aged_out"
    if night.model_changed and key in night.rows_here:
        return "model_change"
    if (register := _left_register(row, night)) is not None:
        return register
    if _has_work(row) and key not in night.rows_here:
        return "withdrawn_source_row"
    return _why_untied(row, night)


def _why_unseen(row: Row, night: NightChanges) -> str:
    """Why nothing ties a person to platform work who stays in the ledger for now."""
    key = row["person_key"]
    if key in night.denied:
        return "judgement"
    if (register := _left_register(row, night)) is not None:
        return register
    if _has_work(row) and key not in night.rows_here:
        return "left"
    return "model_change" if night.model_changed else _why_untied(row, night)


def _left_register(row: Row, night: NightChanges) -> str | None:
    """The cause where a person of the registers stands in none of them any more."""
    roles = {entry["role"] for entry in row["evidence"]}
    register = next((role for role in _REGISTERS if role in roles), None)
    if register is None or row["person_key"] in night.registry_here:
        return None
    return f"{register}_change"


def _why_untied(row: Row, night: NightChanges) -> str:
    """The cause where rows and register entry are still there, but are not tied to each other any more."""
    records = {(entry["source"], entry["record_id"]) for entry in row["evidence"] if entry["role"] in WORK}
    if (row["member_no"] is not None and row["member_no"] in night.in_review) or records & night.rows_in_review:
        return "to_review"
    if row["match_class"] == "own_job":
        return "roll_change"
    return "policy_change" if night.policy_changed else "source_row_changed"


def _has_work(row: Row) -> bool:
    return any(entry["role"] in WORK for entry in row["evidence"])


def _changed(before: Row, expected: Row, after: Row, night: NightChanges, names: list[str]) -> Row:
    compared = {**before, "evidence": expected["evidence"]}
    columns = [name for name in names if compared[name] != after[name]] or ["last_seen"]
    cause = _cause(before, after, set(columns) - set(_CARRIED), night)
    if cause == "unseen":
        cause = _why_unseen(after, night)
    if after["objection"]:
        cause = "objection"
    past = {name: before[name] for name in columns}
    if after["objection"]:
        past, columns = without_withheld(past), columns_of_objection(columns, names)
    row = _row(after, "changed", cause, before=past, after={name: after[name] for name in columns})
    row["columns"] = columns
    places = sorted(set(_places(after)) ^ set(_places(before))) or _places(after)
    row["source_rows"] = no_evidence_rows() if after["objection"] else places
    return row


def _cause(before: Row, after: Row, columns: set[str], night: NightChanges) -> str:  # noqa: PLR0912
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
    if ("not_seen" in after["flags"]) != ("not_seen" in before["flags"]):
        return "unseen" if "not_seen" in after["flags"] else _moved_rows(after, gone, new, night) or "seen_again"
    if after["person_key"] in night.endings:
        return "lead_settled"
    if ("person_checked" in before["flags"]) != ("person_checked" in after["flags"]):
        return "check"
    if _newly_taken_in(before, after):
        return "taken_in"
    if columns == {"leads"} and all(lead["closed_on"] for lead in before["leads"] if lead not in after["leads"]):
        return "time_passed"
    if _lead_states(before) != _lead_states(after):
        return "recheck" if after["person_key"] in night.reopened else "check"
    if (moved := _moved_rows(after, gone, new, night)) is not None:
        return moved
    if night.incomplete & {row["source"] for row in after["evidence"]} - night.increments:
        return "source_absent"
    if columns == {"evidence"} and _evidence_facts(before) == _evidence_facts(after):
        stayed, stays = _carried(before, night.previous_as_of), _carried(after, night.as_of)
        if stayed != stays:
            return "source_absent" if stays - stayed else "source_back"
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


def _moved_rows(after: Row, gone: Counter[Record], new: Counter[Record], night: NightChanges) -> str | None:
    """The cause where rows of evidence came or went; null where they are the same."""
    key = after["person_key"]
    if any((key, source, record) in night.judged for _, source, record in [*gone, *new]):
        return "judgement"
    if night.novelty.untied & _work_places(after, new):
        return "judgement"
    came, went = {role for role, _, _ in new}, {role for role, _, _ in gone}
    if came & WORK:
        return "new_source_row"
    for role in _REGISTERS:
        if role in came | went:
            return f"{role}_change"
    return "withdrawn_source_row" if went & WORK else None


def _key_of(row: Row) -> str:
    """The id of the key an ID token was made under."""
    return (row["id_token"] or "").partition(":")[0]


def _same_story(before: Row, after: Row, columns: set[str]) -> str:
    """Nothing a clerk acts on changed: places, or weights that follow how common a name or number is tonight."""
    if [fact[:4] for fact in _evidence_facts(before)] != [fact[:4] for fact in _evidence_facts(after)]:
        return "source_row_changed"
    return "moved" if _evidence_facts(before) == _evidence_facts(after) and columns == {"evidence"} else "weights_moved"


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


def _records(row: Row) -> Counter[Record]:
    """Evidence rows whatever file and place they stand in."""
    return Counter(map(_record, row["evidence"]))


def _record(piece: Row) -> Record:
    return piece["role"], piece["source"], piece["record_id"] or ""


def _work_places(row: Row, only: Counter[Record] | None = None) -> frozenset[Place]:
    """Where a person's worker rows stand; of these records, if any are named."""
    return frozenset(
        (entry["source"], entry["file"], entry["sheet"], entry["row"])
        for entry in row["evidence"]
        if entry["role"] in WORK and (only is None or _record(entry) in only)
    )


def _carried(row: Row, night: date | None) -> set[tuple[str, str, str, str]]:
    """Rows of evidence that stand in the copies of an earlier night."""
    return {
        (entry["role"], entry["source"], entry["file"], entry["record_id"] or "")
        for entry in row["evidence"]
        if entry["landed_on"] != night
    }


def _evidence_facts(row: Row) -> list[tuple[Any, ...]]:
    """What each evidence row says, wherever it stands; the weight last."""
    return sorted(
        (entry["role"], entry["source"], entry["record_id"] or "", tuple(entry["fields"]), entry["match_weight"] or 0.0)
        for entry in row["evidence"]
    )


def _lead_states(row: Row) -> dict[str, tuple[Any, ...]]:
    """Leads somebody has touched; a lead nobody checked comes and goes with its status."""
    return {
        lead["code"]: (lead["state"], lead["checked_by"], lead["checked_on"])
        for lead in row["leads"]
        if lead["checked_by"]
    }


def _newly_taken_in(before: Row, after: Row) -> bool:
    """Whether an organisation took the person in since the last version."""
    known = {lead["code"] for lead in before["leads"] if lead["cause"] in _TAKEN_IN}
    return any(lead["cause"] in _TAKEN_IN and lead["code"] not in known for lead in after["leads"])


def _places(row: Row) -> list[str]:
    places = []
    for entry in row["evidence"]:
        sheet = f"/{entry['sheet']}" if entry["sheet"] else ""
        places.append(f"{entry['source']}/{entry['file']}{sheet}/第{entry['row']}行")
    return places


def _row(row: Row, change: str, cause: str, *, before: Row | None = None, after: Row | None = None) -> Row:
    if cause not in CAUSES:
        raise KeyError(f"cause {cause} has no word in words.toml")
    return {
        "person_key": row["person_key"],
        "change": change,
        "columns": [],
        "before": _json(before),
        "after": _json(after),
        "cause": cause,
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

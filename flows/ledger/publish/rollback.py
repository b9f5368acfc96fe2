"""One new version that equals an old one, with today's objections and erasures applied."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa

from flows.home.store import Store, VersionRows, opened_store
from flows.ledger.keys_moved import follow, merges
from flows.ledger.publish.behind import lost_versions
from flows.ledger.publish.changes import build_changes
from flows.ledger.publish.commit import make_draft, make_index, put_in_place
from flows.ledger.publish.night import NightChanges
from flows.ledger.publish.read import Published, current_version, kept_version
from flows.ledger.publish.replay import ledger_schema, prove_changes
from flows.ledger.publish.step import aliases_table
from flows.ledger.publish.unfinished import discard_unfinished
from flows.ledger.published_cells import check_published, without_numbers
from flows.ledger.redact import Redactor
from flows.ledger.sql import put, put_rows
from flows.ledger.tokens_moved import moved_tokens
from flows.run.context import RunContext
from matchers.engine import connect
from schemas.contracts import check_table, ledger_table
from schemas.errors import HomeError
from schemas.rules import Rule

_PLAIN_FIELDS = {"name", "id_number", "phones", "birth_date", "sex"}


def rollback(run: RunContext, version: str, *, by: str, why: str) -> str:
    """Publish the old version's content anew; the new version's name. The versions between stay as they are.

    `run.as_of` must be the old version's. Where the folder lost versions that were published, the one it has may be
    published anew: it counts from then on. Raises HomeError when there is no such version or nothing to go back from.
    """
    current = current_version(run.home, run.key)
    old = kept_version(run.home, version)
    with opened_store(run.home, run.settings.store_url) as store:
        lost = lost_versions(current.version if current else None, store)
        if current is None or (old.version == current.version and not lost):
            raise HomeError("已经是这一版", where=version, rule=Rule.ROLLBACK_SAME, action="用 ledger show 看各版本")
        store.settle(current.version)
        discard_unfinished(run.home, current, store)
        redactor = Redactor(run.key, frozenset())
        tables = {name: without_numbers(old.table(name), redactor) for name in ("review", "coverage", "units")}
        tables["ledger"] = without_numbers(_today(old.table("ledger"), run, store), redactor)
        tables["changes"] = _changes(current, tables["ledger"], run)
        tables["aliases"] = aliases_table(store, tokens=moved_tokens(current))
        for name in tables.keys() - {"changes"}:  # these get their version's name, and are looked at, in the draft
            check_table(tables[name], ledger_table(name))
        check_published(tables, ())
        draft = make_draft(run, tables, max([current.version, *lost]), old.version)
        store.write_pending(VersionRows(draft.version, run.as_of, (), (), ()))
        without = f"（缺 {' '.join(lost)}）" if lost else ""
        store.audit(run.key, run.started_at, by, "rollback", why=f"{draft.version} = {old.version}{without}: {why}")
        put_in_place(run, draft, make_index(run, draft, current, store.audit_head()))
        store.confirm(draft.version)
    return draft.version


def as_of(version: Published) -> date:
    """The day a version speaks of."""
    return datetime.fromisoformat(version.index["as_of"]).date()


def _today(table: pa.Table, run: RunContext, store: Store) -> pa.Table:
    """The old rows without the erased, under today's keys, withheld where there is an open objection."""
    moved = merges(store)
    erased = {follow(moved, key) for key in store.erased()}
    objections = {follow(moved, key) for key in store.open_objections()}
    rows: dict[str, dict[str, Any]] = {}
    for row in table.to_pylist():
        key = follow(moved, row["person_key"])
        if key in erased or (key != row["person_key"] and key in rows):
            continue
        rows[key] = _stated({**row, "person_key": key}, key in objections, run)
    return pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=ledger_schema())


def _stated(row: dict[str, Any], objected: bool, run: RunContext) -> dict[str, Any]:
    leads = run.policy.leads
    if objected:
        evidence = [{**one, "fields": [f for f in one["fields"] if f in _PLAIN_FIELDS]} for one in row["evidence"]]
        none: dict[str, Any] = {"statuses": [], "primary_status": None, "leads": []}
        return {**row, **none, "evidence": evidence, "lead_state": leads.objection_state, "objection": True}
    return row


def _changes(current: Published, ledger: pa.Table, run: RunContext) -> pa.Table:
    """What the rollback changes against the current version, each row with that as its cause."""
    previous = current.table("ledger")
    was = as_of(current)
    clean = Redactor(run.key, frozenset()).numbers
    night = NightChanges(run.as_of, was, False, False, frozenset(), frozenset(), frozenset(), clean=clean)
    con = connect()
    try:
        put(con, "previous_ledger", previous)
        put(con, "ledger_new", ledger)
        put_rows(con, "night", {"previous_as_of": pa.date32(), "as_of": pa.date32()}, [(was, run.as_of)])
        text = pa.string()
        put_rows(con, "key_events", {"old_key": text, "new_key": text, "event": text}, [])
        changes = build_changes(con, night)
    finally:
        con.close()
    cause = pa.array(["rolled_back"] * changes.num_rows, text)
    changes = changes.set_column(changes.schema.get_field_index("cause"), changes.schema.field("cause"), cause)
    prove_changes(previous, changes, ledger, (was, run.as_of))
    return changes

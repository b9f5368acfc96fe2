"""Publication: one version written aside, checked, renamed into place; the index, replaced last, is the commit."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date

import duckdb
import pyarrow as pa

from flows.home.folders import write_private
from flows.home.settings import model_of
from flows.home.store import Store, VersionRows, opened_store
from flows.ledger.keys_moved import newest_events
from flows.ledger.publish.behind import check_not_behind
from flows.ledger.publish.changes import build_changes, keep_changes
from flows.ledger.publish.columns import check_columns
from flows.ledger.publish.commit import UnpublishedVersion, make_draft, make_index, put_in_place
from flows.ledger.publish.erase import finish_erasure
from flows.ledger.publish.files import parquet_bytes, sha256
from flows.ledger.publish.night import NightChanges
from flows.ledger.publish.novelty import novelty
from flows.ledger.publish.read import Published, current_version
from flows.ledger.publish.replay import ledger_schema, prove_changes
from flows.ledger.publish.retention import prune
from flows.ledger.publish.size import check_size
from flows.ledger.publish.unfinished import discard_unfinished
from flows.ledger.published_cells import check_published
from flows.ledger.redact import Redactor
from flows.ledger.registers import sealed_registers
from flows.ledger.relations import relation
from flows.ledger.sql import put, put_rows
from flows.ledger.tokens_moved import moved_tokens
from flows.run.context import RunContext
from flows.run.stepbook import CountValues
from reports.books import disagreements, views_of
from reports.reconcile import disagreeing, reconciled
from schemas.contracts import check_table, ledger_table
from schemas.errors import SanzhaoError, TableError
from schemas.ledger_index import LedgerIndex
from schemas.rules import Rule

_NUMBERS = """
select distinct id_number from person_rows where length(id_number) = 18 and not contains(id_number, '*')
union select distinct phone from (select unnest(phones) as phone from person_rows)
where regexp_full_match(phone, '1[0-9]{10}')
"""
_JUDGED_RECORDS = """
select k.person_key, p.source, coalesce(n.clean, '')
from judged_pairs j join person_keys k on k.person_id = j.right_id join person_rows p on p.row_key = j.left_id
left join clean_numbers n on n.text = p.record_id
"""


def publish(con: duckdb.DuckDBPyConnection, run: RunContext) -> CountValues:
    """Publish the workspace's `ledger`, `review` and `coverage`; counts of rows and changes, and the version's name.

    Raises InputError when the ledger moved further than the policy allows, or lost a column. Publishing the same run
    twice is once.
    """
    finish_erasure(run.home, run.key)
    with opened_store(run.home, run.settings.store_url) as store:
        current = current_version(run.home, run.key)
        if current and _published_already(con, run, current):
            store.settle(current.version)
            _replace_copy(run, current)
            return _counts(current.index)
        check_not_behind(current.version if current else None, store)
        store.settle(current.version if current else None)
        discard_unfinished(run.home, current, store)
        draft = _draft(con, run, store, current)
        index = make_index(run, draft, current, store.audit_head())
        store.write_pending(_version_rows(con, run, draft.version))
        put_in_place(run, draft, index)
        store.confirm(draft.version)
        store.forget_older_registers(draft.version)
        why = f"{draft.version} {index['files']['ledger.parquet']['sha256'][:16]}"
        store.audit(run.key, run.started_at, "sanzhao", "publish", why=why)
    prune(run.home, run.key, run.policy.retention, run.started_at, store_url=run.settings.store_url)
    return _counts(index)


def _published_already(con: duckdb.DuckDBPyConnection, run: RunContext, current: Published) -> bool:
    """Whether this run put this very ledger in place before it was cut off."""
    if current.index["run_id"] != run.run_id:
        return False
    data = parquet_bytes(relation(con, "ledger"), "ledger", run.as_of)
    return bool(sha256(data) == current.index["files"]["ledger.parquet"]["sha256"])


def _draft(
    con: duckdb.DuckDBPyConnection, run: RunContext, store: Store, current: Published | None
) -> UnpublishedVersion:
    tables = {name: relation(con, name) for name in ("ledger", "review", "coverage", "units_published")}
    tables["units"] = tables.pop("units_published")
    previous = current.table("ledger") if current else ledger_schema().empty_table()
    put(con, "previous_ledger", previous)
    put(con, "ledger_new", tables["ledger"])
    check_size(con, run, store)
    check_columns(con, run)
    night = _night(con, run, store, current)
    tables["changes"] = build_changes(con, night)
    prove_changes(previous, tables["changes"], tables["ledger"], (night.previous_as_of, run.as_of))
    _check_books(tables["ledger"], tables["coverage"])
    events = con.execute("select old_key, new_key, event from key_events order by all").fetchall()
    tokens = con.execute("select old_token, new_token from moved_tokens order by all").fetchall()
    tonight = [(old, new, what, run.as_of) for old, new, what in events]
    tables["aliases"] = aliases_table(store, tonight, moved_tokens(current, tokens, run.as_of))
    check_published(tables, _numbers_of_tonight(con))
    draft = make_draft(run, tables, current.version if current else None)
    keep_changes(con, draft.tables["changes"])
    return draft


def _numbers_of_tonight(con: duckdb.DuckDBPyConnection) -> set[str]:
    """IDs and telephones of everybody in tonight's files."""
    return {number for (number,) in con.execute(_NUMBERS).fetchall()}


def _check_books(ledger: pa.Table, coverage: pa.Table) -> None:
    """Raise TableError unless the three books add up to each other and to the ledger, and coverage to its district."""
    found = [*disagreements(views_of(ledger), ledger.num_rows), *disagreeing(reconciled(ledger, coverage))]
    if found:
        raise TableError(
            "三本台账对不上", where="ledger", rule=Rule.BOOKS, count=len(found), examples=tuple(found[:3]),
            action="本次不发布；请把运行日志交给开发者",
        )  # fmt: skip


def _night(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store, current: Published | None) -> NightChanges:
    index = current.index if current else None
    was = current.as_of if current else None
    put_rows(con, "night", {"previous_as_of": pa.date32(), "as_of": pa.date32()}, [(was, run.as_of)])
    review = con.execute("select distinct member_no from review where member_no is not null").fetchall()
    incomplete = con.execute("select source from carried_sources").fetchall()
    waiting = con.execute("select distinct source, record_id from review where record_id is not null").fetchall()
    leavers = con.execute("select person_key, row_here, registry_here, denied from leavers order by 1").fetchall()
    news = con.execute("select person_key, flatten(list(news)) from reopened group by 1 order by 1").fetchall()
    return NightChanges(
        as_of=run.as_of,
        previous_as_of=was,
        policy_changed=index is not None and index["policy_version"] != run.policy.version,
        model_changed=index is not None and index["model_version"] != model_of(run.settings).version,
        incomplete=frozenset(one for (one,) in incomplete),
        increments=frozenset(name for name, contract in run.contracts.items() if contract.snapshot == "increment"),
        in_review=frozenset(one for (one,) in review),
        rows_here=frozenset(key for key, here, _, _ in leavers if here),
        registry_here=frozenset(key for key, _, here, _ in leavers if here),
        denied=frozenset(key for key, _, _, denied in leavers if denied),
        erased=frozenset(one for (one,) in con.execute("select person_key from erased_persons").fetchall()),
        objecting=frozenset(one for (one,) in con.execute("select person_key from open_objections").fetchall()),
        judged=frozenset(con.execute(_JUDGED_RECORDS).fetchall()),
        rows_in_review=frozenset(waiting),
        novelty=novelty(con, run, store, was),
        keep_days=run.policy.leaving.keep_days,
        reopened={key: tuple(sorted(set(pieces))) for key, pieces in news},
        endings=_endings(con),
        clean=Redactor(run.key, frozenset()).numbers,
    )


def _endings(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[tuple[str, str], ...]]:
    """(code, cause) of the leads that ended tonight, per person."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for key, code, cause in con.execute(
        "select person_key, code, cause from leads_ended where cause <> 'ground_gone' order by all"
    ).fetchall():
        found[key] = (*found.get(key, ()), (code, cause))
    return found


def aliases_table(
    store: Store,
    tonight: Iterable[tuple[str, str, str, date]] = (),
    tokens: Iterable[tuple[str, str, str, date]] = (),
) -> pa.Table:
    """The newest event of each two keys, tonight's included, and tokens under changed keys.

    Erased persons' keys are named nowhere; their tokens left the version before with them.
    """
    erased = store.erased()
    schema = pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table("aliases").schema])
    events = sorted([*newest_events([*store.key_events(), *tonight]), *tokens])
    rows = [
        {"old_key": old, "new_key": new, "event": what, "on": on}
        for old, new, what, on in events
        if not {old, new} & erased
    ]
    table = pa.Table.from_pylist(rows, schema=schema)
    check_table(table, ledger_table("aliases"))
    return table


def _version_rows(con: duckdb.DuckDBPyConnection, run: RunContext, version: str) -> VersionRows:
    minted = con.execute("select person_key from key_minted order by 1").fetchall()
    evidence = con.execute("select token, kind, person_key from key_evidence order by 1").fetchall()
    events = con.execute("select old_key, new_key, event from key_events order by all").fetchall()
    registers = sealed_registers(con, run)
    return VersionRows(version, run.as_of, tuple(key for (key,) in minted), tuple(evidence), tuple(events), registers)


def _replace_copy(run: RunContext, current: Published) -> None:
    """After a crash between index and copy the copy is made good."""
    data = (current.folder / "ledger.parquet").read_bytes()
    if (run.home.ledger / "ledger.parquet").read_bytes() != data:
        write_private(run.home.ledger / "ledger.parquet", data)


def _counts(index: LedgerIndex) -> CountValues:
    return {"version": index["version"], **index["counts"]}


def record_failure(run: RunContext, error: BaseException) -> str:
    """Leave `H/ledger/failed/<version>/index.json` with the reason; returns that version's name."""
    version = f"{run.started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-fail"
    known = isinstance(error, SanzhaoError)
    body = {
        "version": version,
        "as_of": run.as_of.isoformat(),
        "run_id": run.run_id,
        "state": "failed",
        "reason": str(error) if known else f"程序错误：{type(error).__name__}",
        "rule": error.rule if isinstance(error, SanzhaoError) else None,
    }
    write_private(
        run.home.ledger / "failed" / version / "index.json", json.dumps(body, ensure_ascii=False, indent=1).encode()
    )
    return version

"""Publication: one version written aside, checked, renamed into place; the index, replaced last, is the commit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from flows.context import RunContext
from flows.home import sync_folder, write_private
from flows.ledger.publish.changes import Night, build_changes, keep_changes
from flows.ledger.publish.files import parquet_bytes, sha256, write_version
from flows.ledger.publish.read import Published, current_version, signature
from flows.ledger.publish.replay import ledger_schema, prove_changes
from flows.ledger.relations import relation
from flows.ledger.sql import put, put_rows
from flows.ledger.store import Store, VersionRows, opened_store
from flows.settings import model_of
from schemas.contracts import check_table, ledger_schema_version, ledger_table
from schemas.errors import InputError, SanzhaoError

_MEMBERS_TODAY = "select distinct clean from clean_numbers join stage_party_members on member_no = text"
_RECORDS_TODAY = "select distinct p.source, n.clean from person_rows p join clean_numbers n on n.text = p.record_id"

_JUDGED_RECORDS = """
select k.person_key, p.source, coalesce(n.clean, '')
from judged_pairs j join person_keys k on k.person_id = j.right_id join person_rows p on p.row_key = j.left_id
left join clean_numbers n on n.text = p.record_id
"""


@dataclass(frozen=True)
class Draft:
    """What will be published, table by table, and its bytes."""

    version: str
    tables: dict[str, pa.Table]
    files: dict[str, bytes]


def publish(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, Any]:
    """Publish the workspace's `ledger`, `review` and `coverage`; counts of rows and changes, and the version's name.

    Raises InputError when the ledger moved further than the policy allows. Publishing the same run twice is once.
    """
    with opened_store(run.home, run.settings.store_url) as store:
        current = current_version(run.home, run.key)
        if current and _published_already(con, run, current):
            store.settle(current.version)
            _replace_copy(run, current)
            return _counts(current.index)
        store.settle(current.version if current else None)
        draft = _draft(con, run, store, current)
        index = _index(run, draft, current, store.audit_head())
        store.write_pending(_version_rows(con, run, draft.version))
        _put_in_place(run, draft, index)
        store.confirm(draft.version)
        why = f"{draft.version} {index['files']['ledger.parquet']['sha256'][:16]}"
        store.audit(run.key, run.started_at, "sanzhao", "publish", why=why)
    return _counts(index)


def _published_already(con: duckdb.DuckDBPyConnection, run: RunContext, current: Published) -> bool:
    """Whether this run put this very ledger in place before it was cut off."""
    if current.index["run_id"] != run.run_id:
        return False
    data = parquet_bytes(relation(con, "ledger"), "ledger", run.as_of)
    return bool(sha256(data) == current.index["files"]["ledger.parquet"]["sha256"])


def _draft(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store, current: Published | None) -> Draft:
    tables = {name: relation(con, name) for name in ("ledger", "review", "coverage")}
    previous = current.table("ledger") if current else ledger_schema().empty_table()
    _check_limits(run, previous.num_rows, tables["ledger"].num_rows, first=current is None)
    put(con, "previous_ledger", previous)
    put(con, "ledger_new", tables["ledger"])
    night = _night(con, run, store, current)
    tables["changes"] = build_changes(con, night)
    check_table(tables["changes"], ledger_table("changes"))
    keep_changes(con, tables["changes"])
    prove_changes(previous, tables["changes"], tables["ledger"], (night.previous_as_of, run.as_of))
    tables["aliases"] = _aliases(con, run, store)
    files = {f"{name}.parquet": parquet_bytes(table, name, run.as_of) for name, table in tables.items()}
    return Draft(_version_name(run, files, current), tables, files)


def _check_limits(run: RunContext, before: int, now: int, *, first: bool) -> None:
    limits = run.policy.limits
    if first or before < limits.compare_from_rows:
        return
    if before * (1 - limits.shrink_share) <= now <= before * (1 + limits.grow_share):
        return
    word = "减少" if now < before else "增加"
    raise InputError(
        f"一本账由{before}人{word}到{now}人，超出规则允许的幅度，本次未发布",
        where="ledger",
        rule="ledger_shrink" if now < before else "ledger_grow",
        count=abs(now - before),
        action="核对各来源文件是否完整；确认无误后在规则文件 [limits] 放宽幅度，再运行一次",
    )


def _night(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store, current: Published | None) -> Night:
    index = current.index if current else {}
    was = datetime.fromisoformat(index["as_of"]).date() if current else None
    put_rows(con, "night", {"previous_as_of": pa.date32(), "as_of": pa.date32()}, [(was, run.as_of)])
    members = con.execute(_MEMBERS_TODAY).fetchall()
    records = con.execute(_RECORDS_TODAY).fetchall()
    review = con.execute("select distinct member_no from review where member_no is not null").fetchall()
    incomplete = con.execute("select source from sources_incomplete").fetchall()
    leavers = con.execute("select person_key, row_here, denied from leavers order by 1").fetchall()
    news = con.execute("select person_key, flatten(list(news)) from reopened group by 1 order by 1").fetchall()
    return Night(
        as_of=run.as_of,
        previous_as_of=was,
        policy_changed=bool(current) and index["policy_version"] != run.policy.version,
        model_changed=bool(current) and index["model_version"] != model_of(run.settings).version,
        incomplete=frozenset(one for (one,) in incomplete),
        increments=frozenset(name for name, contract in run.contracts.items() if contract.snapshot == "increment"),
        members_today=frozenset(one for (one,) in members),
        records_today=frozenset(records),
        in_review=frozenset(one for (one,) in review),
        rows_here=frozenset(key for key, here, _ in leavers if here),
        denied=frozenset(key for key, _, denied in leavers if denied),
        erased=frozenset(one for (one,) in con.execute("select person_key from erased_persons").fetchall()),
        judged=frozenset(con.execute(_JUDGED_RECORDS).fetchall()),
        reopened={key: tuple(sorted(set(pieces))) for key, pieces in news},
    )


def _aliases(con: duckdb.DuckDBPyConnection, run: RunContext, store: Store) -> pa.Table:
    """All key events so far and tonight's, the first of each pair."""
    tonight = con.execute("select old_key, new_key, event from key_events order by all").fetchall()
    events = {(old, new): (what, on) for old, new, what in tonight for on in (run.as_of,)}
    events |= {(old, new): (what, on) for old, new, what, on in store.key_events()}
    schema = pa.schema([field.remove_metadata().with_nullable(True) for field in ledger_table("aliases").schema])
    rows = [
        {"old_key": old, "new_key": new, "event": what, "on": on} for (old, new), (what, on) in sorted(events.items())
    ]
    table = pa.Table.from_pylist(rows, schema=schema)
    check_table(table, ledger_table("aliases"))
    return table


def _version_name(run: RunContext, files: dict[str, bytes], current: Published | None) -> str:
    """Start time and four digits of the content; always after the version before."""
    moment = run.started_at.astimezone(UTC)
    if current:
        last = datetime.strptime(current.version.split("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        moment = max(moment, last + timedelta(seconds=1))
    content = sha256(b"".join(files[name] for name in sorted(files)))
    return f"{moment:%Y%m%dT%H%M%SZ}-{content[:4]}"


def _version_rows(con: duckdb.DuckDBPyConnection, run: RunContext, version: str) -> VersionRows:
    minted = con.execute("select person_key from key_minted order by 1").fetchall()
    evidence = con.execute("select token, kind, person_key from key_evidence order by 1").fetchall()
    events = con.execute("select old_key, new_key, event from key_events order by all").fetchall()
    return VersionRows(version, run.as_of, tuple(key for (key,) in minted), tuple(evidence), tuple(events))


def _index(run: RunContext, draft: Draft, current: Published | None, audit_head: str) -> dict[str, Any]:
    files = {
        name: {"rows": draft.tables[name.removesuffix(".parquet")].num_rows, "bytes": len(data), "sha256": sha256(data)}
        for name, data in sorted(draft.files.items())
    }
    delta = {
        "version": draft.version,
        "previous": current.version if current else None,
        "as_of": run.as_of.isoformat(),
        "rows": files["changes.parquet"]["rows"],
        "changes_sha256": files["changes.parquet"]["sha256"],
        "ledger_sha256": files["ledger.parquet"]["sha256"],
    }
    deltas = [*(current.index["deltas"] if current else []), delta][-run.policy.limits.delta_history :]
    index = {
        "schema_version": ledger_schema_version(),
        "version": draft.version,
        "previous": delta["previous"],
        "as_of": run.as_of.isoformat(),
        "run_id": run.run_id,
        "model_version": model_of(run.settings).version,
        "policy_version": run.policy.version,
        "counts": _content_counts(draft.tables),
        "files": files,
        "deltas": deltas,
        "audit_head": audit_head,
        "key_id": run.key.key_id,
    }
    return {**index, "hmac": signature(run.key, index)}


def _content_counts(tables: dict[str, pa.Table]) -> dict[str, Any]:
    def tally(values: list[Any]) -> dict[str, int]:
        return {str(value): values.count(value) for value in sorted(set(values))}

    ledger, changes = tables["ledger"], tables["changes"]
    codes = [code for some in ledger["statuses"].to_pylist() for code in some]
    return {
        "persons": ledger.num_rows,
        "statuses": tally(codes),
        "match_classes": tally(ledger["match_class"].to_pylist()),
        "review": tables["review"].num_rows,
        "changes": tally(changes["change"].to_pylist()),
        "causes": tally([cause.split()[0] for cause in changes["cause"].to_pylist()]),
    }


def _put_in_place(run: RunContext, draft: Draft, index: dict[str, Any]) -> None:
    text = json.dumps(index, ensure_ascii=False, indent=1).encode()
    write_version(run.home.ledger / "versions" / draft.version, {**draft.files, "index.json": text})
    write_private(run.home.ledger / "ledger.parquet", draft.files["ledger.parquet"])
    write_private(run.home.ledger / "index.json", text)
    sync_folder(run.home.ledger)


def _replace_copy(run: RunContext, current: Published) -> None:
    """After a crash between index and copy the copy is made good."""
    data = (current.folder / "ledger.parquet").read_bytes()
    if (run.home.ledger / "ledger.parquet").read_bytes() != data:
        write_private(run.home.ledger / "ledger.parquet", data)


def _counts(index: dict[str, Any]) -> dict[str, Any]:
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

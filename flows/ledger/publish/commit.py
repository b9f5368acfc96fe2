"""One version put in place: named, indexed, signed, written aside, renamed; its index, replaced last, is the commit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from flows.home.folders import sync_folder, write_private
from flows.home.settings import model_of
from flows.ledger.publish.codes import code_table
from flows.ledger.publish.documents import documents_of
from flows.ledger.publish.files import parquet_bytes, sha256, write_version
from flows.ledger.publish.read import Published, kept_versions, signature
from flows.ledger.publish.retention import doomed_versions
from flows.run.context import RunContext
from schemas.contracts import check_table, ledger_schema_version, ledger_table
from schemas.ledger_index import DeltaMark, FileMark, IndexCounts, LedgerIndex


@dataclass(frozen=True)
class UnpublishedVersion:
    """What will be published, table by table, and its bytes."""

    version: str
    tables: dict[str, pa.Table]
    files: dict[str, bytes]
    documents: dict[str, bytes]
    """What stands beside the tables for their readers: contracts, code table, README."""
    restores: str = ""
    """The version that a rollback restores."""


def make_draft(
    run: RunContext, tables: dict[str, pa.Table], newest: str | None, restores: str = ""
) -> UnpublishedVersion:
    """The tables' bytes under the version's name, which is after the newest one there was.

    The name holds four digits of the content, so that it is known once everything else is; then the changes bear it.
    The codes are those of tonight's policy and model. Raises TableError unless all are in their contract.
    """
    codes = code_table(run.policy, model_of(run.settings))
    check_table(codes, ledger_table("codes"))
    tables = {**tables, "codes": codes}
    files = {f"{name}.parquet": parquet_bytes(table, name, run.as_of) for name, table in tables.items()}
    version = _version_name(run, files, newest)
    changes = _of_version(tables["changes"], version)
    check_table(changes, ledger_table("changes"))
    files["changes.parquet"] = parquet_bytes(changes, "changes", run.as_of)
    return UnpublishedVersion(version, {**tables, "changes": changes}, files, documents_of(run, codes), restores)


def _of_version(changes: pa.Table, version: str) -> pa.Table:
    at = changes.schema.get_field_index("version")
    named = pa.array([version] * changes.num_rows, pa.string())
    return changes.set_column(at, changes.schema.field(at), named)


def _version_name(run: RunContext, files: dict[str, bytes], newest: str | None) -> str:
    """Start time and four digits of the content; always after the version before."""
    moment = run.started_at.astimezone(UTC)
    if newest:
        last = datetime.strptime(newest.split("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        moment = max(moment, last + timedelta(seconds=1))
    content = sha256(b"".join(files[name] for name in sorted(files)))
    return f"{moment:%Y%m%dT%H%M%SZ}-{content[:4]}"


def make_index(run: RunContext, draft: UnpublishedVersion, current: Published | None, audit_head: str) -> LedgerIndex:
    """The signed index of a version: what it holds, where it comes from, the deltas up to it."""
    files: dict[str, FileMark] = {
        name: {"rows": draft.tables[name.removesuffix(".parquet")].num_rows, "bytes": len(data), "sha256": sha256(data)}
        for name, data in sorted(draft.files.items())
    }
    delta: DeltaMark = {
        "version": draft.version,
        "previous": current.version if current else None,
        "as_of": run.as_of.isoformat(),
        "rows": files["changes.parquet"]["rows"],
        "changes_sha256": files["changes.parquet"]["sha256"],
        "ledger_sha256": files["ledger.parquet"]["sha256"],
    }
    deltas = [*(current.index["deltas"] if current else []), delta][-run.policy.limits.delta_history :]
    index: LedgerIndex = {
        "schema_version": ledger_schema_version(),
        "version": draft.version,
        "previous": delta["previous"],
        "as_of": run.as_of.isoformat(),
        "run_id": run.run_id,
        "model_version": model_of(run.settings).version,
        "policy_version": run.policy.version,
        "counts": _content_counts(draft.tables),
        "files": files,
        "documents": {
            name: {"bytes": len(data), "sha256": sha256(data)} for name, data in sorted(draft.documents.items())
        },
        "deltas": deltas,
        "kept": _kept(run, draft, len(deltas)),
        "audit_head": audit_head,
        "key_id": run.key.key_id,
    }
    if run.forced:
        index["date_forced"] = run.forced
    if draft.restores:
        index["restores"] = draft.restores
    return {**index, "hmac": signature(run.key, index)}


def _kept(run: RunContext, draft: UnpublishedVersion, deltas: int) -> list[str]:
    """The versions that stay beside this one, however far back: one missing later is missed."""
    versions = [*kept_versions(run.home), draft.version]
    doomed = set(doomed_versions(versions, run.policy.retention, deltas))
    return [version for version in versions if version not in doomed]


def _content_counts(tables: dict[str, pa.Table]) -> IndexCounts:
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
        "causes": tally(changes["cause"].to_pylist()),
    }


def put_in_place(run: RunContext, draft: UnpublishedVersion, index: LedgerIndex) -> None:
    """The version folder first, then the copy of its ledger, last the index: until then the old version stands."""
    text = json.dumps(index, ensure_ascii=False, indent=1).encode()
    write_version(run.home.ledger / "versions" / draft.version, {**draft.files, **draft.documents, "index.json": text})
    write_private(run.home.ledger / "ledger.parquet", draft.files["ledger.parquet"])
    write_private(run.home.ledger / "index.json", text)
    sync_folder(run.home.ledger)

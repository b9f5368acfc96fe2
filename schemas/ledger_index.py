"""`ledger/index.json` and each version's own: what a published version holds, as it is signed and read back."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class FileMark(TypedDict):
    """One published table: its rows, bytes and SHA-256."""

    rows: int
    bytes: int
    sha256: str


class DocumentMark(TypedDict):
    """One document beside the tables."""

    bytes: int
    sha256: str


class DeltaMark(TypedDict):
    """One version's changes against the one before, and the ledger they lead to."""

    version: str
    previous: str | None
    as_of: str
    rows: int
    changes_sha256: str
    ledger_sha256: str


class ErasureMark(TypedDict):
    """When a person was taken out of the version, and how many rows that were."""

    on: str
    rows: int


class IndexCounts(TypedDict):
    """What a version counts; tallies by code."""

    persons: int
    statuses: dict[str, int]
    match_classes: dict[str, int]
    review: int
    changes: dict[str, int]
    causes: dict[str, int]


class LedgerIndex(TypedDict):
    """One version. `hmac` is over all the rest; a file from an older edition may lack what is not required."""

    schema_version: str
    version: str
    previous: str | None
    as_of: str
    run_id: str
    model_version: str
    policy_version: str
    counts: IndexCounts
    files: dict[str, FileMark]
    documents: NotRequired[dict[str, DocumentMark]]
    deltas: list[DeltaMark]
    kept: NotRequired[list[str]]
    audit_head: str
    key_id: str
    date_forced: NotRequired[str]
    restores: NotRequired[str]
    erasures: NotRequired[list[ErasureMark]]
    hmac: NotRequired[str]

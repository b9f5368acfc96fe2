"""Rows of the ledger as Python reads them: one entry per column of the contract in `schemas/ledger/ledger.toml`."""

from __future__ import annotations

from datetime import date
from typing import TypedDict


class EvidenceRow(TypedDict):
    """One row of a source on which a person's entry rests, and the night whose landing copy holds it."""

    source: str
    file: str
    sheet: str
    row: int
    record_id: str | None
    role: str
    match_class: str | None
    match_weight: float | None
    fields: list[str]
    landed_on: date | None


class LeadRow(TypedDict):
    """One lead of a person and its state."""

    code: str
    state: str
    checked_by: str | None
    checked_on: date | None
    opened_on: date | None
    closed_on: date | None
    cause: str | None


class LedgerRow(TypedDict):
    """One person of the ledger."""

    person_key: str
    member_no: str | None
    id_token: str | None
    name_masked: str
    sex: str | None
    birth_year: int | None
    ethnicity: str | None
    occupation_groups: list[str]
    platforms: list[str]
    units: list[str]
    work_street: str | None
    home_street: str | None
    member_type: str | None
    joined_on: date | None
    home_org_code: str | None
    home_org_name: str | None
    primary_status: str | None
    statuses: list[str]
    match_class: str
    match_weight: float | None
    match_probability: float | None
    match_reason: str
    flags: list[str]
    evidence: list[EvidenceRow]
    leads: list[LeadRow]
    lead_state: str | None
    objection: bool
    host_org_code: str | None
    host_org_name: str | None
    host_rule: str | None
    first_seen: date
    last_seen: date
    changed_on: date


class IndexedRow(LedgerRow):
    """One person as the workbench finds them: with their streets, and the words they are found by."""

    streets: list[str]
    words: str


class ExplainedPair(TypedDict):
    """One pair that was linked or waits, as the night explains it beside its landing copies."""

    source: str
    file: str
    sheet: str | None
    row: int
    member_no: str | None
    decision: str
    match_class: str | None
    rule: str
    reason: str
    blocking_rules: list[str]
    levels: dict[str, str]
    bits: dict[str, float | None]
    match_weight: float
    match_probability: float


class AliasRow(TypedDict):
    """One key that another took over."""

    old_key: str
    new_key: str
    event: str
    on: date


class PublishedPerson(TypedDict):
    """One person's row of a version, and the keys it was known by before."""

    version: str
    as_of: str
    row: LedgerRow
    aliases: list[AliasRow]

"""Tables of the state store: what outlives a run besides the ledger itself.

No personal data: people appear as person keys, evidence as keyed tokens. Rows that belong to a ledger version count
only once that version is published (`versions.state`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the state store."""


class Version(Base):
    """One row per ledger version written to the store: `pending` until its index is in place, then `published`."""

    __tablename__ = "versions"
    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))


class Identity(Base):
    """One row per person key ever minted."""

    __tablename__ = "identities"
    person_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    minted_on: Mapped[date] = mapped_column(Date)
    version: Mapped[str] = mapped_column(ForeignKey("versions.version"), index=True)


class Evidence(Base):
    """One row per evidence token: the person key it leads to."""

    __tablename__ = "evidence"
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    person_key: Mapped[str] = mapped_column(String(40), index=True)
    version: Mapped[str] = mapped_column(ForeignKey("versions.version"), index=True)


class KeyEvent(Base):
    """One row per merge or split of person keys; in the order of their ids, the newest of two keys holds."""

    __tablename__ = "key_events"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    old_key: Mapped[str] = mapped_column(String(40))
    new_key: Mapped[str] = mapped_column(String(40))
    event: Mapped[str] = mapped_column(String(12))
    on: Mapped[date] = mapped_column("happened_on", Date)
    version: Mapped[str] = mapped_column(ForeignKey("versions.version"), index=True)


class Register(Base):
    """One row per register of organisations that came whole, its rows sealed; of published versions only the newest."""

    __tablename__ = "registers"
    version: Mapped[str] = mapped_column(ForeignKey("versions.version"), primary_key=True)
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class LeadEvent(Base):
    """One row per move of a lead; appended only, the newest holds."""

    __tablename__ = "lead_events"
    __table_args__ = (Index("lead_events_of_person", "person_key", "code"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_key: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(4))
    state: Mapped[str] = mapped_column(String(12))
    checked_by: Mapped[str] = mapped_column(String(80))
    checked_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)
    basis: Mapped[list[str] | None] = mapped_column(JSON)
    """Evidence the checker saw, as `role|source|record_id`."""
    org_code: Mapped[str | None] = mapped_column(String(40))
    org_name: Mapped[str | None] = mapped_column(Text)
    """The organisation of the register that took the person in, where the move says so."""
    remark: Mapped[str | None] = mapped_column(Text)
    """What was written to the answer, without numbers of persons."""


class TaskIssue(Base):
    """One row per lead put to a street: since when it lies there, and until when it is to be answered."""

    __tablename__ = "task_issues"
    person_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    issued_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)


class JudgementRow(Base):
    """One row per judgement on a pair of records; appended only, the newest holds.

    A pair is named by the keyed tokens of its records, or by the pair id of `review.parquet`, made from them.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        Index("judgements_of_pair", "left_token", "right_token"),
        Index("judgements_of_pair_id", "pair_id"),
    )
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    left_token: Mapped[str] = mapped_column(String(64))
    right_token: Mapped[str] = mapped_column(String(64))
    judgement: Mapped[str] = mapped_column(String(12))
    judged_by: Mapped[str] = mapped_column(String(80))
    judged_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)
    pair_id: Mapped[str | None] = mapped_column(String(64))
    basis: Mapped[dict[str, str] | None] = mapped_column(JSON)
    """Level names the judge saw."""


class UnitJudgement(Base):
    """One row per word of a person on two spellings of units: appended only, the newest holds.

    A spelling is named by its keyed token: a self-employed person's shop bears their name.
    """

    __tablename__ = "unit_judgements"
    __table_args__ = (Index("unit_judgements_of_pair", "left_token", "right_token"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    left_token: Mapped[str] = mapped_column(String(64))
    right_token: Mapped[str] = mapped_column(String(64))
    judgement: Mapped[str] = mapped_column(String(12))
    """`link`: one unit; `not_link`: two; `unsure`: asked no more."""
    judged_by: Mapped[str] = mapped_column(String(80))
    judged_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str | None] = mapped_column(Text)


class RemitJudgement(Base):
    """One row per word of a person on whom an organisation takes in: appended only, the newest holds.

    `remit`: `street`, `community`, `trade` (of `trade_group`), `closed` (its own alone), `unsure` (asked no more).
    """

    __tablename__ = "remit_judgements"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    token: Mapped[str] = mapped_column(String(64), index=True)
    remit: Mapped[str] = mapped_column(String(12))
    trade_group: Mapped[str | None] = mapped_column(String(40))
    judged_by: Mapped[str] = mapped_column(String(80))
    judged_on: Mapped[date] = mapped_column(Date)


class Objection(Base):
    """One row per objection (异议) of a person against their row; open until answered."""

    __tablename__ = "objections"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    person_key: Mapped[str] = mapped_column(String(40), index=True)
    raised_on: Mapped[date] = mapped_column(Date)
    raised_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(Text)
    answered_on: Mapped[date | None] = mapped_column(Date)
    answer: Mapped[str | None] = mapped_column(Text)


class Erasure(Base):
    """One row per person erased from all kept versions and kept out of later ones."""

    __tablename__ = "erasures"
    person_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    erased_on: Mapped[date] = mapped_column(Date)
    erased_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)


class Run(Base):
    """One row per run: how it ended and what it counted."""

    __tablename__ = "runs"
    run_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[str | None] = mapped_column(String(40))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    message: Mapped[str | None] = mapped_column(Text)


class SourceNight(Base):
    """One row per source and published run: what came, for the next night to compare with; no personal data.

    `keys` holds keyed tokens of record numbers and of whom they stood for, of the newest night of each source only.
    """

    __tablename__ = "source_nights"
    __table_args__ = (UniqueConstraint("source", "run_id"), Index("source_nights_by_date", "source", "as_of"))
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source: Mapped[str] = mapped_column(String(80))
    run_id: Mapped[str] = mapped_column(String(60))
    as_of: Mapped[date] = mapped_column(Date)
    quality: Mapped[dict[str, Any]] = mapped_column(JSON)
    keys: Mapped[bytes | None] = mapped_column(LargeBinary)


class NoticeSent(Base):
    """One row per ending of a night and channel: whether it was told; no personal data.

    `about` is a run id, or `missed <due time>`.
    """

    __tablename__ = "notices"
    about: Mapped[str] = mapped_column(String(80), primary_key=True)
    ending: Mapped[str] = mapped_column(String(12), primary_key=True)
    channel: Mapped[str] = mapped_column(String(12), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer)
    tried_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class AuditEntry(Base):
    """One row per audited act; each row's HMAC covers the one before, so that a cut or an edit shows."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(40))
    person_key: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str | None] = mapped_column(Text)
    ok: Mapped[bool] = mapped_column(Boolean, default=True)
    previous: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))

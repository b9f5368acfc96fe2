"""Tables of the review workbench in the state store: who may log in, who is logged in, where each left off."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from schemas.store import Base


class Account(Base):
    """One row per account of the workbench; never deleted, so that the audit log keeps its names."""

    __tablename__ = "accounts"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    streets: Mapped[list[str]] = mapped_column(JSON)
    """Streets the account sees; empty for the whole district."""
    password: Mapped[str] = mapped_column(String(200))
    """Argon2id in PHC form."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(String(80))


class LoginFailure(Base):
    """One row per name under which a log-in failed of late, whether there is such an account or not."""

    __tablename__ = "login_failures"
    name_token: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    closed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class WorkSession(Base):
    """One row per log-in; the browser holds the secret, the store only its keyed token."""

    __tablename__ = "work_sessions"
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.name"), index=True)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class WorkPlace(Base):
    """One row per account: the pair where it left off, its filter and options, and a note not yet sent."""

    __tablename__ = "work_places"
    account: Mapped[str] = mapped_column(ForeignKey("accounts.name"), primary_key=True)
    pair_id: Mapped[str | None] = mapped_column(String(64))
    filters: Mapped[dict[str, Any]] = mapped_column(JSON)
    hide_score: Mapped[bool] = mapped_column(Boolean, default=False)
    draft: Mapped[str | None] = mapped_column(Text)


class RuleAnswer(Base):
    """One row per street's answer and rule that had linked the person's rows: whether it was the person.

    `event_id` is the answer's in `lead_events`; the rule is empty where the night's explanation was gone.
    """

    __tablename__ = "rule_answers"
    event_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    rule: Mapped[str] = mapped_column(String(80), primary_key=True)
    confirmed: Mapped[bool] = mapped_column(Boolean)


class KnownReading(Base):
    """One row per word of a reviewer on a pair whose answer was known beforehand; no night reads it."""

    __tablename__ = "known_readings"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pair_id: Mapped[str] = mapped_column(String(64))
    same: Mapped[bool] = mapped_column(Boolean)
    verdict: Mapped[str] = mapped_column(String(12))
    """`link`, `not_link`, `unsure`, or `withdrawn`: the reader's word before it is taken back."""
    read_by: Mapped[str] = mapped_column(String(80))
    read_on: Mapped[date] = mapped_column(Date)

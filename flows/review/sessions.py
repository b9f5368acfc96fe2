"""Who is logged in: a secret in the browser, its keyed token in the store; a new one at every log-in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from flows.home.keys import DistrictKey
from flows.review.clock import aware
from reports.workbench.access import Role, SignedInAccount
from schemas import store_workbench as tables

_NOTE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class SessionLimits:
    """How long a log-in lasts: without any act, and in all."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=10)


class Sessions:
    """The log-ins of one state store."""

    def __init__(self, engine: Engine, key: DistrictKey, limits: SessionLimits, place: str = "") -> None:
        """`place`: where the workbench listens. Browsers send a cookie to every port of a host; it serves only here."""
        self._engine, self._key, self._limits, self._place = engine, key, limits, place

    def open(self, account: SignedInAccount, at: datetime) -> str:
        """A new log-in; gives the secret for the browser. Log-ins past their time are swept out."""
        secret = secrets.token_urlsafe(32)
        values = {"token": self._token(secret), "account": account.name, "started_at": at, "seen_at": at}
        with Session(self._engine) as session, session.begin():
            stale = tables.WorkSession.seen_at < at - self._limits.whole
            session.execute(delete(tables.WorkSession).where(stale))
            session.add(tables.WorkSession(**values))
        return secret

    def account(self, secret: str, at: datetime, *, act: bool = True) -> SignedInAccount | None:
        """The account logged in under a secret; `act` says that a person did something, which keeps it open."""
        with Session(self._engine) as session, session.begin():
            row = session.get(tables.WorkSession, self._token(secret)) if secret else None
            if row is None:
                return None
            seen, started = aware(row.seen_at), aware(row.started_at)
            owner = session.get(tables.Account, row.account)
            if at - seen > self._limits.idle or at - started > self._limits.whole or not (owner and owner.active):
                session.delete(row)
                return None
            if act and at - seen > _NOTE_AFTER:
                row.seen_at = at
            return SignedInAccount(owner.name, Role(owner.role), frozenset(owner.streets), owner.active)

    def close(self, secret: str) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(delete(tables.WorkSession).where(tables.WorkSession.token == self._token(secret)))

    def form_token(self, secret: str) -> str:
        """What a form of this log-in must bring along, so that no other site can send it."""
        return self._key.token("work form", secret)

    def _token(self, secret: str) -> str:
        return self._key.token("work session", f"{self._place}|{secret}")

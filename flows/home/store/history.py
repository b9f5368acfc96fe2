"""Runs and audited acts: what was done, by whom, each act chained to the one before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.database import AUDITING, serialised
from flows.home.keys import DistrictKey
from flows.home.store.chain import ROTATED, Head, chain_problems, entry_mac, note_head
from flows.home.store.opened import Opened
from schemas.errors import HomeError
from schemas.rules import Rule
from schemas.store import AuditEntry


class History(Opened):
    """The run history and the audit log."""

    def audit(self, key: DistrictKey, at: datetime, who: str, what: str, **about: str | None) -> str:
        """Append an audited act; returns the new head of the chain. Raises HomeError when the key was changed since."""
        with Session(self.engine) as session, session.begin():
            serialised(session.connection(), AUDITING)
            _check_current(session, key)
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).first()
            entry = AuditEntry(
                seq=(last.seq if last else 0) + 1,
                at=at.isoformat(timespec="seconds"),
                who=who,
                what=what,
                person_key=about.get("person_key"),
                why=about.get("why"),
                ok=True,
                previous=last.mac if last else "",
            )
            entry.mac = entry_mac(key, entry)
            session.add(entry)
            head = Head(entry.seq, entry.mac)
        note_head(self.audit_note, head)
        return head.mac

    def audit_head(self) -> str:
        """The newest HMAC of the audit chain; empty before the first act."""
        with Session(self.engine) as session:
            return session.scalars(select(AuditEntry.mac).order_by(AuditEntry.seq.desc()).limit(1)).first() or ""

    def audit_problems(self, key: DistrictKey) -> list[str]:
        """What is wrong with the audit chain itself, in Chinese; empty when it holds. See also
        `flows.ledger.audit_log`.
        """
        with Session(self.engine) as session:
            return chain_problems(key, session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))

    def audit_macs(self) -> dict[str, int]:
        """Place per HMAC of the chain."""
        with Session(self.engine) as session:
            return dict(session.execute(select(AuditEntry.mac, AuditEntry.seq)).tuples().all())

    def acts(
        self, *, person_keys: Collection[str] = (), who: str = "", what: str = "", limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Audited acts, the newest first: those about the persons, by the person, of the kind asked for."""
        query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
        if person_keys:
            query = query.where(AuditEntry.person_key.in_(sorted(person_keys)))
        for column, wanted in ((AuditEntry.who, who), (AuditEntry.what, what)):
            if wanted:
                query = query.where(column == wanted)
        names = ("seq", "at", "who", "what", "person_key", "why")
        with Session(self.engine) as session:
            return [{name: getattr(entry, name) for name in names} for entry in session.scalars(query)]


def _check_current(session: Session, key: DistrictKey) -> None:
    """A process that was started before the keys were changed must not go on with the old one."""
    query = select(AuditEntry.why).where(AuditEntry.what == ROTATED).order_by(AuditEntry.seq.desc()).limit(1)
    said = session.scalars(query).first()
    if said is not None and key.by_id(said.split()[-1]) is None:
        raise HomeError(
            "区级密钥已更换，这个进程还拿着旧的", rule=Rule.KEY_STALE, action="重新启动 sanzhao serve 或 sanzhao review"
        )

"""Runs and audited acts: what was done, by whom, each act chained to the one before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.database import AUDITING, serialised
from flows.keys import DistrictKey
from flows.ledger.store.opened import Opened
from schemas.store import AuditEntry, Run


class History(Opened):
    """The run history and the audit log."""

    def save_run(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Insert or update the row of a run: as_of, started_at, state, version, counts, message."""
        with Session(self.engine) as session, session.begin():
            known = session.get(Run, run_id)
            if known is None:
                session.add(Run(run_id=run_id, **{"counts": {}, "state": "running", **values}))
                return
            for name, value in values.items():
                setattr(known, name, value)

    def runs(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs first."""
        with Session(self.engine) as session:
            rows = session.scalars(select(Run).order_by(Run.started_at.desc(), Run.run_id.desc()).limit(limit))
            names = [column.name for column in Run.__table__.columns]
            return [{name: getattr(row, name) for name in names} for row in rows]

    def audit(self, key: DistrictKey, at: datetime, who: str, what: str, **about: str | None) -> str:
        """Append an audited act; returns the new head of the chain."""
        with Session(self.engine) as session, session.begin():
            serialised(session.connection(), AUDITING)
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
            entry.mac = _mac(key, entry)
            session.add(entry)
            return entry.mac

    def audit_head(self) -> str:
        """The newest HMAC of the audit chain; empty before the first act."""
        with Session(self.engine) as session:
            return session.scalars(select(AuditEntry.mac).order_by(AuditEntry.seq.desc()).limit(1)).first() or ""

    def audit_problems(self, key: DistrictKey) -> list[str]:
        """What is wrong with the audit chain, in Chinese; empty when it holds."""
        problems, previous, seq = [], "", 0
        with Session(self.engine) as session:
            for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
                seq += 1
                if entry.seq != seq or entry.previous != previous or entry.mac != _mac(key, entry):
                    problems.append(f"审计日志第{entry.seq}条：链条断开，有删除、改动或调换")
                    seq = entry.seq
                previous = entry.mac
        return problems


def _mac(key: DistrictKey, entry: AuditEntry) -> str:
    parts = [entry.seq, entry.at, entry.who, entry.what, entry.person_key, entry.why, entry.previous]
    return key.sign("audit", json.dumps(parts, ensure_ascii=False).encode())

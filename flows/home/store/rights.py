"""What a person may ask of the district: objections (异议) and erasure."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened
from schemas.store import Erasure, LeadEvent, Objection

_WORDS: dict[Any, tuple[str, ...]] = {LeadEvent: ("note", "remark"), Objection: ("reason",)}


class Rights(Opened):
    """Objections, open until answered, and erasures."""

    def open_objections(self) -> set[str]:
        """Person keys under 异议."""
        with Session(self.engine) as session:
            return set(session.scalars(select(Objection.person_key).where(Objection.answered_on.is_(None))))

    def raise_objection(self, person_key: str, on: date, by: str, reason: str | None = None) -> None:
        with Session(self.engine) as session, session.begin():
            session.add(Objection(person_key=person_key, raised_on=on, raised_by=by, reason=reason))

    def answer_objections(self, person_key: str, on: date, answer: str) -> None:
        with Session(self.engine) as session, session.begin():
            mine = (Objection.person_key == person_key) & Objection.answered_on.is_(None)
            session.execute(update(Objection).where(mine).values(answered_on=on, answer=answer))

    def erase(self, person_key: str, on: date, by: str, reason: str) -> None:
        """Note that a person is erased; their tokens stay, so that later runs know whom to leave out."""
        with Session(self.engine) as session, session.begin():
            if session.get(Erasure, person_key) is None:
                session.add(Erasure(person_key=person_key, erased_on=on, erased_by=by, reason=reason))
            for table in (LeadEvent, Objection):
                forgotten = dict.fromkeys(_WORDS[table])
                session.execute(update(table).where(table.person_key == person_key).values(**forgotten))

    def erased(self) -> set[str]:
        """Person keys that must not be published."""
        with Session(self.engine) as session:
            return set(session.scalars(select(Erasure.person_key)))

"""Since when each lead lies with a street unanswered, and until when it is to be answered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened
from schemas.store import LeadEvent, TaskIssue

LeadName = tuple[str, str]
"""Person key and code."""


@dataclass(frozen=True)
class Term:
    """One lead's time with a street."""

    issued_on: date
    due_on: date


class TaskIssues(Opened):
    """The time of every lead that was put to a street and not answered since."""

    def issue_tasks(self, leads: Collection[LeadName], on: date, due: date) -> dict[LeadName, Term]:
        """Note that these leads are put to streets; one that lies there unanswered keeps its first day and its term."""
        with Session(self.engine) as session, session.begin():
            newest_words = _newest_words(session, {person for person, _ in leads})
            result: dict[LeadName, Term] = {}
            for person, code in leads:
                row = session.get(TaskIssue, (person, code))
                word = newest_words.get((person, code))
                if row is None or (word is not None and word >= row.issued_on):
                    row = session.merge(TaskIssue(person_key=person, code=code, issued_on=on, due_on=due))
                result[person, code] = Term(row.issued_on, row.due_on)
        return result

    def open_terms(self) -> dict[LeadName, Term]:
        """The term of every lead put to a street and not answered since, whether it is open in the ledger or not."""
        with Session(self.engine) as session:
            rows = list(session.scalars(select(TaskIssue).order_by(TaskIssue.person_key, TaskIssue.code)))
            newest_words = _newest_words(session, {row.person_key for row in rows})
            return {
                (row.person_key, row.code): Term(row.issued_on, row.due_on)
                for row in rows
                if (word := newest_words.get((row.person_key, row.code))) is None or word < row.issued_on
            }


def _newest_words(session: Session, persons: Iterable[str]) -> dict[LeadName, date]:
    """The day of the newest word on each lead of these persons."""
    wanted = set(persons)
    query = select(LeadEvent.person_key, LeadEvent.code, func.max(LeadEvent.checked_on))
    rows = session.execute(query.group_by(LeadEvent.person_key, LeadEvent.code))
    return {(person, code): on for person, code, on in rows if person in wanted}

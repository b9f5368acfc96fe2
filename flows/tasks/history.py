"""What was said of leads before: every event of one lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.store import Store
from schemas.policy import Leads
from schemas.store import LeadEvent


@dataclass(frozen=True)
class Earlier:
    """One event of a lead; `answer` is null where it was no street's answer."""

    state: str
    answer: str | None
    by: str
    on: date
    host: str | None = None
    """Who took the person in, where the event says so."""


def earlier_answers(store: Store, rules: Leads, lead: tuple[str, str]) -> list[Earlier]:
    """All events of a lead, oldest first."""
    person, code = lead
    query = select(LeadEvent).where(LeadEvent.person_key == person, LeadEvent.code == code).order_by(LeadEvent.id)
    with Session(store.engine) as session:
        return [
            Earlier(
                row.state, row.note if row.note in rules.answers else None, row.checked_by, row.checked_on, row.org_name
            )
            for row in session.scalars(query)
        ]


def open_states(rules: Leads) -> set[str]:
    """States in which a lead may be put to a street."""
    done = {*rules.settled_states, rules.excluded_state, rules.objection_state, rules.closed_state}
    return set(rules.transitions) - done

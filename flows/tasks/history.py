"""What was said of leads before: every event of one lead, and which leads wait for an analyst."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.home.store import Store
from schemas.policy import Leads
from schemas.store import LeadEvent

TO_ANALYST = "情况不符"
"""A street's answer after which an analyst goes on, not the street."""


@dataclass(frozen=True)
class Earlier:
    """One event of a lead; `answer` is null where it was no street's answer."""

    state: str
    answer: str | None
    by: str
    on: date


def earlier_answers(store: Store, rules: Leads, lead: tuple[str, str]) -> list[Earlier]:
    """All events of a lead, oldest first."""
    person, code = lead
    query = select(LeadEvent).where(LeadEvent.person_key == person, LeadEvent.code == code).order_by(LeadEvent.id)
    with Session(store.engine) as session:
        return [
            Earlier(row.state, row.note if row.note in rules.answers else None, row.checked_by, row.checked_on)
            for row in session.scalars(query)
        ]


def with_analyst(store: Store) -> set[tuple[str, str]]:
    """Leads whose newest answer sent them to an analyst."""
    newest = select(func.max(LeadEvent.id)).group_by(LeadEvent.person_key, LeadEvent.code)
    query = select(LeadEvent.person_key, LeadEvent.code).where(LeadEvent.id.in_(newest), LeadEvent.note == TO_ANALYST)
    with Session(store.engine) as session:
        return {(person, code) for person, code in session.execute(query)}


def open_states(rules: Leads) -> set[str]:
    """States in which a lead may be put to a street."""
    done = {*rules.settled_states, rules.excluded_state, rules.objection_state, rules.closed_state}
    return set(rules.transitions) - done

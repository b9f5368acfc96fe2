"""Until when a street has to answer: days of the policy, from the day a lead was first put to it."""

from __future__ import annotations

from datetime import date, timedelta

from flows.home.store import Store, Term
from schemas.policy import Policy


def issue(store: Store, policy: Policy, leads: list[tuple[str, str]], today: date) -> dict[tuple[str, str], Term]:
    """Note that these leads are put to their streets today, and until when each is to be answered."""
    return store.issue_tasks(leads, today, today + timedelta(days=policy.leads.task_days))

"""Tasks that lie with a street beyond their term, counted by street: for the reminders, never with a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flows.home.store import Store
from flows.ledger.checks import PERSON
from flows.ledger.keys_moved import follow, merges
from flows.tasks.export import street_of, waiting_leads
from schemas.policy import Policy

_MOST = 6


def overdue_tasks(store: Store, policy: Policy, rows: Iterable[Mapping[str, Any]], today: date) -> dict[str, int]:
    """How many tasks of each street are not answered though their term is over, of leads that are still open.

    A question about the person and one about a lead of theirs are two tasks.
    """
    moved = merges(store)
    late: dict[str, list[str]] = {}
    for (person, code), term in store.open_terms().items():
        if term.due_on < today:
            late.setdefault(follow(moved, person), []).append(code)
    result: Counter[str] = Counter()
    for row in rows:
        open_codes = set(waiting_leads(row, policy)) if row["person_key"] in late else set()
        codes = late.get(row["person_key"], [])
        result[street_of(row)] += sum(code in open_codes or (code == PERSON and bool(open_codes)) for code in codes)
    return {street: count for street, count in sorted(result.items()) if count}


def overdue_line(late: Mapping[str, int]) -> str:
    """One reminder: how many tasks of which streets."""
    streets = sorted(late.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = sum(count for _, count in streets[_MOST:])
    named = "、".join(f"{street} {count}" for street, count in streets[:_MOST]) + (f"、其他 {rest}" if rest else "")
    return f"核查任务超期未答复 {sum(late.values())} 项（{named}）。处理办法：催办，或重新导出任务表"

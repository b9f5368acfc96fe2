"""Leads of which a street said that the facts do not fit (情况不符): whose turn it is, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.home.store import Lead, Store, opened_store
from flows.ledger.keys_moved import follow, merges
from flows.ledger.publish.read import current_version
from schemas.policy import Leads, load_policy


@dataclass(frozen=True)
class Dispute:
    """One lead of a published row that a street disputes."""

    row: Mapping[str, Any]
    code: str
    answer: Lead
    """The street's answer, or the analyst's that a register must be corrected first."""
    awaits_register: bool

    @property
    def place(self) -> tuple[date, str, str]:
        """The order in which disputes are taken up: the oldest first."""
        return self.answer.checked_on, str(self.row["person_key"]), self.code


def newest_words(store: Store) -> dict[tuple[str, str], Lead]:
    """The newest move of every lead, under the key its person bears today."""
    moved = merges(store)
    result = sorted(store.leads(), key=lambda entry: (entry.checked_on, entry.number))
    return {(follow(moved, entry.person_key), entry.code): entry for entry in result}


def disputes(store: Store, rows: Iterable[Mapping[str, Any]], rules: Leads) -> list[Dispute]:
    """Open leads of these ledger rows whose newest word is a dispute; none of a person who objects."""
    words = {
        place: word
        for place, word in newest_words(store).items()
        if word.answer in (rules.to_analyst, rules.awaits_register)
    }
    result = [
        Dispute(row, code, said, said.answer == rules.awaits_register)
        for row in rows
        if not row["objection"]
        for code in _open_codes(row)
        if (said := words.get((row["person_key"], code))) is not None
    ]
    return sorted(result, key=lambda entry: (entry.awaits_register, entry.place))


def _open_codes(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (lead["code"] for lead in row["leads"] if lead["closed_on"] is None)


def disputes_waiting(home: Home) -> int:
    """How many leads of the newest version wait for an analyst; none before the first."""
    current = current_version(home)
    if current is None:
        return 0
    settings = load_settings(home)
    rows = current.table("ledger").select(["person_key", "objection", "leads"]).to_pylist()
    with opened_store(home, settings.store_url) as store:
        result = disputes(store, rows, load_policy(settings.policy).leads)
    return sum(not entry.awaits_register for entry in result)

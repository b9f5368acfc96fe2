"""Leads that nobody is asked about again: somebody answered since the version was published, or an analyst has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.home.store import Lead, Store
from flows.ledger.checks import PERSON, basis_of
from flows.ledger.disputes import newest_words
from schemas.policy import Leads


class RecentAnswers:
    """What persons have said by now, which the published rows may not yet show."""

    def __init__(self, store: Store, rules: Leads) -> None:
        self._words = newest_words(store)
        self._rules = rules

    def person(self, row: Mapping[str, Any]) -> bool:
        """Whether somebody said if it is they: nobody is asked again."""
        word = self._words.get((row["person_key"], PERSON))
        return word is not None and self._is_final(word)

    def lead(self, row: Mapping[str, Any], lead: Mapping[str, Any]) -> bool:
        """Whether a lead that is open in the row is answered, or an analyst's."""
        word = self._words.get((row["person_key"], lead["code"]))
        if word is None:
            return False
        if word.answer in (self._rules.to_analyst, self._rules.awaits_register):
            return True
        return self._is_final(word) and not self._of_before(word, row, lead)

    def _is_final(self, word: Lead) -> bool:
        return word.state in (*self._rules.settled_states, self._rules.excluded_state)

    def _of_before(self, word: Lead, row: Mapping[str, Any], lead: Mapping[str, Any]) -> bool:
        """Whether the word was said of an earlier time of the lead, or before evidence its giver had not seen."""
        if word.state == self._rules.excluded_state:
            return word.basis is not None and not set(basis_of(row)) <= set(word.basis)
        return lead["opened_on"] is not None and word.checked_on < lead["opened_on"]

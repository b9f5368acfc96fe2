"""One row per rule that links: how often the street found it to be the person (属实), how often another (非本人)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.home.store import Store, opened_store
from flows.ledger.publish.read import Published, kept_version
from flows.originals import Copies
from flows.run.context import RunContext
from matchers.measuring.curve import Share, wilson
from schemas.errors import HomeError, SanzhaoError
from schemas.policy import Leads

Place = tuple[str, str, str | None, int]
UNKNOWN = ""
"""Stands where the night's explanation was gone before the answer came."""


@dataclass(frozen=True)
class Confirmation:
    """One rule: persons confirmed of those a street has answered on."""

    rule: str
    share: Share


def deciding_answers(rules: Leads) -> dict[str, bool]:
    """Answers that say whether it is the person."""
    result = {answer: True for kind in (rules.feedback, rules.person_feedback) for answer, state in kind.items()
             if state in (rules.confirmed_state, rules.taken_in_state)}  # fmt: skip
    return {**result, rules.not_the_person: False}


def note_rule_answers(run: RunContext, previous: str | None) -> int:
    """Note, for the answers given since the last night, which rules had linked the person's rows in the version before.

    The version before is what the street had in hand; its explanation is kept as long as its landing copies.
    """
    words = deciding_answers(run.policy.leads)
    with opened_store(run.home, run.settings.store_url) as store:
        answers = store.answers_without_rule(words)
        if not answers or previous is None:
            return 0
        rows = _rows_before(run, previous, {answer.person_key for answer in answers})
        rules = _Rules(run, previous)
        noted = [
            (answer.event_id, rule, words[answer.answer])
            for answer in answers if answer.person_key in rows
            for rule in rules.of(rows[answer.person_key])
        ]  # fmt: skip
        store.note_rule_answers(noted)
    return len(noted)


def confirmations(store: Store) -> list[Confirmation]:
    """Every rule of which some answer is noted, by name."""
    result: dict[str, list[bool]] = {}
    for _, rule, confirmed in store.rule_answers():
        result.setdefault(rule, []).append(confirmed)
    return [Confirmation(rule, wilson(sum(words), len(words))) for rule, words in sorted(result.items())]


def _rows_before(run: RunContext, previous: str, persons: set[str]) -> dict[str, Mapping[str, Any]]:
    try:
        table = kept_version(run.home, previous).table("ledger")
    except (HomeError, OSError):
        return {}
    rows: Iterable[Mapping[str, Any]] = table.select(["person_key", "evidence"]).to_pylist()
    return {str(row["person_key"]): row for row in rows if row["person_key"] in persons}


class _Rules:
    """The rules that linked each place of the nights asked for, read once a night."""

    def __init__(self, run: RunContext, previous: str) -> None:
        version: Published = kept_version(run.home, previous)
        self._copies = Copies(run.home, run.key, version)
        self._nights: dict[date | None, dict[Place, str]] = {}

    def of(self, row: Mapping[str, Any]) -> set[str]:
        """Rules of a person's worker rows; none for somebody whom no worker row ties to the ledger."""
        pieces = [piece for piece in row["evidence"] if piece["role"] in ("worker", "self_report")]
        linked = [piece for piece in pieces if piece["match_class"] in ("exact", "strong", "confirmed", "self_report")]
        return {
            self._night(piece["landed_on"]).get((piece["source"], piece["file"], piece["sheet"], piece["row"]), UNKNOWN)
            for piece in linked
        }

    def _night(self, landed_on: date | None) -> dict[Place, str]:
        if landed_on not in self._nights:
            self._nights[landed_on] = self._read(landed_on)
        return self._nights[landed_on]

    def _read(self, landed_on: date | None) -> dict[Place, str]:
        try:
            table = next(iter(self._copies.relation("explained", landed_on)), None)
        except (SanzhaoError, OSError):
            return {}
        rows = table.select(["source", "file", "sheet", "row", "decision", "rule"]).to_pylist() if table else ()
        return {
            (row["source"], row["file"], row["sheet"], row["row"]): row["rule"]
            for row in rows if row["decision"] == "link"
        }  # fmt: skip

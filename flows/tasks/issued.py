"""Which lead a task number stands for, and the row its checker had before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.ledger.checks import PERSON
from flows.ledger.publish.read import Published, kept_version, kept_versions
from flows.tasks.contacts import read_contacts
from flows.tasks.history import open_states
from flows.tasks.numbers import lead_letters, sheet_date
from schemas.ledger_rows import LedgerRow
from schemas.policy import Policy


@dataclass(frozen=True)
class IssuedLead:
    """One lead as a sheet asked about it: its person and code today, and its row in the version of the sheet."""

    lead: tuple[str, str]
    row: Mapping[str, Any]
    version: Published
    """The version of the sheet."""
    key_then: str
    """The person's key in that version."""
    is_open: bool
    """Whether the lead was open in that version."""

    @property
    def as_of(self) -> date:
        return self.version.as_of


class Issued:
    """The task numbers that today's ledger and its older keys could have."""

    def __init__(self, home: Home, key: DistrictKey, current: Published, policy: Policy) -> None:
        self.key = key
        self._home = home
        self._current = current
        self._policy = policy
        self._rows: dict[date, list[tuple[Published, dict[str, LedgerRow]]]] = {}

    def find(self, number: str) -> IssuedLead | str:
        """The lead of a number, or in Chinese why there is none to answer."""
        as_of = sheet_date(number)
        leads = self._leads.get(number[7:], set())
        if as_of is None or not leads:
            return "一本账里已没有这条线索，不用再核"
        if len(leads) > 1:
            return "任务编号不唯一，请重新导出任务表"
        person, code = next(iter(leads))
        if self._persons[person]["objection"]:
            return "本人已提出异议，答复前暂停核查"
        then = self._row_then(as_of, person, code)
        if then is None:
            return "任务表所据的那一版已不保留，请重新导出任务表"
        version, row = then
        was_open = any(
            code in (one["code"], PERSON) and one["state"] in open_states(self._policy.leads) for one in row["leads"]
        )
        return IssuedLead((person, code), {**row, "person_key": person}, version, row["person_key"], was_open)

    def phones(self, asked: IssuedLead) -> list[str] | None:
        """The masked telephones a sheet of that version shows for the person; None once the copies are gone."""
        row = {**asked.row, "person_key": asked.key_then}
        return read_contacts(self._home, self.key, asked.version, [row])[asked.key_then]

    @cached_property
    def _persons(self) -> dict[str, LedgerRow]:
        return {row["person_key"]: row for row in self._current.table("ledger").to_pylist()}

    @cached_property
    def _older(self) -> dict[str, set[str]]:
        """Keys that were merged into each of today's persons."""
        moved = {
            row["old_key"]: row["new_key"]
            for row in self._current.table("aliases").to_pylist()
            if row["event"] == "merged"
        }
        found: dict[str, set[str]] = defaultdict(set)
        for old in moved:
            at, seen = old, {old}
            while at in moved and moved[at] not in seen:
                at = moved[at]
                seen.add(at)
            found[at].add(old)
        return found

    @cached_property
    def _leads(self) -> dict[str, set[tuple[str, str]]]:
        """Person and code by the letters of their number; for one who objects every code there is."""
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for person, row in self._persons.items():
            codes = self._policy.statuses.order if row["objection"] else [one["code"] for one in row["leads"]]
            for code in (*codes, PERSON):
                for name in (person, *self._older.get(person, ())):
                    found[lead_letters(self.key, name, code)].add((person, code))
        return found

    def _row_then(self, as_of: date, person: str, code: str) -> tuple[Published, LedgerRow] | None:
        """The newest kept version of that date in which the person has this lead, and their row there."""
        if as_of not in self._rows:
            self._rows[as_of] = list(self._versions(as_of))
        for version, rows in self._rows[as_of]:
            for name in (person, *self._older.get(person, ())):
                row = rows.get(name)
                if row is not None and any(code in (one["code"], PERSON) for one in row["leads"]):
                    return version, row
        return None

    def _versions(self, as_of: date) -> Iterator[tuple[Published, dict[str, LedgerRow]]]:
        for name in reversed(kept_versions(self._home)):
            version = kept_version(self._home, name)
            if str(version.index["as_of"]) == as_of.isoformat():
                yield version, {row["person_key"]: row for row in version.table("ledger").to_pylist()}

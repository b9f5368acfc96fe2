"""Rows of the night's sealed copies that fit an enquiry, or nearly do; only the answer's sentences are shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from flows.counter.comparing import Person, SidesComparison, ValueFit, compared
from flows.counter.enquiry import Enquiry, NumberKind
from flows.ledger.publish.read import Published
from flows.originals import Chosen, Glance, NightRows, Originals, Rank, Record
from flows.originals.night_rows import REGISTRY_ROLES
from matchers.encoding.readings import simplified
from schemas.contracts import SourceContract

_MOST = 6
"""Rows of the registry, and of work, that are read in full."""
_SURE = (1,)
"""From this rank on a row is the person's, and is read however many there are."""
_PARTS = re.compile(r"[\s、,，;；/]+")
_NO_DIGIT = re.compile(r"[^0-9X*]")


@dataclass(frozen=True)
class NearRow:
    """One row of a source beside the enquiry."""

    contract: SourceContract
    record: Record
    comparison: SidesComparison
    same_number: bool
    """Whether its own number is the one asked for."""

    @property
    def of_registry(self) -> bool:
        return self.contract.role in REGISTRY_ROLES

    @property
    def member_no(self) -> str | None:
        return str(self.record.row["member_no"]) if self.record.row.get("member_no") else None

    @property
    def is_person(self) -> bool:
        return self.comparison.is_person or (self.same_number and self.comparison.name.fit != ValueFit.DIFFERENT)


@dataclass(frozen=True)
class Nearby:
    """Rows beside the enquiry, the nearest first."""

    rows: tuple[NearRow, ...]
    unread: tuple[str, ...] = ()
    """Files whose copies are destroyed or cannot be read."""
    files: int = 0
    """How many could be read."""
    others: int = 0
    """Rows that are like them and were left out."""

    @property
    def sure(self) -> Sequence[NearRow]:
        """Rows that are the person's: a whole number of theirs is the same and no other name stands beside it."""
        return [row for row in self.rows if row.is_person]

    @property
    def registry(self) -> Sequence[NearRow]:
        return [row for row in self.rows if row.of_registry]

    @property
    def workers(self) -> Sequence[NearRow]:
        return [row for row in self.rows if not row.of_registry]


def looked_for(originals: Originals, version: Published, enquiry: Enquiry) -> Nearby:
    """Rows of the version's night that fit the enquiry, then those that fit the roll's row of that person.

    The nearest of each kind only: how many others are like them is counted.
    """
    wanted_people, night = Person.of_enquiry(enquiry), NightRows.of(originals, version)
    own = enquiry.number.upper() if enquiry.kind is NumberKind.OWN else ""
    result = night.nearest(_glance((wanted_people,), own), _MOST, _SURE)
    first = _near(result, (wanted_people,), own)
    persons = tuple({Person.of(entry.record) for entry in first if entry.of_registry and entry.is_person})
    if not persons:
        return Nearby(tuple(first), night.unread, len(night.files), result.others)
    places = {entry.record.where for entry in first}
    beside = night.nearest(_glance(persons, ""), _MOST, _SURE)
    more = [entry for entry in _near(beside, persons, "") if entry.record.where not in places and not entry.of_registry]
    return Nearby((*first, *more), night.unread, len(night.files), max(result.others, beside.others))


def _glance(wanted_people: tuple[Person, ...], own: str) -> Glance:
    fits = [FirstGlance.of(entry) for entry in wanted_people]

    def rank(name: str, id_number: str, phones: str, number: str) -> Rank | None:
        if own and own == number.strip().upper():
            return _SURE
        plain, digits = simplified(name), _digits(id_number)
        calls = tuple(map(_digits, filter(None, _PARTS.split(phones)))) if phones else ()
        if not any(fit.may_fit(plain, digits, calls) for fit in fits):
            return None
        row = Person(plain, digits, calls)
        result = [entry for entry in (compared(quick.person, row) for quick in fits) if _worth(entry)]
        return max((int(entry.is_person), *entry.rank) for entry in result) if result else None

    return rank


@dataclass(frozen=True)
class FirstGlance:
    """One person, and whether a row is worth comparing with them: whatever `_worth` finds, `may_fit` lets pass."""

    person: Person
    id_parts: tuple[str, str, str]
    phone_halves: tuple[tuple[str, str], ...]
    masked: bool

    @classmethod
    def of(cls, person: Person) -> FirstGlance:
        number = person.id_number
        halves = tuple((phone[:5], phone[5:]) for phone in person.phones)
        parts = (number[6:10], number[10:14], number[14:])
        return cls(person, parts, halves, "*" in "".join((person.name, number, *person.phones)))

    def may_fit(self, name: str, id_number: str, phones: tuple[str, ...]) -> bool:
        """Same name; of an ID the year, the day or the end the same, for two of its digits may differ, and its region
        is everybody's; of a telephone a half. Of a mask both ends that it shows are the person's.
        """
        if self.masked or (name == self.person.name and name):
            return True
        year, day, end = self.id_parts
        if id_number and end:
            if "*" in id_number:
                if _ends_fit(self.person.id_number, id_number):
                    return True
            elif id_number[6:10] == year or id_number[10:14] == day or id_number[14:] == end:
                return True
        return any(
            _ends_fit(head + tail, phone) if "*" in phone else phone[:5] == head or phone[5:] == tail
            for phone in phones
            for head, tail in self.phone_halves
        )


def _ends_fit(whole: str, masked: str) -> bool:
    """Whether a masked text shows at its start and at its end what the whole one does."""
    return whole.startswith(masked.partition("*")[0]) and whole.endswith(masked.rpartition("*")[2])


def _near(result: Chosen, wanted_people: tuple[Person, ...], own: str) -> list[NearRow]:
    """The rows beside whom they are nearest to, the nearest first."""
    rows = []
    for contract, record in result.rows:
        best = max((compared(entry, Person.of(record)) for entry in wanted_people), key=lambda entry: entry.rank)
        same = own != "" and own == str(record.row.get(contract.record_id or "") or "").upper()
        rows.append(NearRow(contract, record, best, same))
    return sorted(rows, key=lambda entry: (entry.is_person, *entry.comparison.rank), reverse=True)


def _worth(result: SidesComparison) -> bool:
    return result.is_near or result.is_person or result.name.fit == ValueFit.SAME


def _digits(text: str) -> str:
    if text.isdecimal() and text.isascii():
        return text
    return _NO_DIGIT.sub("", unicodedata.normalize("NFKC", text).upper())

"""Rows of the night's sealed copies that fit an enquiry, or nearly do; only the answer's sentences are shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from flows.counter.comparing import Comparison, Fit, Person, compared
from flows.counter.enquiry import Enquiry, Kind
from flows.ledger.publish.read import Published
from flows.originals import Glance, Looked, Originals, Record
from matchers.encoding.readings import simplified
from schemas.contracts import SourceContract

_REGISTRY = ("roll", "transfer", "floating")
_PARTS = re.compile(r"[\s、,，;；/]+")
_NO_DIGIT = re.compile(r"[^0-9X*]")


@dataclass(frozen=True)
class NearRow:
    """One row of a source beside the enquiry."""

    contract: SourceContract
    record: Record
    comparison: Comparison
    same_number: bool
    """Whether its own number is the one asked for."""

    @property
    def of_registry(self) -> bool:
        return self.contract.role in _REGISTRY

    @property
    def member_no(self) -> str | None:
        return str(self.record.row["member_no"]) if self.record.row.get("member_no") else None

    @property
    def is_person(self) -> bool:
        return self.comparison.is_person or (self.same_number and self.comparison.name.fit != Fit.DIFFERENT)


@dataclass(frozen=True)
class Nearby:
    """Rows beside the enquiry, the nearest first."""

    rows: tuple[NearRow, ...]
    unread: tuple[str, ...] = ()
    """Files whose copies are destroyed or cannot be read."""
    files: int = 0
    """How many could be read."""

    @property
    def sure(self) -> Sequence[NearRow]:
        """Rows that are the person's: a whole number of theirs is the same and no other name stands beside it."""
        return [one for one in self.rows if one.is_person]

    @property
    def registry(self) -> Sequence[NearRow]:
        return [one for one in self.rows if one.of_registry]

    @property
    def workers(self) -> Sequence[NearRow]:
        return [one for one in self.rows if not one.of_registry]


def looked_for(originals: Originals, version: Published, enquiry: Enquiry) -> Nearby:
    """Every row of the version's night that fits the enquiry, then those that fit the roll's row of that person."""
    asked = Person.asked(enquiry)
    own = enquiry.number.upper() if enquiry.kind is Kind.OWN else ""
    looked = originals.looked_through(version, _glance((asked,), own))
    first = _near(looked, (asked,), own)
    persons = tuple({Person.of(one.record) for one in first if one.of_registry and one.is_person})
    if not persons:
        return Nearby(tuple(first), looked.unread, looked.read)
    places = {one.record.where for one in first}
    more = _near(originals.looked_through(version, _glance(persons, "")), persons, "")
    rows = (*first, *(one for one in more if one.record.where not in places and not one.of_registry))
    return Nearby(rows, looked.unread, looked.read)


def _glance(asked: tuple[Person, ...], own: str) -> Glance:
    def wanted(name: str, id_number: str, phones: str, number: str) -> bool:
        row = Person(simplified(name), _digits(id_number), tuple(map(_digits, filter(None, _PARTS.split(phones)))))
        return (own != "" and own == number.strip().upper()) or any(_worth(compared(one, row)) for one in asked)

    return wanted


def _near(looked: Looked, asked: tuple[Person, ...], own: str) -> list[NearRow]:
    """The rows beside whom they are nearest to, the nearest first."""
    found = []
    for contract, record in looked.rows:
        best = max((compared(one, Person.of(record)) for one in asked), key=lambda one: one.rank)
        same = own != "" and own == str(record.row.get(contract.record_id or "") or "").upper()
        found.append(NearRow(contract, record, best, same))
    return sorted(found, key=lambda one: (one.is_person, *one.comparison.rank), reverse=True)


def _worth(found: Comparison) -> bool:
    return found.is_near or found.is_person or found.name.fit == Fit.SAME


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", unicodedata.normalize("NFKC", text).upper())

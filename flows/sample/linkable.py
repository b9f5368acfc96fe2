"""Linkable: does what a row still shows, beside what the registry still shows of that person, meet a link tier?

The tiers of domain.md: a full valid ID with a compatible name decides; the full name with a strong part (ID 6+4, its
first 15 digits, phone 3+4 or full phone) links; anything less does not. A visible conflict of IDs is a veto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flows.sample.ids import Strings
from flows.sample.people import Flags, Numbers
from flows.sample.sheets import Masking, NameShown, SampleSheet

LINKS = ("full_id", "name_15", "name_6_4", "name_phone", "name_3_4")
_RANKS = np.zeros(len(Masking), np.int64)
_RANKS[[Masking.FULL, Masking.FIRST_15, Masking.CONFLICT]] = 3, 2, 1
_PHONES = 10**11
"""A mobile number is below; a person and a number are one integer."""


@dataclass
class RegistryIdentity:
    """What the registry rows of every person still show, taken together: one entry per person of the world."""

    seen: Flags
    """Who stands in the registry."""
    id_shown: Numbers
    name: Numbers
    phones: Numbers
    """Person and number as one integer each, in order."""

    @classmethod
    def of_nobody(cls, people: int) -> RegistryIdentity:
        """Before any row is read."""
        nothing = np.zeros(people, np.int64)
        return cls(np.zeros(people, bool), nothing, nothing.copy(), np.zeros(0, np.int64))

    def add(self, sheet: SampleSheet, rows: Numbers) -> None:
        """Take in registry rows, one of a person at most."""
        person, shown, name = sheet.person[rows], sheet.id_shown[rows], sheet.name_shown[rows]
        better = _RANKS[shown] > _RANKS[self.id_shown[person]]
        self.id_shown[person[better]] = shown[better]
        named = (name == NameShown.FULL) | (self.name[person] == NameShown.NOTHING)
        self.name[person[named]] = name[named]
        self.seen[person] = True
        whole = rows[sheet.phone_shown[rows] == Masking.FULL]
        self.phones = np.union1d(self.phones, sheet.person[whole] * _PHONES + numbers_of(sheet.phones[whole]))

    def shows(self, sheet: SampleSheet, row: int) -> bool:
        """Whether the registry shows a row's number of its person."""
        key = int(sheet.person[row]) * _PHONES + int(sheet.phones[row] or 0)
        at = int(np.searchsorted(self.phones, key))
        return at < len(self.phones) and int(self.phones[at]) == key

    def has(self, person: Numbers, numbers: Numbers) -> Flags:
        """Whether the registry shows these numbers of these people."""
        result: Flags = np.isin(person * _PHONES + numbers, self.phones)
        return result


def numbers_of(phones: Strings) -> Numbers:
    """Phone numbers as integers; 0 where there is none."""
    texts = pa.array(phones, pa.string())
    result: Numbers = pc.if_else(pc.equal(texts, ""), "0", texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return result


def evidence(sheet: SampleSheet, rows: Numbers, identities: RegistryIdentity) -> Strings:
    """The strongest tier each row meets against its own person, or `weak`, `none`, `conflict`."""
    person = sheet.person[rows]
    same = identities.has(person, numbers_of(sheet.phones[rows]))
    return _tiers(sheet, rows, (identities.id_shown[person], identities.name[person], same))


def shown_alone(sheet: SampleSheet, rows: Numbers) -> Strings:
    """The strongest evidence each row shows, whatever the registry has."""
    whole = np.ones(len(rows), bool)
    return _tiers(sheet, rows, (np.full(len(rows), Masking.FULL), np.full(len(rows), NameShown.FULL), whole))


def _tiers(sheet: SampleSheet, rows: Numbers, registry: tuple[Numbers, Numbers, Flags]) -> Strings:
    """Against the registry's ID, its name, and whether it has the row's phone."""
    known_id, known_name, same_phone = registry
    shown, name, phone = sheet.id_shown[rows], sheet.name_shown[rows], sheet.phone_shown[rows]
    both_full = (shown == Masking.FULL) & (known_id == Masking.FULL)
    not_whole = (name != NameShown.FULL) | (known_name != NameShown.FULL)
    first_15 = (Masking.FULL, Masking.FIRST_15)
    tiers = (
        ("conflict", (shown == Masking.CONFLICT) | ((known_id == Masking.CONFLICT) & (shown != Masking.NOTHING))),
        ("full_id", both_full & (name != NameShown.MASKED)),
        ("weak", both_full),
        ("none", not_whole & (name == NameShown.NOTHING)),
        ("weak", not_whole),
        ("name_15", np.isin(shown, first_15) & np.isin(known_id, first_15)),
        ("name_6_4", (shown == Masking.MASK_6_4) & (known_id == Masking.FULL)),
        ("name_phone", same_phone & (phone == Masking.FULL)),
        ("name_3_4", same_phone & (phone == Masking.MASK_3_4)),
    )
    names = np.array([*(name for name, _ in tiers), "weak"], object)
    at = np.select([meets for _, meets in tiers], list(range(len(tiers))), len(tiers))
    result: Strings = names[at]
    return result


@dataclass(frozen=True)
class LinkableRegistry:
    """The registry rows that resolve to their person, grouped by person."""

    sheets: tuple[SampleSheet, ...]
    people: Numbers
    """Who stands there, in order."""
    starts: Numbers
    which: Numbers
    """The sheet of each row."""
    row: Numbers

    def rows_of(self, person: int) -> list[tuple[SampleSheet, int]]:
        """A person's rows, the roll's first."""
        at = int(np.searchsorted(self.people, person))
        if at == len(self.people) or self.people[at] != person:
            return []
        span = slice(self.starts[at], self.starts[at + 1])
        return [
            (self.sheets[which], row)
            for which, row in zip(self.which[span].tolist(), self.row[span].tolist(), strict=True)
        ]


def resolve_registry(sheets: list[SampleSheet], night: int, people: int) -> tuple[RegistryIdentity, LinkableRegistry]:
    """What is known of each registry person, and the registry rows that resolve to them.

    The roll leads; a transfer or floating row counts for a roll member only if it meets a tier against the roll.
    """
    identities = RegistryIdentity.of_nobody(people)
    order = ("party_members", "party_transfers", "floating_members")
    listed = tuple(
        sorted((sheet for sheet in sheets if sheet.source in order), key=lambda entry: order.index(entry.source))
    )
    on_roll = np.zeros(people, bool)
    taken: list[tuple[int, Numbers]] = []
    for number, sheet in enumerate(listed):
        for rows in _turns(sheet, np.flatnonzero(sheet.on(night))):
            taken.append((number, rows))
            if sheet.source == "party_members":
                on_roll[sheet.person[rows]] = True
            else:
                taken[-1] = (
                    number,
                    rows[~on_roll[sheet.person[rows]] | np.isin(evidence(sheet, rows, identities), LINKS)],
                )
            identities.add(sheet, taken[-1][1])
    return identities, _grouped_by_person(listed, taken)


def _turns(sheet: SampleSheet, rows: Numbers) -> Iterator[Numbers]:
    """The rows in parts: everybody's first, everybody's second, and so on."""
    order = np.argsort(sheet.person[rows], kind="stable")
    person = sheet.person[rows][order]
    fresh = np.flatnonzero(np.diff(person, prepend=-2))
    turn = np.empty(len(rows), np.int64)
    turn[order] = np.arange(len(rows)) - np.repeat(fresh, np.diff(fresh, append=len(rows)))
    for number in range(int(turn.max(initial=-1)) + 1):
        yield rows[turn == number]


def _grouped_by_person(sheets: tuple[SampleSheet, ...], taken: list[tuple[int, Numbers]]) -> LinkableRegistry:
    which = np.concatenate([np.full(len(rows), number) for number, rows in taken])
    row = np.concatenate([rows for _, rows in taken])
    person = np.concatenate([sheets[number].person[rows] for number, rows in taken])
    order = np.lexsort((row, which, person))
    people, starts = np.unique(person[order], return_index=True)
    return LinkableRegistry(sheets, people, np.append(starts, len(order)), which[order], row[order])

"""Linkable: does what a row still shows, beside what the registry still shows of that person, meet a link tier?

The tiers of domain.md: a full valid ID with a compatible name decides; the full name with a strong part (ID 6+4, its
first 15 digits, phone 3+4 or full phone) links; anything less does not. A visible conflict of IDs is a veto.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from flows.sample.sheets import NameShown, Sheet, Shown


@dataclass
class Known:
    """What the registry rows of one person still show, taken together."""

    id_shown: int = Shown.NOTHING
    name: int = NameShown.NOTHING
    phones: set[str] = field(default_factory=set)

    def add(self, sheet: Sheet, row: int) -> None:
        """Take in one registry row."""
        shown = int(sheet.id_shown[row])
        rank = {Shown.FULL: 3, Shown.FIRST_15: 2, Shown.CONFLICT: 1}
        if rank.get(Shown(shown), 0) > rank.get(Shown(self.id_shown), 0):
            self.id_shown = shown
        if sheet.name_shown[row] == NameShown.FULL or self.name == NameShown.NOTHING:
            self.name = int(sheet.name_shown[row])
        if sheet.phone_shown[row] == Shown.FULL:
            self.phones.add(sheet.phones[row])


def evidence(sheet: Sheet, row: int, known: Known) -> str:
    """The strongest tier a row meets against its own person, or `weak`, `none`, `conflict`."""
    shown, name = Shown(sheet.id_shown[row]), NameShown(sheet.name_shown[row])
    if shown == Shown.CONFLICT or (known.id_shown == Shown.CONFLICT and shown != Shown.NOTHING):
        return "conflict"
    if shown == Shown.FULL and known.id_shown == Shown.FULL:
        return "full_id" if name != NameShown.MASKED else "weak"
    if name != NameShown.FULL or known.name != NameShown.FULL:
        return "none" if name == NameShown.NOTHING else "weak"
    if {shown, known.id_shown} <= {Shown.FULL, Shown.FIRST_15}:
        return "name_15"
    if shown == Shown.MASK_6_4 and known.id_shown == Shown.FULL:
        return "name_6_4"
    if sheet.phones[row] in known.phones:
        if sheet.phone_shown[row] == Shown.FULL:
            return "name_phone"
        if sheet.phone_shown[row] == Shown.MASK_3_4:
            return "name_3_4"
    return "weak"


LINKS = frozenset({"full_id", "name_15", "name_6_4", "name_phone", "name_3_4"})


def shown_alone(sheet: Sheet, row: int) -> str:
    """The strongest evidence a row shows, whatever the registry has."""
    whole = Known(Shown.FULL, NameShown.FULL, {sheet.phones[row]})
    return evidence(sheet, row, whole)


def resolve_registry(sheets: list[Sheet], night: int) -> tuple[dict[int, Known], dict[int, list[tuple[Sheet, int]]]]:
    """What is known of each registry person, and the registry rows that resolve to them.

    The roll leads; a transfer or floating row counts for a roll member only if it meets a tier against the roll.
    """
    known: dict[int, Known] = {}
    rows: dict[int, list[tuple[Sheet, int]]] = {}
    on_roll: set[int] = set()
    order = ("party_members", "party_transfers", "floating_members")
    for sheet in sorted((one for one in sheets if one.source in order), key=lambda one: order.index(one.source)):
        for row in map(int, np.flatnonzero(sheet.on(night))):
            person = int(sheet.person[row])
            if sheet.source == "party_members":
                on_roll.add(person)
            elif person in on_roll and evidence(sheet, row, known[person]) not in LINKS:
                continue
            known.setdefault(person, Known()).add(sheet, row)
            rows.setdefault(person, []).append((sheet, row))
    return known, rows

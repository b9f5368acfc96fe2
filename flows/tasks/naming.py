"""How to find a person, from their original records: the full name, the telephones the sheet masks, where they live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flows.originals import Bearer, Record, Spot
from flows.tasks.communities import community_of
from flows.tasks.numbers import BoundCells, masked_phones
from reports.tasks.sheet import Contact

_ROLES = ("roll", "transfer", "floating", "self_report", "worker")
"""Whose word on a name and a number goes first."""


def wanted_records(row: Mapping[str, Any]) -> list[tuple[Spot, Bearer]]:
    """Where a person's records stand, the most trustworthy first."""
    mine = (entry for entry in row["evidence"] if entry["role"] in _ROLES)
    return [(Spot.of(role), Bearer.of(row)) for role in sorted(mine, key=lambda entry: _ROLES.index(entry["role"]))]


def contact_of(row: Mapping[str, Any], cells: BoundCells, records: Sequence[Record]) -> Contact:
    """A person's name and telephones in clear, as far as a record has what the sheet masks; else as masked.

    A name of another first character, or a telephone that the sheet does not show, is not put in: the row's check code
    binds what is masked, and a number that is another person's would be called.
    """
    masked = cells.name or ""
    names = (record.name for record in records if record.name and "*" not in record.name)
    full = [phone for record in records for phone in record.phones if "*" not in phone]
    by_mask = {masked_phones(phone): phone for phone in reversed(full)}
    phones = [by_mask.get(masked_phones(part), part) for part in (cells.phone or "").split("\n")]
    address = _first(records, "home_address") or _first(records, "address")
    return Contact(
        name=next((name for name in names if name[0] == masked[:1]), masked),
        phone="\n".join(phones),
        unit=cells.unit or "",
        station=_first(records, "station"),
        address=address,
        community=community_of(address, str(row["home_street"] or "")),
    )


def _first(records: Sequence[Record], field: str) -> str:
    return next((str(record.row[field]) for record in records if record.row.get(field)), "")

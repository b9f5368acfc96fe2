"""One change per person and per waiting pair between the published version and a trial's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flows.ledger.publish.read import Published
from reports.causes import MERE_MOVES
from reports.trial import PairChange, PersonChange

Row = dict[str, Any]
_NOT_LISTED = frozenset({"evidence", "last_seen", "changed_on"})


def person_changes(before: Published, after: Published) -> tuple[tuple[PersonChange, ...], int]:
    """Persons that would change, sorted by change and key, and how many rows would merely move."""
    old, new = (_by_key(entry) for entry in (before, after))
    changes = after.table("changes").to_pylist()
    listed = [row for row in changes if row["cause"] not in MERE_MOVES]
    result = [_change(row, old.get(row["person_key"]), new.get(row["person_key"])) for row in listed]
    return tuple(sorted(result, key=_place)), len(changes) - len(listed)


def _place(change: PersonChange) -> tuple[str, str, str, str]:
    return change.change, change.cause, change.person_key or "", change.name_masked or ""


def _by_key(version: Published) -> dict[str, Row]:
    return {row["person_key"]: row for row in version.table("ledger").to_pylist()}


def _change(change: Row, before: Row | None, after: Row | None) -> PersonChange:
    row = after or before or {}
    old, new = (_open_leads(entry) for entry in (before, after))
    return PersonChange(
        person_key=change["person_key"] if before is not None else None,
        name_masked=row.get("name_masked"),
        change=change["change"],
        cause=change["cause"],
        columns=tuple(name for name in change["columns"] or () if name not in _NOT_LISTED),
        statuses_before=tuple((before or {}).get("statuses") or ()),
        statuses_after=tuple((after or {}).get("statuses") or ()),
        host_before=(before or {}).get("host_org_name"),
        host_after=(after or {}).get("host_org_name"),
        leads_opened=tuple(sorted(new - old)),
        leads_closed=tuple(sorted(old - new)),
        work_street=row.get("work_street"),
    )


def _open_leads(row: Mapping[str, Any] | None) -> set[str]:
    """Codes of the leads that are open: there is something to check, or to be taken in."""
    return {lead["code"] for lead in (row or {}).get("leads") or () if lead["closed_on"] is None}


def pair_changes(before: Published, after: Published) -> tuple[PairChange, ...]:
    """Pairs that would wait for a person, and pairs that wait now and would not."""
    old, new = ({row["pair_id"]: row for row in entry.table("review").to_pylist()} for entry in (before, after))
    opened = _pairs((row for pair, row in new.items() if pair not in old), opened=True)
    return (*opened, *_pairs((row for pair, row in old.items() if pair not in new), opened=False))


def _pairs(rows: Iterable[Row], *, opened: bool) -> list[PairChange]:
    result = [PairChange(opened, row["source"], row["file"], row["row"], row["doubt"]) for row in rows]
    return sorted(result, key=lambda entry: (entry.doubt, entry.source, entry.file, entry.row or 0))

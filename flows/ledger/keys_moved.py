"""One present key per old key: a merged key's work follows its person, until the two prove to be two after all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from flows.home.store import Store

Event = tuple[str, str, str]
"""(old_key, new_key, `merged` or `split`)"""


def merges(store: Store, tonight: Iterable[Event] = ()) -> dict[str, str]:
    """New key per key that is merged today: of all published versions, and tonight's events after them."""
    moved: dict[str, str] = {}
    for old, new, what in [*((old, new, what) for old, new, what, _ in store.key_events()), *tonight]:
        if what == "merged":
            moved[old] = new
        else:
            moved.pop(new, None)
    return moved


def newest_events(events: Iterable[tuple[str, str, str, date]]) -> list[tuple[str, str, str, date]]:
    """The newest event of each two keys, from events in their order; what a reader of `aliases` may rely on."""
    newest = {frozenset(event[:2]): event for event in events}
    return sorted(newest.values())


def follow(moved: Mapping[str, str], key: str) -> str:
    """Where a key leads today; itself when it was never merged."""
    seen = {key}
    while key in moved and moved[key] not in seen:
        key = moved[key]
        seen.add(key)
    return key


def same_person(moved: Mapping[str, str], key: str) -> set[str]:
    """Every key this person ever had."""
    present = follow(moved, key)
    return {present, key} | {old for old in moved if follow(moved, old) == present}

"""One present key per old key: a merged key's work follows its person."""

from __future__ import annotations

from collections.abc import Mapping

from flows.ledger.store import Store


def merges(store: Store) -> dict[str, str]:
    """New key per merged key, of all published versions."""
    return {old: new for old, new, what, _ in store.key_events() if what == "merged"}


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

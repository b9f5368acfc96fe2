"""One present ID token per old one: after a change of keys a reader of `aliases` finds each token's new form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flows.ledger.publish.read import Published

EVENT = "rotated"


def moved_tokens(
    previous: Published | None, tonight: Iterable[tuple[str, str]] = (), on: date | None = None
) -> list[tuple[str, str, str, date]]:
    """(old_token, new_token, `rotated`, day) of the version before, led on to tonight's tokens, and tonight's own."""
    new_of = dict(tonight)
    rows = previous.table("aliases").to_pylist() if previous else []
    known = {
        row["old_key"]: (new_of.get(row["new_key"], row["new_key"]), row["on"]) for row in rows if row["event"] == EVENT
    }
    if on is not None:
        known |= {old: (new, on) for old, new in new_of.items()}
    return [(old, new, EVENT, day) for old, (new, day) in sorted(known.items()) if old != new]

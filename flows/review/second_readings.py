"""One row per pair that two persons judged without knowing of each other: the first word, then the second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flows.home.keys import DistrictKey
from flows.home.store import Store
from flows.review.verdicts import NOBODY, PairVerdict, every_verdict


@dataclass(frozen=True)
class SecondReading:
    """One pair read twice."""

    pair_id: str
    first: str
    second: str
    readers: tuple[str, str]


def second_readings(store: Store, key: DistrictKey) -> list[SecondReading]:
    """Every second reading that stands, in the order in which they were made."""
    rows: dict[tuple[str, str], list[PairVerdict]] = {}
    for verdict in every_verdict(store, key):
        rows.setdefault((verdict.pair_id, str(sorted((verdict.basis or {}).items()))), []).append(verdict)
    result = (_second_reading(held_rows) for held_rows in rows.values())
    return [entry for entry in result if entry is not None]


def pairs_by_words(readings: list[SecondReading]) -> Counter[tuple[str, str]]:
    """Pairs per first and second word."""
    return Counter((entry.first, entry.second) for entry in readings)


def _second_reading(rows: list[PairVerdict]) -> SecondReading | None:
    """The last blind reading of a pair, if a second one has come."""
    asked = [at for at, said in enumerate(rows) if said.awaits_second]
    for at in reversed(asked):
        first = rows[at - 1] if at else None
        second = next((said for said in rows[at + 1 :] if said.by not in (NOBODY, first.by if first else NOBODY)), None)
        if first is not None and second is not None:
            return SecondReading(first.pair_id, first.verdict, second.verdict, (first.by, second.by))
    return None

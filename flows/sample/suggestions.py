"""What a unit should be advised (应建尽建), by domain.md's thresholds, from the members whose main work is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flows.sample.hosts import SampleRegister
from flows.sample.statuses import Workplace

_BRANCH, _COMMITTEE = 3, 7


@dataclass(frozen=True)
class SuggestionMember:
    """One member as 应建尽建 counts them."""

    places: tuple[Workplace, ...]
    full: bool
    probationary: bool
    floats: bool
    left_out: bool
    """停止党籍 or 失联."""
    homes: frozenset[str]
    """The branches the roll shows."""
    placed: bool = False
    """The registers already name the branch that takes them in."""


@dataclass
class Tally:
    """What one unit counts."""

    full: int = 0
    probationary: int = 0
    floating: int = 0


def main_unit(register: SampleRegister, places: Iterable[Workplace]) -> str | None:
    """The firm, or station without one, of the newest active row; then of most sources. None without a unit."""
    listed = [place for place in places if place.unit or place.station]
    if not listed:
        return None
    active = [place for place in listed if place.active] or listed
    key = {
        id(place): register.firms.get(place.unit or place.station or "", place.unit or place.station)
        for place in active
    }
    often = Counter(key.values())
    newest = max(active, key=lambda place: (place.start or date.min, often[key[id(place)]], str(key[id(place)])))
    return key[id(newest)]


def tally(register: SampleRegister, people: Iterable[SuggestionMember]) -> dict[str, Tally]:
    """Each unit's members; who already stands in a branch of their unit is not counted again."""
    result: dict[str, Tally] = {}
    for entry in people:
        unit = main_unit(register, entry.places)
        if unit is None or entry.left_out:
            continue
        count = result.setdefault(unit, Tally())
        if entry.floats:
            count.floating += not entry.placed
        elif entry.homes & set(register.of_unit(unit)):
            continue
        else:
            count.full += entry.full
            count.probationary += entry.probationary
    return result


def advice(register: SampleRegister, unit: str, count: Tally) -> tuple[list[str], list[str]]:
    """What is right for a unit's full members (branch, committee, joint, instructor, none) and for its floating ones
    (floating_branch, none); several where domain.md leaves the choice."""
    floating = "floating_branch" if count.floating >= _BRANCH else "none"
    full = _of_full(count)
    if register.of_unit(unit):
        own = any(len(entry.units) == 1 for entry in register.linked(unit))
        # A joint branch covers a unit large enough for its own; a unit's branch takes in its floating members too.
        return ["none"] if own or full[0] not in ("branch", "committee") else [*full, "none"], sorted(
            {floating, "none"}
        )
    return full, [floating]


def _of_full(count: Tally) -> list[str]:
    if count.full >= _COMMITTEE:
        return ["committee"]
    if count.full >= _BRANCH:
        return ["branch"]
    if count.full:
        return ["joint", "instructor"]
    return ["instructor"] if count.probationary else ["none"]

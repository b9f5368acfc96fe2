"""Names: drawn by surname share, sex and time of birth, often enough alike that homonyms happen as they do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.sample.ids import Strings
from flows.sample.options import data

_FIRST_FLATNESS, _TAIL_STEEPNESS = 12.0, 0.9


@dataclass(frozen=True)
class Names:
    """One surname and given name per person."""

    surname: Strings
    given: Strings

    @property
    def full(self) -> Strings:
        """The name as written; a dotted name carries its own dot and has no surname."""
        both: Strings = self.surname + self.given
        return both


@cache
def surname_shares() -> tuple[Strings, NDArray[np.float64]]:
    """Every surname with its probability: the hundred named, a long tail, compounds, and the district's clans."""
    table = data("names.toml")["surnames"]
    words = table["share"].split()
    shares: dict[str, float] = {}
    for name, percent in zip(words[::2], words[1::2], strict=True):
        shares[name] = shares.get(name, 0.0) + float(percent) / 100
    tail = [name for name in dict.fromkeys("".join(table["tail"].split())) if name not in shares]
    falling = (np.arange(len(tail)) + 20.0) ** -_TAIL_STEEPNESS
    left = 1 - sum(shares.values()) - table["compound_share"] / 100
    shares |= dict(zip(tail, falling / falling.sum() * left, strict=True))
    compounds = table["compound"].split()
    shares |= {name: table["compound_share"] / 100 / len(compounds) for name in compounds}
    clans = table["local"].split()
    shares = {name: share * (1 - table["local_share"]) for name, share in shares.items()}
    for name in clans:
        shares[name] = shares.get(name, 0.0) + table["local_share"] / len(clans)
    weights = np.array(list(shares.values()))
    return np.array(list(shares), object), weights / weights.sum()


def _falling(count: int) -> NDArray[np.float64]:
    weights = 1 / (np.arange(count) + _FIRST_FLATNESS)
    share: NDArray[np.float64] = weights / weights.sum()
    return share


def draw_names(rng: np.random.Generator, births: NDArray[Any], female: NDArray[np.bool_]) -> Names:
    """One name per birth date and sex."""
    names, weights = surname_shares()
    surname = names[rng.choice(len(names), len(births), p=weights)]
    given = np.empty(len(births), object)
    years = births.astype("datetime64[Y]").astype(int) + 1970
    periods = np.searchsorted(data("names.toml")["given"]["breaks"], years, side="right")
    for period in range(5):
        for sex in ("male", "female"):
            chosen = np.flatnonzero((periods == period) & (female == (sex == "female")))
            given[chosen] = _draw_given(rng, len(chosen), period, sex)
    rare = np.flatnonzero(rng.random(len(births)) < data("names.toml")["given"]["rare"]["share"])
    characters = np.array(list(data("names.toml")["given"]["rare"]["characters"]), object)
    for at in rare:
        kept = given[at][0] if len(given[at]) == 2 else ""
        given[at] = kept + characters[rng.integers(0, len(characters))]
    return Names(surname, given)


def _draw_given(rng: np.random.Generator, count: int, period: int, sex: str) -> Strings:
    table = data("names.toml")["given"]
    pools = table[sex]
    first, second = np.array(list(pools["first"][period]), object), np.array(list(pools["second"][period]), object)
    given: Strings = (
        first[rng.choice(len(first), count, p=_falling(len(first)))]
        + second[rng.choice(len(second), count, p=_falling(len(second)))]
    )
    kind = rng.random(count)
    single, whole = table["single_share"][period], table["whole_share"][period]
    for low, high, pool in (
        (0.0, single, list(pools["single"][period])),
        (single, single + whole, pools["whole"][period].split()),
    ):
        chosen = np.flatnonzero((kind >= low) & (kind < high))
        words = np.array(pool, object)
        given[chosen] = words[rng.choice(len(words), len(chosen), p=_falling(len(words)))]
    return given


def draw_ethnicities(rng: np.random.Generator, count: int) -> Strings:
    """One ethnicity per person, by the district's shares."""
    shares = data("names.toml")["ethnicities"]["share"]
    weights = np.array(list(shares.values()))
    drawn: Strings = np.array(list(shares), object)[rng.choice(len(shares), count, p=weights / weights.sum())]
    return drawn


def dot_names(rng: np.random.Generator, names: Names, ethnicity: Strings, female: NDArray[np.bool_]) -> None:
    """Give people of dotted-name peoples such a name, in place."""
    table = data("names.toml")["given"]["dotted"]
    fathers = table["father"].split()
    for at in np.flatnonzero(ethnicity == "维吾尔族"):
        own = table["first_female" if female[at] else "first_male"].split()
        names.surname[at] = ""
        names.given[at] = f"{own[rng.integers(0, len(own))]}·{fathers[rng.integers(0, len(fathers))]}"

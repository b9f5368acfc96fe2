"""The district itself: firms, their branch offices and stations, with the ways their names are written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flows.sample.feeds import Feed, feeds
from flows.sample.grouping import grouped
from flows.sample.ids import credit_code
from flows.sample.options import SampleOptions, data
from flows.sample.organisations import SampleOrganisation, draw_organisations
from flows.sample.unit_names import Spelling, firm_spellings, office_spellings, station_spellings

_OFFICE_SHARE, _PLAIN_SHARE, _STATION_TRIES = 0.12, 0.2, 200


@dataclass(frozen=True)
class SampleUnit:
    """One employer or partner of a platform, or a 分公司 of one."""

    spellings: tuple[Spelling, ...]
    uscc: str
    trade: int
    street: int
    phone: str
    parent: int = -1
    """Place of the firm a 分公司 belongs to; -1 for a firm."""

    @property
    def name(self) -> str:
        """The legal name."""
        return self.spellings[0].text


@dataclass(frozen=True)
class Station:
    """One delivery station, outlet or team; `unit` is -1 where its platform names no firm above it."""

    spellings: tuple[Spelling, ...]
    feed: str
    trade: int
    unit: int
    street: int

    @property
    def name(self) -> str:
        """The name its platform gives it."""
        return self.spellings[0].text


@dataclass(frozen=True)
class SampleDistrict:
    """Everything that stands still while people move."""

    units: tuple[SampleUnit, ...]
    stations: tuple[Station, ...]
    organisations: tuple[SampleOrganisation, ...]
    home_branches: tuple[int, ...]
    """Places in `organisations` of the branches members belong to by residence."""

    def units_of(self, trade: int) -> list[int]:
        """Places of a trade's firms."""
        return self._firms.get(trade, [])

    def offices_of(self, unit: int) -> list[int]:
        """Places of a firm's 分公司."""
        return self._offices.get(unit, [])

    def stations_of(self, feed: str) -> list[int]:
        """Places of a platform's stations."""
        return self._stations.get(feed, [])

    def all_of(self, trade: int) -> list[int]:
        """Places of a trade's firms and 分公司."""
        return self._of_trade.get(trade, [])

    @cached_property
    def _firms(self) -> dict[int, list[int]]:
        return grouped((unit.trade, at) for at, unit in enumerate(self.units) if unit.parent < 0)

    @cached_property
    def _offices(self) -> dict[int, list[int]]:
        return grouped((unit.parent, at) for at, unit in enumerate(self.units))

    @cached_property
    def _of_trade(self) -> dict[int, list[int]]:
        return grouped((unit.trade, at) for at, unit in enumerate(self.units))

    @cached_property
    def _stations(self) -> dict[str, list[int]]:
        return grouped((station.feed, at) for at, station in enumerate(self.stations))


def build_district(rng: np.random.Generator, options: SampleOptions) -> SampleDistrict:
    """Units, stations and organisations in numbers that fit the people."""
    firms = _firms(rng, max(24, options.workers // 90))
    units = firms + _offices(rng, firms)
    stations = _stations(rng, units, options.workers)
    names = [(unit.name, unit.uscc, unit.trade, unit.street) for unit in firms]
    organisations = draw_organisations(rng, names, max(30, options.members // 40))
    homes = tuple(
        at
        for at, organisation in enumerate(organisations)
        if organisation.remit == "community" and organisation.kind == "党支部"
    )
    return SampleDistrict(units, stations, organisations, homes)


def _firms(rng: np.random.Generator, count: int) -> tuple[SampleUnit, ...]:
    """Firms in turn of every trade; no two share a spelling."""
    table = data("places.toml")
    written: set[str] = set()
    units: list[SampleUnit] = []
    while len(units) < count:
        trade = len(units) % len(table["trades"])
        parts = [table["unit_words_first"][rng.integers(0, len(table["unit_words_first"]))]]
        parts += [table["unit_words_second"][at] for at in rng.integers(0, len(table["unit_words_second"]), 2)]
        core = "".join(parts[: 2 if rng.random() < 0.5 else 3])
        plain = rng.random() < _PLAIN_SHARE and trade < len(table["trades"]) - 1
        suffix = table["plain_suffixes"][trade % 3] if plain else table["trades"][trade]["suffix"]
        spellings = firm_spellings(core, suffix)
        street = int(rng.integers(0, len(table["streets"])))
        if written & {spelling.text for spelling in spellings}:
            continue
        written |= {spelling.text for spelling in spellings}
        units.append(SampleUnit(spellings, credit_code(rng, False), trade, street, _phone(rng)))
    return tuple(units)


def _phone(rng: np.random.Generator) -> str:
    return f"1{rng.choice(['38', '59', '86', '99'])}{rng.integers(10**7, 10**8):08d}"


def _offices(rng: np.random.Generator, firms: tuple[SampleUnit, ...]) -> tuple[SampleUnit, ...]:
    """A 分公司 with a credit code of its own in another street, for one firm in eight."""
    table, result = data("places.toml"), list[SampleUnit]()
    for at in np.flatnonzero(rng.random(len(firms)) < _OFFICE_SHARE):
        firm = firms[at]
        street = (firm.street + 1 + int(rng.integers(0, len(table["streets"]) - 1))) % len(table["streets"])
        core = firm.spellings[2].text  # 字号 with its suffix
        suffix = next(suffix for suffix in (*table["plain_suffixes"], *_suffixes()) if core.endswith(suffix))
        spellings = office_spellings(core.removesuffix(suffix), suffix, short_street(street))
        result.append(SampleUnit(spellings, credit_code(rng, False), firm.trade, street, _phone(rng), int(at)))
    return tuple(result)


def _suffixes() -> list[str]:
    return [trade["suffix"] for trade in data("places.toml")["trades"]]


def short_street(street: int) -> str:
    """A street's name as stations carry it: 云溪 for 云溪街道."""
    name: str = data("places.toml")["streets"][street]
    return name.removesuffix("街道").removesuffix("镇")


def _stations(rng: np.random.Generator, units: tuple[SampleUnit, ...], workers: int) -> tuple[Station, ...]:
    """Stations of every platform that names some; two platforms of one trade never share a place."""
    stations: list[Station] = []
    places: set[tuple[int, int, int, int]] = set()
    for feed in feeds():
        trade = feed.trades[0]
        if "station" not in feed.headers:
            continue
        owners = (
            [at for at, unit in enumerate(units) if unit.trade == trade and unit.parent < 0]
            if "unit_name" in feed.headers
            else [-1] * max(4, workers // 500)
        )
        for owner in owners:
            street = units[owner].street if owner >= 0 and rng.random() < 0.5 else None
            made = _station(rng, feed, trade, owner, street, places)
            if made:
                stations.append(made)
    return tuple(stations)


def _station(
    rng: np.random.Generator,
    feed: Feed,
    trade: int,
    unit: int,
    street: int | None,
    places: set[tuple[int, int, int, int]],
) -> Station | None:
    table = data("places.toml")
    for _ in range(_STATION_TRIES):
        at = street if street is not None else int(rng.integers(0, len(table["streets"])))
        community, number = int(rng.integers(0, len(table["communities"]))), int(rng.integers(0, 3))
        if (trade, at, community, number) not in places:
            places.add((trade, at, community, number))
            place = table["communities"][community] + ("", "第二", "第三")[number]
            spellings = station_spellings(short_street(at), table["streets"][at], place, feed.station_word)
            return Station(spellings, feed.key, trade, unit, at)
        street = None
    return None

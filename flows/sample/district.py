"""The district itself: units, stations and the Party organisations people belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.sample.ids import credit_code
from flows.sample.options import SampleOptions, data


@dataclass(frozen=True)
class Unit:
    """One employer or partner of a platform."""

    name: str
    uscc: str
    trade: int
    street: int
    phone: str


@dataclass(frozen=True)
class Station:
    """One delivery station, outlet or team of a unit."""

    name: str
    unit: int
    street: int


@dataclass(frozen=True)
class Organisation:
    """One Party organisation of the district's register."""

    code: str
    name: str
    kind: str
    parent: str
    street: str
    trade: str
    unit: str
    uscc: str


@dataclass(frozen=True)
class District:
    """Everything that stands still while people move."""

    units: tuple[Unit, ...]
    stations: tuple[Station, ...]
    organisations: tuple[Organisation, ...]
    home_branches: tuple[int, ...]
    """Places in `organisations` of the branches members belong to."""

    def units_of(self, trade: int) -> list[int]:
        """Places of a trade's units."""
        return [at for at, unit in enumerate(self.units) if unit.trade == trade]

    def stations_of(self, trade: int) -> list[int]:
        """Places of a trade's stations."""
        return [at for at, station in enumerate(self.stations) if self.units[station.unit].trade == trade]


def build_district(rng: np.random.Generator, options: SampleOptions) -> District:
    """Units, stations and organisations in numbers that fit the people."""
    units = _units(rng, max(24, options.workers // 90))
    stations = _stations(rng, units)
    organisations = _organisations(rng, units, max(30, options.members // 40))
    homes = tuple(at for at, one in enumerate(organisations) if one.kind == "党支部")
    return District(units, stations, organisations, homes)


def _units(rng: np.random.Generator, count: int) -> tuple[Unit, ...]:
    table = data("places.toml")
    names: set[str] = set()
    units: list[Unit] = []
    while len(units) < count:
        trade = len(units) % len(table["trades"])
        first = table["unit_words_first"][rng.integers(0, len(table["unit_words_first"]))]
        second = table["unit_words_second"][rng.integers(0, len(table["unit_words_second"]))]
        third = (
            table["unit_words_second"][rng.integers(0, len(table["unit_words_second"]))] if rng.random() < 0.5 else ""
        )
        name = f"{table['district']}{first}{second}{third}{table['trades'][trade]['suffix']}"
        if name in names:
            continue
        names.add(name)
        phone = f"1{rng.choice(['38', '59', '86', '99'])}{rng.integers(10**7, 10**8):08d}"
        units.append(Unit(name, credit_code(rng, False), trade, int(rng.integers(0, len(table["streets"]))), phone))
    return tuple(units)


def _stations(rng: np.random.Generator, units: tuple[Unit, ...]) -> tuple[Station, ...]:
    table = data("places.toml")
    words = {"外卖": "配送站", "快递": "营业部", "网约车": "车队", "货运": "车队", "直播": "公会", "家政": "门店"}
    stations: dict[str, Station] = {}
    for at, unit in enumerate(units):
        for _ in range(2):
            street = unit.street if rng.random() < 0.5 else int(rng.integers(0, len(table["streets"])))
            community = table["communities"][rng.integers(0, len(table["communities"]))]
            short = table["streets"][street].removesuffix("街道").removesuffix("镇")
            name = f"{short}{community}{words[table['trades'][unit.trade]['trade']]}"
            stations.setdefault(name, Station(name, at, street))
    return tuple(stations.values())


def _organisations(rng: np.random.Generator, units: tuple[Unit, ...], branches: int) -> tuple[Organisation, ...]:
    table = data("places.toml")
    district, found = table["district"], list[Organisation]()

    def add(name: str, kind: str, parent: str, *, street: str = "", trade: str = "", unit: Unit | None = None) -> None:
        code = f"{table['district_code']}{len(found) + 1:06d}"
        found.append(
            Organisation(code, name, kind, parent, street, trade, unit.name if unit else "", unit.uscc if unit else "")
        )

    root = f"中共{district}委员会"
    for street in table["streets"]:
        add(f"中共{district}{street}工作委员会", "党委", root, street=street)
    for committee in dict.fromkeys(trade["committee"] for trade in table["trades"]):
        trades = "、".join(trade["trade"] for trade in table["trades"] if trade["committee"] == committee)
        add(f"中共{district}{committee}行业委员会", "行业党委", root, trade=trades)
    for number in range(branches):
        street = table["streets"][number % len(table["streets"])]
        turn = number // len(table["streets"])
        community = table["communities"][turn % len(table["communities"])]
        general = f"中共{district}{street}{community}社区总支部委员会"
        if turn < len(table["communities"]):
            add(general, "党总支", f"中共{district}{street}工作委员会", street=street)
        order = "一二三四五六七八九十"[turn // len(table["communities"]) % 10] + "十" * (
            turn // (10 * len(table["communities"]))
        )
        add(f"中共{district}{street}{community}社区第{order}支部委员会", "党支部", general, street=street)
    for number, street in enumerate(table["streets"]):
        parent = f"中共{district}{street}工作委员会"
        if number % 3 == 0:
            add(f"中共{district}{street}流动党员支部委员会", "流动党员党支部", parent, street=street)
        if number % 4 == 1:
            trade = table["trades"][number % len(table["trades"])]["trade"]
            add(f"中共{district}{street}{trade}行业联合支部委员会", "联合党支部", parent, street=street, trade=trade)
    for at in rng.permutation(len(units))[: max(3, len(units) // 12)]:
        unit = units[at]
        trade = table["trades"][unit.trade]
        parent = f"中共{district}{trade['committee']}行业委员会"
        add(
            f"中共{unit.name}支部委员会",
            "党支部",
            parent,
            street=table["streets"][unit.street],
            trade=trade["trade"],
            unit=unit,
        )
    return tuple(found)

"""One unit per branch, station, fleet or guild: under its firm where one is known, else by itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flows.ledger.named import street_in
from flows.units.mentions import Vocabulary
from flows.units.units import Minting, Unit, UnitRegister
from matchers.encoding.units import clean_unit

_STATION = "站点"
Place = tuple[str | None, str]
"""The firm above (none: nobody knows one) and what the branch is called."""


@dataclass(frozen=True)
class StationRow:
    """One station as rows write it, with the unit and the platform beside it."""

    station: str
    unit_name: str | None
    uscc: str | None
    platform: str | None
    street: str | None
    trade: str | None
    rows: int


@dataclass
class Site:
    """What rows show of one branch."""

    texts: Counter[str] = field(default_factory=Counter)
    streets: Counter[str] = field(default_factory=Counter)
    trades: Counter[str] = field(default_factory=Counter)
    kind: str = _STATION

    def add(self, text: str, street: str | None, trade: str | None, rows: int) -> None:
        self.texts[text] += rows
        for counts, value in ((self.streets, street), (self.trades, trade)):
            if value:
                counts[value] += rows


def branch_of(station: str, words: Vocabulary) -> tuple[str, str]:
    """(what the station is called, its kind); a cell of the station column is one, whatever it ends in."""
    name = words.parts(station)
    return (name.branch, name.branch_kind) if name.branch else (f"{clean_unit(station)}/{_STATION}", _STATION)


def firm_text(station: str, words: Vocabulary) -> str | None:
    """The firm a station's name begins with: 美团外卖 of 美团外卖龙洲站."""
    name = words.parts(station)
    return name.written if name.branch and name.core else None


def places_of(
    stations: list[StationRow], firms: Mapping[StationRow, str], words: Vocabulary
) -> dict[StationRow, Place]:
    """Where each station row belongs; one without a firm hangs under the only firm others write beside it."""
    branches = [branch_of(row.station, words)[0] for row in stations]
    beside: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    for row, branch in zip(stations, branches, strict=True):
        if row in firms:
            beside[branch, row.platform].add(firms[row])
    places: dict[StationRow, Place] = {}
    for row, branch in zip(stations, branches, strict=True):
        known = beside[branch, row.platform]
        firm = firms.get(row) or (next(iter(known)) if len(known) == 1 else None)
        places[row] = (firm, branch if firm else f"{branch}|{row.platform or ''}")
    return places


def sites_as_units(
    sites: Mapping[Place, Site], register: UnitRegister, minting: Minting, streets: Iterable[str]
) -> dict[Place, Unit]:
    """A unit per site; its street as rows write it, else as its name says it, marked so by `written_street`."""
    result: dict[Place, Unit] = {}
    named = tuple(streets)
    for place in sorted(sites, key=lambda entry: (entry[0] or "", entry[1])):
        site, (parent, branch) = sites[place], place
        name = min(site.texts, key=lambda text: (-site.texts[text], text))
        before = register.units.get(register.branch(parent, branch) or "")
        key = before.unit_key if before else minting.mint(f"{parent or ''}|{branch}")
        street = _most(site.streets) or street_in(clean_unit(name), named)
        result[place] = Unit(
            key, name, before.kind if before else site.kind, None, parent, branch,
            street=street or (before.street if before else None),
            trade=_most(site.trades) or (before.trade if before else None),
            since=before.since if before else "",
            spellings=tuple((clean_unit(text), None) for text in sorted(site.texts)),
        )  # fmt: skip
    return result


def _most(counts: Counter[str]) -> str | None:
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None

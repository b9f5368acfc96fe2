"""One night as its files show it: what came, what is carried forward, and what that says of every person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from flows.sample.hosts import SampleRegister
from flows.sample.linkable import LINKS, LinkableRegistry, RegistryIdentity, evidence, resolve_registry
from flows.sample.options import data
from flows.sample.owners import Owners, owners_of_phones
from flows.sample.people import Flags, Numbers
from flows.sample.scope import PLATFORM_WORK, scope_reasons
from flows.sample.sheets import Fact, SampleSheet
from flows.sample.statuses import LinkableWork, SampleDate, Workplace, statuses
from flows.sample.world import World

_STARTS = ("started_on", "registered_on", "valid_from", "established_on")


@dataclass(frozen=True)
class Sent:
    """One file: which of its rows were written, and where they stand; `places` is None where it did not come."""

    sheet: SampleSheet
    rows: Numbers
    places: Numbers | None


@dataclass
class SampleNight:
    """Everything a night's files, and those carried forward, say."""

    sent: list[Sent]
    identities: RegistryIdentity
    registry: LinkableRegistry
    works: dict[int, LinkableWork]
    """Of those who stand in the registry, or declare."""
    streets: dict[str, str]
    """Unit to its registered street."""
    platform_units: frozenset[str]
    """Units a platform or transport file names: known as such to who reads a row of another source."""
    night: SampleDate
    register: SampleRegister
    addressed: Flags
    """People of whom some file shows where they live."""
    codes: dict[int, list[str]] = field(default_factory=dict)
    """Codes of registry people who have any, and of those who only declare."""

    def resolved(self, sheet: SampleSheet) -> Flags:
        """Which rows of a registry sheet can be tied to their person."""
        result = np.zeros(len(sheet), bool)
        which = next((at for at, entry in enumerate(self.registry.sheets) if entry is sheet), None)
        if which is not None:
            result[self.registry.row[self.registry.which == which]] = True
        return result


def tell(world: World, sent: list[Sent], night: int) -> SampleNight:
    """Read a night's files as a clerk would who knows whose every row is."""
    sheets = [item.sheet for item in sent]
    identities, registry = resolve_registry(sheets, night, len(world.people))
    organisations = next(sheet for sheet in sheets if sheet.source == "party_organisations")
    names = organisations.cells["org_name"]
    above = zip(names, organisations.facts["parent_org"], strict=True)
    tonight = SampleNight(
        sent, identities, registry, {}, streets_of_units(sent), _platform_units(sent),
        SampleDate(world.options.dates()[night], frozenset(map(str, names)), {str(a): str(b) for a, b in above}),
        _register(world, sheets, [str(name) for name in names]), _addressed(world, sent),
    )  # fmt: skip
    owners = owners_of_phones([(item.sheet, item.rows) for item in sent])
    declares = _declaring(world, sent)
    for entry in sent:
        if entry.sheet.side == "worker":
            _gather_sheet(tonight, entry, owners, identities.seen | declares)
    _own_places(tonight)
    tonight.codes = _codes(tonight)
    return tonight


def _platform_units(sent: Iterable[Sent]) -> frozenset[str]:
    return frozenset(
        str(unit)
        for entry in sent
        if entry.sheet.source in ("platform", "transport") and "unit_name" in entry.sheet.facts
        for unit in {entry.sheet.facts["unit_name"][row] for row in entry.rows.tolist()}
        if unit
    )


def _addressed(world: World, sent: Iterable[Sent]) -> Flags:
    result = np.zeros(len(world.people), bool)
    for entry in sent:
        if {"home_address", "home_street"} & set(entry.sheet.headers):
            result[entry.sheet.person[entry.rows]] = True
    return result


def _declaring(world: World, sent: Iterable[Sent]) -> Flags:
    """Who says of themselves to be a member, in any file."""
    result = np.zeros(len(world.people), bool)
    for entry in sent:
        if entry.sheet.side == "worker" and entry.sheet.asks:
            said = entry.sheet.facts["declared_member"]
            result[entry.sheet.person[[row for row in entry.rows.tolist() if said[row] is True]]] = True
    return result


def _codes(tonight: SampleNight) -> dict[int, list[str]]:
    """By the rules, of those a row is tied to or whose own job on the roll is platform work; else 自报未核."""
    tied = [person for person, work in tonight.works.items() if work.linked or work.places]
    result = {
        person: statuses(tonight.registry.rows_of(person), tonight.works[person], tonight.night)
        for person in tied
        if tonight.identities.seen[person]
    }
    declared = {person for person, work in tonight.works.items() if work.declares}
    result |= {person: ["D1"] for person in declared if not tonight.identities.seen[person]}
    return {person: codes for person, codes in result.items() if codes}


def _register(world: World, sheets: list[SampleSheet], names: list[str]) -> SampleRegister:
    """Firms above stations and 分公司, as far as any file shows them; organisations by tonight's names."""
    organisations = world.district.organisations
    firms = {f"U{at:05d}": f"U{unit.parent:05d}" for at, unit in enumerate(world.district.units) if unit.parent >= 0}
    firms |= {
        f"S{at:05d}": f"U{station.unit:05d}" for at, station in enumerate(world.district.stations) if station.unit >= 0
    }
    renamed = {entry.name: name for entry, name in zip(organisations, names, strict=True) if entry.name != name}
    return SampleRegister(organisations, firms, renamed)


def streets_of_units(sent: Iterable[Sent]) -> dict[str, str]:
    """Units whose street some file shows: a registration, or a row with station or street."""
    result: dict[str, str] = {}
    for entry in sent:
        facts = entry.sheet.facts
        if "unit_name" not in facts or entry.sheet.source != "market_regulation":
            continue
        result |= {
            str(facts["unit_name"][row]): str(facts["street"][row]) for row in entry.rows if facts["unit_name"][row]
        }
    return result


def _gather_sheet(tonight: SampleNight, entry: Sent, owners: Owners, wanted: Flags) -> None:
    """Take in the rows of the people asked for, in place."""
    sheet = entry.sheet
    rows = entry.rows[wanted[sheet.person[entry.rows]]]
    reasons = scope_reasons(tonight.platform_units, sheet, rows)
    for row, reason, tier in zip(rows.tolist(), reasons, evidence(sheet, rows, tonight.identities), strict=True):
        person = int(sheet.person[row])
        work = tonight.works.setdefault(person, LinkableWork())
        if sheet.source != "self_reports":
            work.rows += 1
        if not agreed(sheet, row) or reason != PLATFORM_WORK:
            continue
        said = membership_claim(sheet, row)
        work.declares |= said is True
        place = _place(sheet, row, tonight.streets)
        work.claimed.append(place)
        if not tonight.identities.seen[person] or tier not in LINKS:
            # Of a member whose row cannot be tied to the roll, the row alone may stand as a person of its own.
            alone = bool(tonight.identities.seen[person]) and (said is True or sheet.source == "self_reports")
            work.open_codes |= {"D1"} if alone else set()
            continue
        work.linked += 1
        work.places.append(place)
        if place.start is None:
            continue
        if place.active:
            work.starts.append(place.start)
        if said is False and tier == "full_id" and not _of_another(tonight, sheet, row, owners):
            work.denials.append(place.start)
            shared = owners.others(sheet, row)
            if shared or "phone_employer" in sheet.tags.get(row, ()):  # a family's or an employer's: whose, stays open
                work.open_codes |= {"Y1", "N0"}


def _of_another(tonight: SampleNight, sheet: SampleSheet, row: int, owners: Owners) -> bool:
    """Whether the row's phone is another known person's and not the member's own."""
    mine = owners.has(sheet, row) and tonight.identities.shows(sheet, row)
    return not mine and owners.others(sheet, row)


def agreed(sheet: SampleSheet, row: int) -> bool:
    """Whether the person lets the row be used; only self-reports ask."""
    return bool(sheet.facts["consent"][row]) if "consent" in sheet.facts else True


def membership_claim(sheet: SampleSheet, row: int) -> bool | None:
    """What an asking file says of membership."""
    said: Fact = sheet.facts["declared_member"][row] if sheet.asks else None
    return said if isinstance(said, bool) else None


def _text(sheet: SampleSheet, name: str, row: int) -> str | None:
    fact = sheet.facts[name][row] if name in sheet.facts else None
    return str(fact) if fact else None


def _place(sheet: SampleSheet, row: int, streets: dict[str, str]) -> Workplace:
    starts = [sheet.facts[name][row] for name in _STARTS if name in sheet.facts]
    start = next((day for day in starts if isinstance(day, date)), None)
    active = bool(sheet.facts["active"][row]) if "active" in sheet.facts else True
    unit = _text(sheet, "unit_name", row)
    return Workplace(
        _text(sheet, "trade", row), unit, _text(sheet, "station", row),
        _text(sheet, "street", row) or streets.get(unit or ""), start, active, sheet.source,
    )  # fmt: skip


def _own_places(tonight: SampleNight) -> None:
    """Where the roll itself says a member works for a platform, for those no row is tied to."""
    for sheet in tonight.registry.sheets:
        if sheet.source != "party_members":
            continue
        tied = np.flatnonzero(tonight.resolved(sheet) & np.array(sheet.facts["own_job"], bool))
        for row in tied.tolist():
            work = tonight.works.setdefault(int(sheet.person[row]), LinkableWork())
            if not work.linked:
                work.places.append(_place(sheet, row, tonight.streets))


def home_streets(world: World, person: int) -> list[str]:
    """The street a person lives in."""
    street: str = data("places.toml")["streets"][int(world.people.street[person])]
    return [street]


def rows_on(sheet: SampleSheet, night: int) -> Numbers:
    """The rows of a file on a night, or of its last coming."""
    return np.flatnonzero(sheet.on(night))

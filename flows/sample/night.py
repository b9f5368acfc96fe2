"""One night as its files show it: what came, what is carried forward, and what that says of every person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from flows.sample.hosts import Register
from flows.sample.linkable import LINKS, Known, evidence, resolve_registry
from flows.sample.options import data
from flows.sample.people import Numbers
from flows.sample.sheets import Fact, Sheet, Shown
from flows.sample.statuses import Night, Place, Work, statuses
from flows.sample.world import World

_STARTS = ("started_on", "registered_on", "valid_from", "established_on")
_ASKED_BY_UNIT = frozenset({"human_resources"})


@dataclass(frozen=True)
class Sent:
    """One file: which of its rows were written, and where they stand; `places` is None where it did not come."""

    sheet: Sheet
    rows: Numbers
    places: Numbers | None

    def placed(self) -> Iterator[tuple[int, int]]:
        """(row, its number in the file) of every row written; none where the file did not come."""
        if self.places is not None:
            yield from zip(map(int, self.rows), map(int, self.places), strict=True)


@dataclass
class Told:
    """Everything a night's files, and those carried forward, say."""

    sent: list[Sent]
    known: dict[int, Known]
    registry: dict[int, list[tuple[Sheet, int]]]
    works: dict[int, Work]
    streets: dict[str, str]
    """Unit to its registered street."""
    platform_units: frozenset[str]
    """Units a platform or transport file names: known as such to who reads a row of another source."""
    night: Night
    register: Register
    resolved: frozenset[tuple[int, int]] = frozenset()
    """(identity of the sheet, row) of every registry row that can be tied to its person."""
    addressed: frozenset[int] = frozenset()
    """People of whom some file shows where they live."""
    codes: dict[int, list[str]] = field(default_factory=dict)
    """Codes of every registry person and of those who only declare."""


def tell(world: World, sent: list[Sent], night: int) -> Told:
    """Read a night's files as a clerk would who knows whose every row is."""
    sheets = [one.sheet for one in sent]
    known, registry = resolve_registry(sheets, night)
    named = frozenset(
        str(unit)
        for one in sent
        if one.sheet.source in ("platform", "transport") and "unit_name" in one.sheet.facts
        for unit in (one.sheet.facts["unit_name"][row] for row in one.rows)
        if unit
    )
    organisations = next(one for one in sheets if one.source == "party_organisations")
    names = organisations.cells["org_name"]
    above = zip(names, organisations.facts["parent_org"], strict=True)
    told = Told(
        sent, known, registry, {}, streets_of_units(sent), named,
        Night(world.options.dates()[night], frozenset(map(str, names)), {str(a): str(b) for a, b in above}),
        _register(world, sheets, [str(name) for name in names]),
    )  # fmt: skip
    told.resolved = frozenset((id(sheet), row) for rows in registry.values() for sheet, row in rows)
    told.addressed = frozenset(
        int(one.sheet.person[row])
        for one in sent
        if {"home_address", "home_street"} & set(one.sheet.headers)
        for row in one.rows
    )
    others = _owners_of_phones(sent)
    for one in sent:
        if one.sheet.side == "worker":
            _gather_sheet(told, one, others)
    _own_places(told)
    told.codes = {
        person: statuses(rows, told.works.get(person, Work()), told.night) for person, rows in registry.items()
    }
    told.codes |= {person: ["D1"] for person, work in told.works.items() if work.declares and person not in registry}
    return told


def _register(world: World, sheets: list[Sheet], names: list[str]) -> Register:
    """Firms above stations and 分公司, as far as any file shows them; organisations by tonight's names."""
    organisations = world.district.organisations
    firms = {f"U{at:05d}": f"U{one.parent:05d}" for at, one in enumerate(world.district.units) if one.parent >= 0}
    firms |= {f"S{at:05d}": f"U{one.unit:05d}" for at, one in enumerate(world.district.stations) if one.unit >= 0}
    renamed = {one.name: name for one, name in zip(organisations, names, strict=True) if one.name != name}
    return Register(organisations, firms, renamed)


def _owners_of_phones(sent: Iterable[Sent]) -> dict[str, set[int]]:
    """Whole phone numbers and the people they are shown of, employers' numbers and rented accounts left out."""
    owners: dict[str, set[int]] = {}
    for one in sent:
        sheet = one.sheet
        for row in map(int, one.rows):
            if sheet.phone_shown[row] == Shown.FULL and not {"rented_account", "phone_employer"} & set(
                sheet.tags.get(row, ())
            ):
                owners.setdefault(str(sheet.phones[row]), set()).add(int(sheet.person[row]))
    return owners


def streets_of_units(sent: Iterable[Sent]) -> dict[str, str]:
    """Units whose street some file shows: a registration, or a row with station or street."""
    found: dict[str, str] = {}
    for one in sent:
        facts = one.sheet.facts
        if "unit_name" not in facts or one.sheet.source != "market_regulation":
            continue
        found |= {
            str(facts["unit_name"][row]): str(facts["street"][row]) for row in one.rows if facts["unit_name"][row]
        }
    return found


def in_scope(told: Told, sheet: Sheet, row: int) -> bool | None:
    """Whether a worker row shows platform work; None for registry rows."""
    if sheet.side == "registry":
        return None
    return scope_reason(told, sheet, row) == "platform_work"


def scope_reason(told: Told, sheet: Sheet, row: int) -> str:
    """Why a row is in scope or not."""
    if sheet.facts["scope"][row] == "out":
        return str(sheet.facts["scope_why"][row])
    unit = sheet.facts["unit_name"][row] if "unit_name" in sheet.facts else None
    if sheet.source in _ASKED_BY_UNIT and "job" in sheet.headers and sheet.cells["job"][row] == "单位就业":
        names_trade = not any(one in str(sheet.cells["unit_name"][row]) for one in _plain())
        if not names_trade and unit not in told.platform_units:
            return "unit_unknown"
    return "platform_work"


def _plain() -> list[str]:
    return [one.removesuffix("有限公司") for one in data("places.toml")["plain_suffixes"]]


def _gather_sheet(told: Told, one: Sent, owners: dict[str, set[int]]) -> None:
    sheet = one.sheet
    for row in map(int, one.rows):
        person = int(sheet.person[row])
        work = told.works.setdefault(person, Work())
        if sheet.source != "self_reports":
            work.rows += 1
        if not agreed(sheet, row) or not in_scope(told, sheet, row):
            continue
        tier = evidence(sheet, row, told.known[person]) if person in told.known else None
        said = said_of_membership(sheet, row)
        work.declares |= said is True
        place = _place(sheet, row, told.streets)
        work.claimed.append(place)
        if tier not in LINKS:
            # Of a member whose row cannot be tied to the roll, the row alone may stand as a person of its own.
            alone = person in told.registry and (said is True or sheet.source == "self_reports")
            work.open_codes |= {"D1"} if alone else set()
            continue
        work.linked += 1
        work.places.append(place)
        if place.start is None:
            continue
        if place.active:
            work.starts.append(place.start)
        if said is False and tier == "full_id" and not _of_another(told, sheet, row, owners):
            work.denials.append(place.start)
            shared = len(owners.get(str(sheet.phones[row]), set()) - {person}) > 0
            if shared or "phone_employer" in sheet.tags.get(row, ()):  # a family's or an employer's: whose, stays open
                work.open_codes |= {"Y1", "N0"}


def _of_another(told: Told, sheet: Sheet, row: int, owners: dict[str, set[int]]) -> bool:
    """Whether the row's phone is another known person's and not the member's own."""
    person, phone = int(sheet.person[row]), str(sheet.phones[row])
    mine = person in owners.get(phone, set()) and phone in told.known[person].phones
    return not mine and bool(owners.get(phone, set()) - {person})


def agreed(sheet: Sheet, row: int) -> bool:
    """Whether the person lets the row be used; only self-reports ask."""
    return bool(sheet.facts["consent"][row]) if "consent" in sheet.facts else True


def said_of_membership(sheet: Sheet, row: int) -> bool | None:
    """What an asking file says of membership."""
    said: Fact = sheet.facts["declared_member"][row] if sheet.asks else None
    return said if isinstance(said, bool) else None


def _text(sheet: Sheet, name: str, row: int) -> str | None:
    fact = sheet.facts[name][row] if name in sheet.facts else None
    return str(fact) if fact else None


def _place(sheet: Sheet, row: int, streets: dict[str, str]) -> Place:
    starts = [sheet.facts[name][row] for name in _STARTS if name in sheet.facts]
    start = next((day for day in starts if isinstance(day, date)), None)
    active = bool(sheet.facts["active"][row]) if "active" in sheet.facts else True
    unit = _text(sheet, "unit_name", row)
    return Place(
        _text(sheet, "trade", row), unit, _text(sheet, "station", row),
        _text(sheet, "street", row) or streets.get(unit or ""), start, active, sheet.source,
    )  # fmt: skip


def _own_places(told: Told) -> None:
    """Where the roll itself says a member works for a platform, for those no row is tied to."""
    for person, rows in told.registry.items():
        work = told.works.setdefault(person, Work())
        if work.linked:
            continue
        work.places += [
            _place(sheet, row, told.streets)
            for sheet, row in rows
            if sheet.source == "party_members" and sheet.facts["own_job"][row]
        ]


def home_streets(world: World, person: int) -> list[str]:
    """The street a person lives in."""
    street: str = data("places.toml")["streets"][int(world.people.street[person])]
    return [street]


def rows_on(sheet: Sheet, night: int) -> Numbers:
    """The rows of a file on a night, or of its last coming."""
    return np.flatnonzero(sheet.on(night))

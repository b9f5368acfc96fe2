"""Where a worker row places its person: trade, firm and station of the row, and how their names are written there."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from flows.sample.feeds import Feed
from flows.sample.options import data
from flows.sample.people import Numbers
from flows.sample.sheets import Cell, Fact, SampleSheet
from flows.sample.unit_names import Spelling, weights_of
from flows.sample.world import World

_OFFICE_ROWS, _CODE_MISSING = 0.25, 0.4


@dataclass(frozen=True)
class Placed:
    """One entry per row: trade, street of work, firm (or 分公司) and station; -1 where there is none."""

    trade: Numbers
    street: Numbers
    unit: Numbers
    station: Numbers


def place_rows(rng: np.random.Generator, world: World, feed: Feed, person: Numbers) -> Placed:
    """The station a platform puts a person at, and the firm above it; else the firm the person works for."""
    district, roles = world.district, world.roles
    trade = np.where(np.isin(roles.trade[person], feed.trades), roles.trade[person], feed.trades[0])
    unit = np.where(trade == roles.trade[person], roles.unit[person], -1)
    station = np.full(len(person), -1)
    spare = {entry: district.units_of(int(entry)) for entry in set(trade)}
    listed = district.stations_of(feed.key)
    by_unit: dict[int, list[int]] = {}
    for at in listed:
        by_unit.setdefault(district.stations[at].unit, []).append(at)
    everybody = len(world.people)
    picks = rng.integers(0, 10**6, everybody)[person]  # a person entered twice stands at one place
    at_office = rng.random(everybody)[person] < _OFFICE_ROWS
    for row, pick in enumerate(picks.tolist()):
        if unit[row] < 0:
            unit[row] = spare[trade[row]][pick % len(spare[trade[row]])]
        if listed:
            fitting = by_unit.get(int(unit[row])) or listed
            station[row] = fitting[pick % len(fitting)]
            unit[row] = district.stations[station[row]].unit
        elif at_office[row] and (offices := district.offices_of(int(unit[row]))):
            unit[row] = offices[pick % len(offices)]
    street = [
        district.stations[at].street if at >= 0 else district.units[of].street
        for at, of in zip(station, unit, strict=True)
    ]
    return Placed(trade, np.array(street, np.int64), unit, station)


def fill_units(rng: np.random.Generator, world: World, sheet: SampleSheet, placed: Placed) -> None:
    """Names of firms and stations in their forms, credit codes present or not, and whose they are, in place."""
    units, stations = world.district.units, world.district.stations
    if "unit_name" in sheet.headers:
        write_names(rng, sheet, "unit_name", {at: units[at].spellings for at in set(placed.unit.tolist())}, placed.unit)
    if "station" in sheet.headers:
        write_names(
            rng, sheet, "station", {at: stations[at].spellings for at in set(placed.station.tolist())}, placed.station
        )
    if "uscc" in sheet.headers:
        missing = rng.random(len(sheet)) < _CODE_MISSING
        sheet.cells["uscc"] = [
            None if none or at < 0 else units[at].uscc for at, none in zip(placed.unit, missing, strict=True)
        ]
    shown_street = "station" in sheet.headers or "street" in sheet.headers
    sheet.facts["street"] = [
        data("places.toml")["streets"][street] if shown_street else None for street in placed.street
    ]


def write_names(
    rng: np.random.Generator, sheet: SampleSheet, field: str, forms: dict[int, tuple[Spelling, ...]], places: Numbers
) -> None:
    """One name per row in one of its forms; facts `<field>` (whose it is) and `<field>_form` beside, in place."""
    prefix = "U" if field == "unit_name" else "S"
    cells: list[Cell] = []
    whose: list[Fact] = []
    written: list[Fact] = []
    edges = {at: np.cumsum(weights_of(listed)).tolist() for at, listed in forms.items() if at >= 0}
    keys = {at: f"{prefix}{at:05d}" for at in edges}
    for at, chance in zip(places.tolist(), rng.random(len(places)).tolist(), strict=True):
        if at < 0:
            for column in (cells, whose, written):
                column.append(None)
            continue
        entry = forms[at][min(bisect_left(edges[at], chance), len(forms[at]) - 1)]
        cells.append(entry.text)
        whose.append(keys[at])
        written.append(entry.form)
    sheet.cells[field] = cells
    sheet.facts[field], sheet.facts[f"{field}_form"] = whose, written

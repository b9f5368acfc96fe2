"""Market regulation: the district's firms with their codes, the self-employed of the trades, and who runs them."""

from __future__ import annotations

import numpy as np

from flows.sample.feeds import Feed
from flows.sample.ids import credit_code
from flows.sample.options import data
from flows.sample.sheets import Cell, Fact, SampleSheet
from flows.sample.work_units import Placed
from flows.sample.world import World


def registered_units(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet, placed: Placed) -> None:
    """Legal names and codes as registered, in place: firms of the district, or businesses of the self-employed."""
    table, count = data("places.toml"), len(sheet)
    streets = [table["streets"][world.people.street[at]] for at in sheet.person]
    if feed.key == "geti":
        _self_employed(rng, world, sheet, placed)
    else:
        streets = _firms(rng, world, sheet, placed)
    sheet.facts["street"] = list(streets)
    sheet.cells |= {
        "unit_kind": ["个体工商户" if feed.key == "geti" else "有限责任公司"] * count,
        "address": [
            f"{table['district']}{street}{table['roads'][rng.integers(0, 10)]}{rng.integers(1, 200)}号"
            for street in streets
        ],
        "street": list(streets),
        "industry_code": [table["trades"][at]["trade"] for at in placed.trade],
        "employees": list(map(int, rng.integers(1, 30, count))),
    }
    if "reported_members" in sheet.headers:
        sheet.cells["reported_members"] = [None if entry else 0 for entry in rng.random(count) < 0.6]


def _self_employed(rng: np.random.Generator, world: World, sheet: SampleSheet, placed: Placed) -> None:
    """One business per person; one in seven carries its owner's name."""
    table, persons = data("places.toml"), sheet.person
    first, second = table["unit_words_first"], table["unit_words_second"]
    cells: list[Cell] = []
    picks = rng.integers(0, 20, (len(world.people), 3))[persons]  # who is entered twice has one business
    for row, (one, two, three) in enumerate(picks):
        word = world.names[persons[row]] if three % 7 == 0 else f"{second[one]}{first[two]}{second[three]}"
        cells.append(f"{table['district']}{word}{table['trades'][placed.trade[row]]['trade']}服务部")
    sheet.cells["unit_name"] = cells
    codes = {person: credit_code(rng, True) for person in dict.fromkeys(map(int, persons))}
    sheet.cells["uscc"] = [codes[int(person)] for person in persons]
    whose: list[Fact] = [f"O{person:06d}" for person in persons]
    sheet.facts["unit_name"], sheet.facts["unit_name_form"] = whose, ["legal"] * len(persons)


def _firms(rng: np.random.Generator, world: World, sheet: SampleSheet, placed: Placed) -> list[str]:
    """Firms by their legal names with codes; who finds theirs taken runs another of the trade, or one already there."""
    units = world.district.units
    of_person: dict[int, int] = {}
    taken: set[int] = set()
    chosen: list[int] = []
    for row, (person, at) in enumerate(zip(map(int, sheet.person), map(int, placed.unit), strict=True)):
        others = _of_trade(rng, world, int(placed.trade[row]))
        free = next((entry for entry in (at, *others) if entry not in taken), at)
        chosen.append(of_person.setdefault(person, free))
        taken.add(chosen[-1])
    sheet.cells["unit_name"] = [units[at].name for at in chosen]
    sheet.cells["uscc"] = [units[at].uscc for at in chosen]
    sheet.facts["unit_name"] = [f"U{at:05d}" for at in chosen]
    sheet.facts["unit_name_form"] = ["legal"] * len(chosen)
    return [data("places.toml")["streets"][units[at].street] for at in chosen]


def _of_trade(rng: np.random.Generator, world: World, trade: int) -> list[int]:
    """Some firms and 分公司 of a trade, in random order."""
    listed = world.district.all_of(trade)
    return [listed[at] for at in rng.permutation(len(listed))[:40]]

"""Roles: who of the people is a member, where the affiliation is, and which story (status) each tied member lives.

Stories are only a way of drawing facts; the truth of statuses is computed from the facts that stand in the files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.sample.district import SampleDistrict
from flows.sample.ids import Strings
from flows.sample.options import SampleOptions
from flows.sample.people import Days, Flags, Numbers, SamplePeople

STORIES = {"S1": 0.08, "P1": 0.13, "L1": 0.09, "Y1": 0.11, "P2": 0.11, "F1": 0.13, "F2": 0.11, "N0": 0.24}


@dataclass(frozen=True)
class Roles:
    """One entry per person: `story` is empty for people nobody looks for."""

    story: Strings
    on_roll: Flags
    home: Numbers
    """Place of the home branch in the register; -1 when the affiliation is elsewhere."""
    joined: Days
    trade: Numbers
    unit: Numbers
    """Place of the firm a person works for, whatever their rows name."""
    first_night: Numbers
    """The night a person appears (0: always there)."""
    last_night: Numbers


def draw_roles(
    rng: np.random.Generator, people: SamplePeople, district: SampleDistrict, options: SampleOptions
) -> Roles:
    """Members among workers by the member share, the rest of the roll from the other people."""
    count, workers = len(people), people.workers
    story = np.full(count, "", object)
    ages = (np.datetime64(options.as_of, "D") - people.birth[:workers]).astype(int) / 365.25
    tied = rng.permutation(np.flatnonzero((ages > 24) & (ages < 59)))[: round(workers * options.member_share)]
    story[tied] = _spread(rng, len(tied), STORIES)
    free = np.setdiff1d(np.arange(workers), tied)
    story[rng.permutation(free)[: max(len(tied) // 4, min(30, workers // 40))]] = "D1"
    on_roll = np.zeros(count, bool)
    on_roll[tied] = (story[tied] != "F2") & ~((story[tied] == "P1") & (rng.random(len(tied)) < 0.4))
    rest = np.arange(workers, count)[: options.members - int(on_roll.sum())]
    on_roll[rest] = True
    young = rest[(np.datetime64(options.as_of, "D") - people.birth[rest]).astype(int) < 57 * 365]
    story[rng.permutation(young)[: max(len(tied) // 4, min(30, workers // 40))]] = "W1"
    trade, unit = _employ(rng, district, count)
    home = _homes(rng, district, story, unit)
    first, last = _presence(rng, options, story, workers, count)
    return Roles(story, on_roll, home, _joined(rng, people, options, story), trade, unit, first, last)


def _homes(rng: np.random.Generator, district: SampleDistrict, story: Strings, unit: Numbers) -> Numbers:
    """Home branches: mostly of communities; some at a school, hospital or authority, some at the unit's own branch."""
    count, chance = len(story), rng.random(len(story))
    home = np.array(district.home_branches)[rng.integers(0, len(district.home_branches), count)]
    closed = np.array([at for at, organisation in enumerate(district.organisations) if organisation.remit == "closed"])
    elsewhere_employed = (story == "") & (chance < 0.06)
    home[elsewhere_employed] = closed[rng.integers(0, len(closed), int(elsewhere_employed.sum()))]
    of_unit = {
        unit: at
        for at, organisation in enumerate(district.organisations)
        if organisation.remit == "unit"
        for unit in organisation.units
    }
    for person in np.flatnonzero(np.isin(story, ["N0", "Y1", "L1", "S1"]) & (chance < 0.5)):
        home[person] = of_unit.get(int(unit[person]), home[person])
    home[np.isin(story, ["P2", "F2"])] = -1
    return home


def _spread(rng: np.random.Generator, count: int, shares: dict[str, float]) -> Strings:
    """Stories in their shares, to the head, in random order."""
    edges = np.round(np.cumsum(list(shares.values())) * count).astype(int)
    drawn: Strings = np.repeat(np.array(list(shares), object), np.diff(edges, prepend=0))
    return rng.permutation(np.append(drawn, np.full(count - len(drawn), "N0", object)))


def _joined(rng: np.random.Generator, people: SamplePeople, options: SampleOptions, story: Strings) -> Days:
    """Date of joining: at 18 or later, most before 35, at least half a year ago."""
    now = np.datetime64(options.as_of, "D")
    grown = people.birth + 18 * 365 + 6
    span = (now - 200 - grown).astype(int)
    wait = np.minimum(rng.gamma(2.0, 1300, len(people)).astype(int) + 60, np.maximum(span, 30))
    joined: Days = np.where(story == "Y1", np.minimum(grown + wait, now - 900), grown + wait)
    return joined


def _employ(rng: np.random.Generator, district: SampleDistrict, count: int) -> tuple[Numbers, Numbers]:
    trade = rng.choice(6, count, p=[0.45, 0.20, 0.13, 0.08, 0.07, 0.07])
    unit = np.zeros(count, np.int64)
    for entry in range(6):
        chosen = np.flatnonzero(trade == entry)
        firms = np.array(district.units_of(entry))
        unit[chosen] = firms[rng.integers(0, len(firms), len(chosen))]
    return trade, unit


def _presence(
    rng: np.random.Generator, options: SampleOptions, story: Strings, workers: int, count: int
) -> tuple[Numbers, Numbers]:
    """Joiners and leavers between the nights: about one worker in 150 each way per night."""
    first, last = np.zeros(count, np.int64), np.full(count, options.nights, np.int64)
    for night in range(1, options.nights):
        movers = rng.permutation(workers)[: 2 * max(1, workers // 150)]
        first[movers[::2]] = np.where(last[movers[::2]] > night, night, first[movers[::2]])
        leaving = movers[1::2]
        last[leaving] = np.where(first[leaving] < night, np.minimum(last[leaving], night), last[leaving])
    return first, last

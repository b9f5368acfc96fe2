"""People of other trades in the files of departments: teachers, nurses, shop owners, clerks."""

from __future__ import annotations

import numpy as np

from flows.sample.feeds import Feed
from flows.sample.ids import credit_code
from flows.sample.options import data
from flows.sample.people import Numbers
from flows.sample.sheets import SampleSheet
from flows.sample.world import World

SHARES = {"canbao": 0.06, "linghuo": 0.02, "geti": 0.03, "qiye": 0.006}
"""Rows of people out of scope per worker of the district, by sender."""


def other_people(rng: np.random.Generator, world: World, feed: Feed) -> Numbers:
    """Members of working age whom nobody looks for, and a few people of no roll, for one sender's file."""
    people, roles = world.people, world.roles
    grown = people.birth > np.datetime64(world.base, "D") - 59 * 365
    quiet = np.flatnonzero((roles.story == "") & grown & (np.arange(len(people)) >= people.workers))
    wanted = int(people.workers * SHARES.get(feed.key, 0.0))
    return np.asarray(rng.permutation(quiet)[:wanted], np.int64)


def write_other_work(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet, rows: Numbers) -> None:
    """What these rows say of work, in place of platform work; facts say why they are out of scope."""
    table = data("places.toml")
    employers = [(name, credit_code(rng, False)) for name, _ in table["other_units"]]
    for row in map(int, rows):
        pick = int(rng.integers(0, 10**6))
        sheet.facts["scope"][row], sheet.facts["trade"][row] = "out", None
        sheet.facts["active"][row] = True
        for field in ("unit_name", "unit_name_form"):
            sheet.facts[field][row] = None
        sheet.facts["street"][row] = None
        if feed.key == "canbao":
            _set(
                sheet,
                row,
                {"unit_name": employers[pick % len(employers)][0], "uscc": employers[pick % len(employers)][1]},
            )
            why = "other_employer"
        elif feed.key == "linghuo":
            _set(sheet, row, {"job": table["other_jobs"][pick % len(table["other_jobs"])], "unit_name": None})
            why = "other_job"
        else:
            why = _registered(rng, world, feed, sheet, row, pick)
        sheet.facts["scope_why"][row] = why


def _registered(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet, row: int, pick: int) -> str:
    """A shop, or a firm of another trade."""
    table = data("places.toml")
    words = table["unit_words_first"]
    if feed.key == "geti":
        shop = table["shop_words"][pick % len(table["shop_words"])]
        name = f"{table['district']}{words[pick // 10 % len(words)]}{words[pick // 200 % len(words)]}{shop}"
        _set(sheet, row, {"unit_name": name, "industry_code": "零售" if pick % 2 else "餐饮"})
        return "shop"
    name = f"{table['district']}{words[pick % len(words)]}{words[pick // 20 % len(words)]}机械制造有限公司"
    _set(sheet, row, {"unit_name": name, "uscc": credit_code(rng, False), "industry_code": "制造"})
    return "other_firm"


def _set(sheet: SampleSheet, row: int, cells: dict[str, str | None]) -> None:
    for name, cell in cells.items():
        if name in sheet.cells:
            sheet.cells[name][row] = cell

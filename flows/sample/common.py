"""What registry and self-report sheets share: identities, branch names, dates as cells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.sample.options import data
from flows.sample.organisations import street_committee
from flows.sample.people import Days
from flows.sample.sheets import Cell, Masking, NameShown, SampleSheet
from flows.sample.world import World


def identify(world: World, sheet: SampleSheet) -> None:
    """Fill name, ID and sex clean and whole, in place."""
    sheet.cells["name"] = list(world.names[sheet.person])
    sheet.cells["id_number"] = list(world.ids[sheet.person])
    sheet.cells["sex"] = ["女" if entry else "男" for entry in world.people.female[sheet.person]]
    sheet.full_ids = True
    sheet.name_shown[:], sheet.id_shown[:] = NameShown.FULL, Masking.FULL


def elsewhere(number: int) -> str:
    """A branch outside the district."""
    places = data("places.toml")
    community = places["communities"][number // len(places["elsewhere"]) % len(places["communities"])]
    return f"中共{places['elsewhere'][number % len(places['elsewhere'])]}{community}村支部委员会"


def shown_dates(days: list[date | None], book: bool) -> list[Cell]:
    """Dates typed in a workbook, ISO text in a CSV."""
    written = {day: day.isoformat() for day in set(days) if day is not None}
    return [day if book or day is None else written[day] for day in days]


def home_of(world: World, person: int) -> str:
    """The name of a person's home branch."""
    home = world.roles.home[person]
    return world.district.organisations[home].name if home >= 0 else elsewhere(person)


def committee_above(world: World, person: int) -> str:
    """The street committee above a person's home branch; empty where the branch is not of a community."""
    home = world.roles.home[person]
    entry = world.district.organisations[home] if home >= 0 else None
    return street_committee(entry.street) if entry and entry.remit == "community" else ""


def by_value(values: NDArray[Any], make: Callable[[Any], Cell]) -> list[Cell]:
    """A cell per value, made once of those that are equal."""
    distinct, which = np.unique(values, return_inverse=True)
    made = [make(entry) for entry in distinct]
    return [made[at] for at in which.tolist()]


def dates_of(days: Days) -> list[date | None]:
    """Days as dates, one object for those that are equal."""
    distinct, which = np.unique(days, return_inverse=True)
    made = distinct.astype("datetime64[D]").astype(object).tolist()
    return [made[at] for at in which.tolist()]

"""Worker sheets: the exports of platforms and departments, one row per account, registration or licence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from flows.sample.common import by_value, dates_of
from flows.sample.dirt import struck
from flows.sample.feeds import Feed, feeds
from flows.sample.ids import Strings
from flows.sample.market import registered_units
from flows.sample.options import Rates, data
from flows.sample.out_of_scope import other_people, write_other_work
from flows.sample.people import Days, Numbers
from flows.sample.sheets import Cell, Fact, Layout, Masking, NameShown, SampleSheet, new_sheet
from flows.sample.work_units import Placed, fill_units, place_rows
from flows.sample.world import World

_START = {
    "platform": "started_on",
    "human_resources": "registered_on",
    "transport": "valid_from",
    "market_regulation": "established_on",
}
_GONE = {"platform": "离职", "human_resources": "暂停缴费", "transport": "过期", "market_regulation": "注销"}
_ACTIVE_STATE = {"platform": "在职", "human_resources": "正常参保", "transport": "有效", "market_regulation": "存续"}


def worker_sheets(rng: np.random.Generator, world: World, rates: Rates) -> list[SampleSheet]:
    """All files of all worker sources."""
    chosen = _assign(rng, world)
    sheets = []
    for number, feed in enumerate(feeds()):
        persons = rng.permutation(np.flatnonzero(chosen[:, number]))
        others = other_people(rng, world, feed)
        for part, some in enumerate(np.array_split(persons, feed.split)):
            if len(some) or len(others):
                sheets.append(_sheet(rng, world, feed, np.concatenate([some, others]), len(others), part, rates))
    return sheets


def _assign(rng: np.random.Generator, world: World) -> Any:
    """Which worker stands with which sender: one each, a second for about one in five."""
    people, roles, listed = world.people, world.roles, feeds()
    count = people.workers
    fits = np.array([[feed.weight if trade in feed.trades else 0.0 for feed in listed] for trade in range(6)])
    full = np.array([feed.id == "full" and bool(feed.asks) for feed in listed])
    asking = np.array([feed.asks not in ("", "always_no") for feed in listed])
    linkable = np.array([feed.name == "full" for feed in listed])
    chances = fits[roles.trade[:count]].copy()
    story = roles.story[:count]
    chances[story == "Y1"] *= full
    chances[story == "D1"] *= asking
    steady = np.isin(story, ["S1", "P1", "L1", "P2", "F1", "F2"]) & (rng.random(count) < 0.7)
    chances[steady] *= linkable
    for column in np.flatnonzero(full):
        chances[chances.sum(axis=1) == 0, column] = 1.0
    chosen = np.zeros((count, len(listed)), bool)
    chosen[np.arange(count), _pick(rng, chances)] = True
    more = rng.random(count) < 0.2
    second = fits[roles.trade[:count]] * ~chosen + 0.0005 * np.array(
        [feed.source != "market_regulation" for feed in listed]
    )
    chosen[np.flatnonzero(more), _pick(rng, second[more])] = True
    return chosen


def _pick(rng: np.random.Generator, chances: Any) -> Numbers:
    edges = np.cumsum(chances, axis=1)
    picked: Numbers = (rng.random(len(chances))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    return picked


def _sheet(
    rng: np.random.Generator, world: World, feed: Feed, persons: Numbers, others: int, part: int, rates: Rates
) -> SampleSheet:
    """One file; the last `others` of the persons do other work."""
    doubled = persons[rng.random(len(persons)) < rates["duplicate_row"]]
    rows = np.concatenate([persons, doubled])
    order = rng.permutation(len(rows))
    person = rows[order]
    suffix = f"-{'东西南北'[part]}片区" if feed.split > 1 else ""
    layout = Layout(
        feed.form,
        feed.file[:20] if feed.form == "xlsx" else None,
        feed.encoding,
        feed.titles,
        feed.groups,
        feed.tail,
        feed.blank_every,
        feed.hidden,
    )
    sheet = new_sheet(feed.source, f"{feed.file}{suffix}.{feed.form}", layout, person)
    sheet.headers = dict(feed.headers)
    sheet.eligible["duplicate_row"] = len(persons)
    for row in np.flatnonzero(order >= len(persons)):
        sheet.tag(int(row), "duplicate_row")
    sheet.asks = feed.asks not in ("", "always_no")
    sheet.dated = feed.dated
    sheet.first_night = world.roles.first_night[person].copy()
    sheet.last_night = world.roles.last_night[person].copy()
    _fill_identity(rng, world, feed, sheet, rates)
    _fill_work(rng, world, feed, sheet)
    outside = np.flatnonzero(np.isin(person, persons[len(persons) - others :])) if others else np.zeros(0, np.int64)
    write_other_work(rng, world, feed, sheet, outside)
    sheet.cells = {name: sheet.cells.get(name, [None] * len(sheet)) for name in sheet.headers}
    return sheet


def _fill_identity(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet, rates: Rates) -> None:
    people, person = world.people, sheet.person
    names = world.names[person]
    sheet.cells["name"] = [
        mask_name(name, feed.name, female) for name, female in zip(names, people.female[person].tolist(), strict=True)
    ]
    sheet.name_shown[:] = NameShown.FULL if feed.name == "full" else NameShown.MASKED
    sheet.full_ids = feed.id == "full"
    if feed.id == "full":
        sheet.cells["id_number"] = list(world.ids[person])
        sheet.id_shown[:] = Masking.FULL
    elif feed.id != "none":
        head, tail = feed.id
        sheet.cells["id_number"] = [
            f"{entry[:head]}{'*' * (18 - head - tail)}{entry[-tail:]}" for entry in world.ids[person]
        ]
        sheet.id_shown[:] = Masking.MASK_6_4 if (head, tail) == (6, 4) else Masking.MASK_OTHER
    numbers = _numbers(rng, world, feed, sheet, rates)
    sheet.phones = numbers
    sheet.cells["phones"] = _phone_cells(feed, numbers)
    sheet.phone_shown[:] = Masking.FULL if feed.phone == "full" else Masking.MASK_3_4
    sheet.cells["sex"] = ["女" if entry else "男" for entry in people.female[person]]
    sheet.cells["birth_date"] = by_value(people.birth[person], str)
    sheet.facts["birth_date"] = list(dates_of(people.birth[person]))


def _phone_cells(feed: Feed, numbers: Strings) -> list[Cell]:
    return list(numbers) if feed.phone == "full" else [f"{number[:3]}****{number[-4:]}" for number in numbers]


def _numbers(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet, rates: Rates) -> Strings:
    """The number in each row: the person's own, a former one, an employer's, or the rider's of a rented account."""
    people, person = world.people, sheet.person
    numbers = people.phone[person].copy()
    everybody = np.ones(len(sheet), bool)
    for row in struck(sheet, "phone_changed", rates["phone_changed"], everybody, rng):
        numbers[row] = people.old_phone[person[row]]
        sheet.tag(row, "phone_changed")
    for row in struck(sheet, "phone_employer", rates["phone_employer"], everybody, rng):
        numbers[row] = world.district.units[world.roles.unit[person[row]]].phone
        sheet.tag(row, "phone_employer")
    if feed.source == "platform":
        for row in struck(sheet, "rented_account", rates["rented_account"], everybody, rng):
            rider = int(rng.integers(0, people.workers)) if rng.random() < 0.8 else int(rng.integers(0, len(people)))
            numbers[row] = people.phone[rider]
            sheet.tag(row, "rented_account")
    return numbers


def mask_name(name: str, form: str, female: bool) -> str:
    """A name as a platform shows it."""
    if form == "full":
        return name
    if form == "master":
        return name[0] + ("阿姨" if female else "师傅")
    if form == "first" or len(name) < 3:
        return f"*{name[-1]}" if form == "last" else name[0] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1] if form == "middle" else "*" * (len(name) - 1) + name[-1]


def _fill_work(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet) -> None:
    person, table = sheet.person, data("places.toml")
    count = len(person)
    placed = place_rows(rng, world, feed, person)
    serial = rng.permutation(count * 3)[:count] + 10000
    story = world.roles.story[person]
    since = _starts(rng, world, person)
    sheet.facts |= {
        _START[feed.source]: list(dates_of(since)),
        "scope": ["in"] * count,
        "scope_why": [None] * count,
        "trade": [table["trades"][trade]["job"] for trade in placed.trade.tolist()],
    }
    state = _states(rng, feed, story)
    sheet.facts["active"] = [cell == _ACTIVE_STATE[feed.source] for cell in state]
    drawn = {**_drawn(rng, feed, placed), "declared_member": _declared(rng, world, feed, sheet, story)}
    sheet.cells |= {name: column for name, column in drawn.items() if name in sheet.headers}
    sheet.cells |= {"work_state": state} if "work_state" in sheet.headers else {}
    written = _written(world, feed, sheet, (placed, serial, since))
    sheet.cells |= {name: make() for name, make in written.items() if name in sheet.headers}
    fill_units(rng, world, sheet, placed)
    if feed.source == "market_regulation":
        registered_units(rng, world, feed, sheet, placed)
    elif feed.source == "platform":
        sheet.facts["brand"] = [feed.platform] * count


def _drawn(rng: np.random.Generator, feed: Feed, placed: Placed) -> dict[str, list[Cell]]:
    """Columns drawn for every file, so that a column more or less in one leaves the others as they were."""
    count, district = len(placed.trade), data("places.toml")["district_code"]
    jobs = _jobs(rng, feed, placed)
    kinds, certificates = rng.integers(0, 2, count), rng.integers(10**8, 10**9, count)
    plates, until = rng.integers(10**4, 10**5, count), rng.random(count)
    wanted: dict[str, Callable[[], list[Cell]]] = {
        "insurance_kind": lambda: [("企业职工基本养老保险", "工伤保险")[kind] for kind in kinds.tolist()],
        "certificate_no": lambda: [f"{district}{certificate}" for certificate in certificates.tolist()],
        "plate": lambda: [f"渝B{entry}" for entry in plates.tolist()],
        "valid_to": lambda: by_value(
            np.where(until < 0.1, 0, 2027 + (until * 5).astype(np.int64)),
            lambda year: f"{year}-12-31" if year else "长期",
        ),
    }
    return {"job": jobs} | {name: make() for name, make in wanted.items() if name in feed.headers}


def _written(
    world: World, feed: Feed, sheet: SampleSheet, drawn: tuple[Placed, Numbers, Days]
) -> dict[str, Callable[[], list[Cell]]]:
    """What the other columns say of place, number and start; a text that many rows share is made once."""
    (placed, serial, since), count, table = drawn, len(sheet), data("places.toml")
    streets, months = table["streets"], since.astype("datetime64[M]")
    homes = [f"{table['district']}{name}{table['roads'][at % 10]}{at % 90 + 1}号" for at, name in enumerate(streets)]
    return {
        "serial": lambda: list(range(1, count + 1)),
        "platform": lambda: [feed.platform] * count,
        "worker_no": lambda: [f"{feed.key[:2].upper()}{entry:07d}" for entry in serial.tolist()],
        "street": lambda: [streets[street] for street in placed.street.tolist()],
        "home_address": lambda: [homes[street] for street in world.people.street[sheet.person].tolist()],
        _START[feed.source]: lambda: by_value(since, lambda day: _usual_date(_as_date(day), feed)),
        "period": lambda: by_value(months, lambda month: f"{_as_date(month):%Y%m}-{world.base:%Y%m}"),
        "period_from": lambda: by_value(months, lambda month: f"{_as_date(month):%Y%m}"),
        "period_to": lambda: [f"{world.base:%Y%m}"] * count,
    }


def _as_date(day: Any) -> date:
    result: date = day.astype("datetime64[D]").astype(object)
    return result


def _starts(rng: np.random.Generator, world: World, person: Numbers) -> Days:
    """Since when the person works here; well over half a year where the story needs it."""
    long = np.isin(world.roles.story[person], ["P2", "Y1"])
    ago = np.where(long, rng.integers(230, 420, len(person)), rng.integers(20, 1600, len(person)))
    return np.maximum(np.datetime64(world.base, "D") - ago, world.people.birth[person] + 18 * 365 + 6)


def _states(rng: np.random.Generator, feed: Feed, story: Strings) -> list[Cell]:
    gone = (rng.random(len(story)) < 0.07) & (story == "")
    return [_GONE[feed.source] if entry else _ACTIVE_STATE[feed.source] for entry in gone]


def _usual_date(day: date, feed: Feed) -> Cell:
    return day if feed.form == "xlsx" else day.isoformat()


def _jobs(rng: np.random.Generator, feed: Feed, placed: Placed) -> list[Cell]:
    """What the job column says: a form of employment where the sender has such, else the trade's job."""
    picks = rng.integers(0, 10**6, len(placed.trade))
    jobs = data("places.toml")["trades"]
    if feed.jobs:
        return [feed.jobs[pick % len(feed.jobs)] for pick in picks.tolist()]
    return [jobs[trade]["job"] for trade in placed.trade.tolist()]


def _declared(rng: np.random.Generator, world: World, feed: Feed, sheet: SampleSheet, story: Strings) -> list[Cell]:
    """What each worker says of membership; blank stays unknown, and a file that says no throughout does not ask."""
    says: list[Fact] = [None] * len(story)
    yes, no = {"politics": ("中共党员", "群众"), "politics_code": ("01", "13")}.get(feed.asks, ("是", "否"))
    chance = rng.random(len(story))
    member = world.registered[sheet.person]
    for row, (tale, entry) in enumerate(zip(story, chance, strict=True)):
        if feed.asks == "":
            break
        if feed.asks == "always_no" or tale == "Y1":
            says[row] = False
        elif tale == "D1":
            says[row] = True
        elif member[row]:
            says[row] = True if entry < 0.5 else None
        else:
            says[row] = False if entry < 0.78 else None
    sheet.facts["declared_member"] = says
    other = "共青团员" if feed.asks == "politics" else None
    return [
        yes if said else no if said is False else (other if item > 0.95 and not member[row] else None)
        for row, (said, item) in enumerate(zip(says, chance, strict=True))
    ]

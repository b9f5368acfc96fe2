"""Worker sheets: the exports of platforms and departments, one row per account, registration or licence."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from flows.sample.dirt import struck
from flows.sample.feeds import Feed, feeds
from flows.sample.ids import Strings
from flows.sample.market import registered_units
from flows.sample.options import Rates, data
from flows.sample.out_of_scope import other_people, write_other_work
from flows.sample.people import Days, Numbers
from flows.sample.sheets import Cell, Fact, Layout, NameShown, Sheet, Shown, new_sheet
from flows.sample.work_units import Placed, fill_units, place_rows
from flows.sample.world import World

_START = {
    "platform": "started_on",
    "human_resources": "registered_on",
    "transport": "valid_from",
    "market_regulation": "established_on",
}
_GONE = {"platform": "离职", "human_resources": "暂停缴费", "transport": "过期", "market_regulation": "注销"}
_HERE = {"platform": "在职", "human_resources": "正常参保", "transport": "有效", "market_regulation": "存续"}


def worker_sheets(rng: np.random.Generator, world: World, rates: Rates) -> list[Sheet]:
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
) -> Sheet:
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


def _fill_identity(rng: np.random.Generator, world: World, feed: Feed, sheet: Sheet, rates: Rates) -> None:
    people, person = world.people, sheet.person
    names = world.names[person]
    sheet.cells["name"] = [
        mask_name(name, feed.name, bool(people.female[at])) for name, at in zip(names, person, strict=True)
    ]
    sheet.name_shown[:] = NameShown.FULL if feed.name == "full" else NameShown.MASKED
    sheet.full_ids = feed.id == "full"
    if feed.id == "full":
        sheet.cells["id_number"] = list(world.ids[person])
        sheet.id_shown[:] = Shown.FULL
    elif feed.id != "none":
        head, tail = feed.id
        sheet.cells["id_number"] = [f"{one[:head]}{'*' * (18 - head - tail)}{one[-tail:]}" for one in world.ids[person]]
        sheet.id_shown[:] = Shown.MASK_6_4 if (head, tail) == (6, 4) else Shown.MASK_OTHER
    numbers = _numbers(rng, world, feed, sheet, rates)
    sheet.phones = numbers
    sheet.cells["phones"] = _phone_cells(feed, numbers)
    sheet.phone_shown[:] = Shown.FULL if feed.phone == "full" else Shown.MASK_3_4
    sheet.cells["sex"] = ["女" if one else "男" for one in people.female[person]]
    sheet.cells["birth_date"] = [str(day) for day in people.birth[person]]
    sheet.facts["birth_date"] = [day.astype(object) for day in people.birth[person]]


def _phone_cells(feed: Feed, numbers: Strings) -> list[Cell]:
    return list(numbers) if feed.phone == "full" else [f"{one[:3]}****{one[-4:]}" for one in numbers]


def _numbers(rng: np.random.Generator, world: World, feed: Feed, sheet: Sheet, rates: Rates) -> Strings:
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


def _fill_work(rng: np.random.Generator, world: World, feed: Feed, sheet: Sheet) -> None:
    person, table = sheet.person, data("places.toml")
    count, streets = len(person), table["streets"]
    placed = place_rows(rng, world, feed, person)
    serial = rng.permutation(count * 3)[:count] + 10000
    story = world.roles.story[person]
    since = _starts(rng, world, person)
    sheet.facts |= {
        _START[feed.source]: list(since.astype(object)),
        "scope": ["in"] * count,
        "scope_why": [None] * count,
        "trade": [table["trades"][trade]["job"] for trade in placed.trade],
    }
    state = _states(rng, feed, story)
    sheet.facts["active"] = [cell == _HERE[feed.source] for cell in state]
    cells: dict[str, list[Cell]] = {
        "serial": list(range(1, count + 1)),
        "platform": [feed.platform] * count,
        "worker_no": [f"{feed.key[:2].upper()}{one:07d}" for one in serial],
        "job": _jobs(rng, feed, placed),
        "street": [streets[one] for one in placed.street],
        "home_address": [
            f"{table['district']}{streets[one]}{table['roads'][one % 10]}{one % 90 + 1}号"
            for one in world.people.street[person]
        ],
        "work_state": state,
        _START[feed.source]: [_usual_date(day, feed) for day in since.astype(object)],
        "period": [f"{day:%Y%m}-{world.base:%Y%m}" for day in since.astype(object)],
        "period_from": [f"{day:%Y%m}" for day in since.astype(object)],
        "period_to": [f"{world.base:%Y%m}"] * count,
        "insurance_kind": [("企业职工基本养老保险", "工伤保险")[int(one)] for one in rng.integers(0, 2, count)],
        "certificate_no": [f"{table['district_code']}{rng.integers(10**8, 10**9)}" for _ in range(count)],
        "plate": [f"渝B{rng.integers(10**4, 10**5)}" for _ in range(count)],
        "valid_to": ["长期" if one < 0.1 else f"{2027 + int(one * 5)}-12-31" for one in rng.random(count)],
        "declared_member": _declared(rng, world, feed, sheet, story),
    }
    sheet.cells |= {name: column for name, column in cells.items() if name in sheet.headers}
    fill_units(rng, world, sheet, placed)
    if feed.source == "market_regulation":
        registered_units(rng, world, feed, sheet, placed)
    elif feed.source == "platform":
        sheet.facts["brand"] = [feed.platform] * count


def _starts(rng: np.random.Generator, world: World, person: Numbers) -> Days:
    """Since when the person works here; well over half a year where the story needs it."""
    long = np.isin(world.roles.story[person], ["P2", "Y1"])
    ago = np.where(long, rng.integers(230, 420, len(person)), rng.integers(20, 1600, len(person)))
    return np.maximum(np.datetime64(world.base, "D") - ago, world.people.birth[person] + 18 * 365 + 6)


def _states(rng: np.random.Generator, feed: Feed, story: Strings) -> list[Cell]:
    gone = (rng.random(len(story)) < 0.07) & (story == "")
    return [_GONE[feed.source] if one else _HERE[feed.source] for one in gone]


def _usual_date(day: date, feed: Feed) -> Cell:
    return day if feed.form == "xlsx" else day.isoformat()


def _jobs(rng: np.random.Generator, feed: Feed, placed: Placed) -> list[Cell]:
    """What the job column says: a form of employment where the sender has such, else the trade's job."""
    picks = rng.integers(0, 10**6, len(placed.trade))
    jobs = data("places.toml")["trades"]
    if feed.jobs:
        return [feed.jobs[pick % len(feed.jobs)] for pick in picks]
    return [jobs[trade]["job"] for trade in placed.trade]


def _declared(rng: np.random.Generator, world: World, feed: Feed, sheet: Sheet, story: Strings) -> list[Cell]:
    """What each worker says of membership; blank stays unknown, and a file that says no throughout does not ask."""
    says: list[Fact] = [None] * len(story)
    yes, no = {"politics": ("中共党员", "群众"), "politics_code": ("01", "13")}.get(feed.asks, ("是", "否"))
    chance = rng.random(len(story))
    member = world.registered[sheet.person]
    for row, (tale, one) in enumerate(zip(story, chance, strict=True)):
        if feed.asks == "":
            break
        if feed.asks == "always_no" or tale == "Y1":
            says[row] = False
        elif tale == "D1":
            says[row] = True
        elif member[row]:
            says[row] = True if one < 0.5 else None
        else:
            says[row] = False if one < 0.78 else None
    sheet.facts["declared_member"] = says
    other = "共青团员" if feed.asks == "politics" else None
    return [
        yes if said else no if said is False else (other if one > 0.95 and not member[row] else None)
        for row, (said, one) in enumerate(zip(says, chance, strict=True))
    ]

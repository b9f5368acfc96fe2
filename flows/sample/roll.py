"""The roll: one row per member, with the states of membership a clerk has noted."""

from __future__ import annotations

from datetime import date

import numpy as np

from flows.sample.branch_names import written_branches, written_codes
from flows.sample.changes import UNACCUSED, contradicting_nights
from flows.sample.common import by_value, dates_of, elsewhere, identify, shown_dates
from flows.sample.options import Rates, data
from flows.sample.own_work import own_work
from flows.sample.people import Numbers
from flows.sample.sheets import Layout, Masking, SampleSheet, new_sheet
from flows.sample.world import World

_AREAS = ("城东片", "城西片", "城南片", "城北片", "江南片", "江北片")
_ROLL_HEADERS = (
    {
        "serial": "序号",
        "member_no": "党员编号",
        "name": "姓名",
        "sex": "性别",
        "ethnicity": "民族",
        "id_number": "公民身份号码",
        "birth_date": "出生日期",
        "education": "学历",
        "member_type": "人员类别",
        "joined_on": "加入党组织日期",
        "full_member_on": "转为正式党员日期",
        "branch_name": "所在党支部",
        "branch_code": "党组织代码",
        "phones": "手机号码",
        "home_address": "家庭住址",
        "unit_name": "工作单位",
        "job": "工作岗位",
        "membership_state": "党籍状态",
        "lost_contact": "是否失联",
        "lost_contact_on": "失联日期",
        "is_floating": "是否流动党员",
        "outflow_to": "外出流向",
    },
    {
        "branch_name": "所在党组织",
        "name": "党员姓名",
        "id_number": "身份证号码",
        "sex": "性别",
        "birth_date": "出生年月",
        "ethnicity": "民族",
        "phones": "联系电话",
        "member_no": "党员编号",
        "member_type": "党员类别",
        "joined_on": "入党时间",
        "full_member_on": "转正时间",
        "branch_code": "党组织代码",
        "unit_name": "工作单位",
        "job": "职业",
        "home_address": "现居住地",
        "membership_state": "党籍",
        "lost_contact": "是否失联党员",
        "lost_contact_on": "失联时间",
        "is_floating": "流动党员",
        "outflow_to": "外出流向",
    },
)
_ROLL_GROUPS = (("党员基本信息", 8), ("党籍信息", 5), ("联系与就业", 4), ("管理信息", 5))


def roll_sheets(rng: np.random.Generator, world: World, rates: Rates) -> list[SampleSheet]:
    """The roll's files, one per group of streets, with a few people entered twice."""
    members = np.flatnonzero(world.roles.on_roll)
    again = members[rng.random(len(members)) < rates["duplicate_row"]]
    # Over several nights some entered twice come to be entered in two ways (changes.contradict_rolls).
    in_order = members[np.isin(world.roles.story[members], UNACCUSED)]
    again = np.union1d(again, in_order[: len(contradicting_nights(world.options.nights))])
    persons = np.concatenate([members, again])
    second = np.concatenate([np.zeros(len(members), bool), np.ones(len(again), bool)])
    groups = max(2, min(6, len(members) // 12000))
    group = world.people.street[persons] % groups
    sheets = []
    for number in range(groups):
        chosen = rng.permutation(np.flatnonzero(group == number))
        sheets.append(_roll_sheet(rng, world, persons[chosen], second[chosen], number))
        sheets[-1].eligible["duplicate_row"] = len(chosen) - int(second[chosen].sum())
    _change_roll_phones(rng, world, sheets, rates)
    return sheets


def _roll_sheet(
    rng: np.random.Generator, world: World, persons: Numbers, second: np.ndarray, number: int
) -> SampleSheet:
    book = number % 2 == 0
    layout = Layout(
        "xlsx" if book else "csv",
        "党员名册" if book else None,
        "gb18030",
        ("澜江区党员名册",) if book else (),
        _ROLL_GROUPS if book else (),
        book,
        hidden=book,
    )
    sheet = new_sheet("party_members", f"党员名册-{_AREAS[number]}.{layout.form}", layout, persons)
    sheet.headers = dict(_ROLL_HEADERS[0 if book else 1])
    identify(world, sheet)
    numbers = [f"{no}B" if twice else no for no, twice in zip(world.member_no[persons], second, strict=True)]
    for row in np.flatnonzero(second):
        sheet.tag(int(row), "duplicate_row")
    sheet.phones = world.roll_phone[persons].copy()
    sheet.phone_shown[:] = Masking.FULL
    count = len(persons)
    jobs = own_work(rng, world, persons)
    joined, full = _joined(world, persons)
    births = dates_of(world.people.birth[persons])
    branches, codes = _branches(world, persons)
    places = data("places.toml")
    education = ("小学", "初中", "高中", "中专", "大专", "大学本科", "研究生")
    sheet.cells |= {
        "serial": list(range(1, count + 1)),
        "member_no": list(numbers),
        "ethnicity": list(world.people.ethnicity[persons]),
        "birth_date": shown_dates(births, book),
        "education": [education[entry] for entry in rng.integers(0, len(education), count)],
        "member_type": ["预备党员" if entry is None else "正式党员" for entry in full],
        "joined_on": shown_dates(joined, book),
        "full_member_on": shown_dates(full, book),
        "branch_name": list(written_branches(rng, branches)),
        "branch_code": list(written_codes(rng, codes)),
        "phones": list(sheet.phones),
        "home_address": by_value(
            world.people.street[persons],
            lambda at: f"{places['district']}{places['streets'][at]}{places['communities'][at % 12]}社区{at + 1}号",
        ),
        "unit_name": [job.unit or None for job in jobs],
        "job": [job.job or None for job in jobs],
    }
    sheet.facts |= {
        "birth_date": list(births),
        "joined_on": list(joined),
        "full_member_on": list(full),
        "branch_name": list(branches),
        "own_job": [job.trade is not None for job in jobs],
        "trade": [job.trade for job in jobs],
        "unit_name": [job.whose for job in jobs],
        "unit_name_form": [job.form for job in jobs],
    }
    _states(rng, world, sheet)
    return sheet


def _joined(world: World, persons: Numbers) -> tuple[list[date | None], list[date | None]]:
    """Joining and, a year later, full membership; None while still on probation."""
    joined = world.roles.joined[persons]
    full = joined + 366
    return dates_of(joined), [day if day and day <= world.base else None for day in dates_of(full)]


def _branches(world: World, persons: Numbers) -> tuple[list[str], list[str | None]]:
    organisations = world.district.organisations
    names: list[str] = []
    codes: list[str | None] = []
    for person, home in zip(persons.tolist(), world.roles.home[persons].tolist(), strict=True):
        names.append(organisations[home].name if home >= 0 else elsewhere(person))
        codes.append(organisations[home].code if home >= 0 else None)
    return names, codes


def _states(rng: np.random.Generator, world: World, sheet: SampleSheet) -> None:
    """党籍状态, 失联 and 流动 of every roll row: by story for those tied to platforms, at base rates for the others."""
    story, count, book = world.roles.story[sheet.person], len(sheet), sheet.layout.form == "xlsx"
    chance = rng.random((3, count))
    quiet = story == ""
    stopped = (story == "S1") | (quiet & (chance[0] < 0.002))
    lost = (story == "L1") | (quiet & (chance[1] < 0.004))
    some = np.isin(story, ["N0", "Y1", "L1"]) & (world.roles.home[sheet.person] >= 0)
    floating = ((story == "F1") & (chance[2] < 0.7)) | (some & (chance[2] < 0.08)) | (quiet & (chance[2] < 0.02))
    blank = quiet & (rng.random(count) < 0.1)
    gone = dates_of(np.datetime64(world.base, "D") - rng.integers(200, 2500, count))
    places = data("places.toml")["elsewhere"]
    sheet.cells |= {
        "membership_state": ["停止党籍" if entry else ("正常" if book else "正常党籍") for entry in stopped],
        "lost_contact": [
            None if empty else ("是" if entry else "否") for entry, empty in zip(lost, blank, strict=True)
        ],
        "lost_contact_on": shown_dates([day if entry else None for entry, day in zip(lost, gone, strict=True)], book),
        "is_floating": [
            None if empty and not entry else ("是" if entry else "否")
            for entry, empty in zip(floating, blank, strict=True)
        ],
        "outflow_to": [places[at % len(places)] if entry else None for at, entry in enumerate(floating)],
    }
    sheet.facts |= {
        "stopped": list(map(bool, stopped)),
        "lost": [bool(entry) and not empty for entry, empty in zip(lost, blank, strict=True)],
        "floating": list(map(bool, floating)),
        "lost_contact_on": [day if entry else None for entry, day in zip(lost, gone, strict=True)],
    }


def _change_roll_phones(rng: np.random.Generator, world: World, sheets: list[SampleSheet], rates: Rates) -> None:
    """Tag and count the rolls' former numbers (drawn with the world)."""
    for sheet in sheets:
        stale = world.people.phone[sheet.person] != sheet.phones
        sheet.eligible["phone_changed"] = len(sheet)
        for row in np.flatnonzero(stale):
            sheet.tag(int(row), "phone_changed")

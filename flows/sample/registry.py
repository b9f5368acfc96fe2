"""Registry sheets: the roll, the transfer register, the floating register and the register of organisations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from flows.sample.dirt import struck
from flows.sample.options import Rates, data
from flows.sample.people import Numbers
from flows.sample.sheets import Cell, Edit, Fact, Layout, NameShown, Sheet, Shown, new_sheet
from flows.sample.world import World

_OWN_JOBS = (
    ("蓝骑平台", "外卖骑手"), ("闪达配送", "外卖送餐员"), ("迅风速递", "快递员"), ("自由职业", "网约车司机"),
    ("个体", "货车司机"), ("星播", "网络主播"), ("安居到家", "网约家政"),
)  # fmt: skip
_OTHER_JOBS = (
    ("澜江区第一中学", "教师"), ("澜江区人民医院", "护士"), ("澜江化工厂", "工人"), ("", "务农"), ("", "退休"), ("", ""),
    ("澜江区供电公司", "职员"), ("澜江区某机械厂", "技术员"), ("", "待业"), ("澜江区财政局", "干部"),
)  # fmt: skip
_ROLL_HEADERS = (
    {
        "serial": "序号", "member_no": "党员编号", "name": "姓名", "sex": "性别", "ethnicity": "民族",
        "id_number": "公民身份号码", "birth_date": "出生日期", "education": "学历", "member_type": "人员类别",
        "joined_on": "加入党组织日期", "full_member_on": "转为正式党员日期", "branch_name": "所在党支部",
        "branch_code": "党组织代码", "phones": "手机号码", "home_address": "家庭住址", "unit_name": "工作单位",
        "job": "工作岗位", "membership_state": "党籍状态", "lost_contact": "是否失联", "lost_contact_on": "失联日期",
        "is_floating": "是否流动党员", "outflow_to": "外出流向",
    },
    {
        "branch_name": "所在党组织", "name": "党员姓名", "id_number": "身份证号码", "sex": "性别", "birth_date": "出生年月",
        "ethnicity": "民族", "phones": "联系电话", "member_no": "党员编号", "member_type": "党员类别",
        "joined_on": "入党时间", "full_member_on": "转正时间", "branch_code": "党组织代码", "unit_name": "工作单位",
        "job": "职业", "home_address": "现居住地", "membership_state": "党籍", "lost_contact": "是否失联党员",
        "lost_contact_on": "失联时间", "is_floating": "流动党员", "outflow_to": "外出流向",
    },
)  # fmt: skip
_ROLL_GROUPS = (("党员基本信息", 8), ("党籍信息", 5), ("联系与就业", 4), ("管理信息", 5))


def registry_sheets(rng: np.random.Generator, world: World, rates: Rates) -> list[Sheet]:
    """All files of the registry."""
    return [*_roll(rng, world, rates), *_transfers(rng, world), *_floating(rng, world), _organisations(rng, world)]


def identify(world: World, sheet: Sheet) -> None:
    """Fill name, ID and sex clean and whole, in place."""
    sheet.cells["name"] = list(world.names[sheet.person])
    sheet.cells["id_number"] = list(world.ids[sheet.person])
    sheet.cells["sex"] = ["女" if one else "男" for one in world.people.female[sheet.person]]
    sheet.name_shown[:], sheet.id_shown[:] = NameShown.FULL, Shown.FULL


def elsewhere(number: int) -> str:
    """A branch outside the district."""
    places = data("places.toml")
    community = places["communities"][number // len(places["elsewhere"]) % len(places["communities"])]
    return f"中共{places['elsewhere'][number % len(places['elsewhere'])]}{community}村支部委员会"


def _roll(rng: np.random.Generator, world: World, rates: Rates) -> list[Sheet]:
    members = np.flatnonzero(world.roles.on_roll)
    again = members[rng.random(len(members)) < rates["duplicate_row"]]
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


def _roll_sheet(rng: np.random.Generator, world: World, persons: Numbers, second: np.ndarray, number: int) -> Sheet:
    book = number % 2 == 0
    layout = Layout(
        "xlsx" if book else "csv", "党员名册" if book else None, "gb18030", ("澜江区党员名册",) if book else (),
        _ROLL_GROUPS if book else (), book, hidden=book,
    )  # fmt: skip
    sheet = new_sheet("party_members", f"党员名册{number + 1:02d}.{layout.form}", layout, persons)
    sheet.headers = dict(_ROLL_HEADERS[0 if book else 1])
    identify(world, sheet)
    numbers = [f"{no}B" if twice else no for no, twice in zip(world.member_no[persons], second, strict=True)]
    for row in np.flatnonzero(second):
        sheet.tag(int(row), "duplicate_row")
    sheet.phones = world.roll_phone[persons].copy()
    sheet.phone_shown[:] = Shown.FULL
    count = len(persons)
    jobs = _jobs(rng, world, persons)
    joined, full = _joined(world, persons)
    branches, codes = _branches(world, persons)
    places = data("places.toml")
    education = ("小学", "初中", "高中", "中专", "大专", "大学本科", "研究生")
    sheet.cells |= {
        "serial": list(range(1, count + 1)),
        "member_no": list(numbers),
        "ethnicity": list(world.people.ethnicity[persons]),
        "birth_date": _shown_dates(list(world.people.birth[persons].astype(object)), book),
        "education": [education[one] for one in rng.integers(0, len(education), count)],
        "member_type": ["预备党员" if one is None else "正式党员" for one in full],
        "joined_on": _shown_dates(joined, book),
        "full_member_on": _shown_dates(full, book),
        "branch_name": list(branches),
        "branch_code": list(codes),
        "phones": list(sheet.phones),
        "home_address": [
            f"{places['district']}{places['streets'][street]}{places['communities'][street % 12]}社区{street * 7 % 60 + 1}号"
            for street in world.people.street[persons]
        ],
        "unit_name": [unit or None for unit, _ in jobs],
        "job": [job or None for _, job in jobs],
    }
    sheet.facts |= {
        "birth_date": list(world.people.birth[persons].astype(object)),
        "joined_on": list(joined),
        "full_member_on": list(full),
        "branch_name": list(branches),
        "own_job": [(unit, job) in _OWN_JOBS for unit, job in jobs],
    }
    _states(rng, world, sheet)
    return sheet


def _shown_dates(days: list[date | None], book: bool) -> list[Cell]:
    return [day if book or day is None else day.isoformat() for day in days]


def _jobs(rng: np.random.Generator, world: World, persons: Numbers) -> list[tuple[str, str]]:
    own, other = rng.integers(0, len(_OWN_JOBS), len(persons)), rng.integers(0, len(_OTHER_JOBS), len(persons))
    stories = world.roles.story[persons]
    return [_OWN_JOBS[mine] if story == "W1" else _OTHER_JOBS[theirs] for story, mine, theirs in zip(stories, own, other, strict=True)]


def _joined(world: World, persons: Numbers) -> tuple[list[date | None], list[date | None]]:
    """Joining and, a year later, full membership; None while still on probation."""
    joined = world.roles.joined[persons]
    full = joined + 366
    return list(joined.astype(object)), [day if day <= world.base else None for day in full.astype(object)]


def _branches(world: World, persons: Numbers) -> tuple[list[str], list[str | None]]:
    organisations = world.district.organisations
    names: list[str] = []
    codes: list[str | None] = []
    for person, home in zip(persons, world.roles.home[persons], strict=True):
        names.append(organisations[home].name if home >= 0 else elsewhere(int(person)))
        codes.append(organisations[home].code if home >= 0 else None)
    return names, codes


def _states(rng: np.random.Generator, world: World, sheet: Sheet) -> None:
    """党籍状态, 失联 and 流动 of every roll row: by story for those tied to platforms, at base rates for the others."""
    story, count, book = world.roles.story[sheet.person], len(sheet), sheet.layout.form == "xlsx"
    chance = rng.random((3, count))
    quiet = story == ""
    stopped = (story == "S1") | (quiet & (chance[0] < 0.002))
    lost = (story == "L1") | (quiet & (chance[1] < 0.004))
    some = np.isin(story, ["N0", "Y1", "L1"]) & (world.roles.home[sheet.person] >= 0)
    floating = ((story == "F1") & (chance[2] < 0.7)) | (some & (chance[2] < 0.08)) | (quiet & (chance[2] < 0.02))
    blank = quiet & (rng.random(count) < 0.1)
    gone = [world.base - timedelta(days=int(days)) for days in rng.integers(200, 2500, count)]
    places = data("places.toml")["elsewhere"]
    sheet.cells |= {
        "membership_state": ["停止党籍" if one else ("正常" if book else "正常党籍") for one in stopped],
        "lost_contact": [None if empty else ("是" if one else "否") for one, empty in zip(lost, blank, strict=True)],
        "lost_contact_on": _shown_dates([day if one else None for one, day in zip(lost, gone, strict=True)], book),
        "is_floating": [None if empty and not one else ("是" if one else "否") for one, empty in zip(floating, blank, strict=True)],
        "outflow_to": [places[at % len(places)] if one else None for at, one in enumerate(floating)],
    }
    sheet.facts |= {
        "stopped": list(map(bool, stopped)),
        "lost": [bool(one) and not empty for one, empty in zip(lost, blank, strict=True)],
        "floating": list(map(bool, floating)),
        "lost_contact_on": [day if one else None for one, day in zip(lost, gone, strict=True)],
    }


def _change_roll_phones(rng: np.random.Generator, world: World, sheets: list[Sheet], rates: Rates) -> None:
    """Tag and count the rolls' former numbers (drawn with the world)."""
    for sheet in sheets:
        stale = world.people.phone[sheet.person] != sheet.phones
        sheet.eligible["phone_changed"] = len(sheet)
        for row in np.flatnonzero(stale):
            sheet.tag(int(row), "phone_changed")


@dataclass
class _Letters:
    """Transfer rows in the making."""

    person: list[int] = field(default_factory=list)
    issued: list[date] = field(default_factory=list)
    state: list[str | None] = field(default_factory=list)
    received: list[date | None] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)

    def add(self, person: int, issued: date, state: str | None, branches: tuple[str, str]) -> None:
        """One letter; a received one came back a month later."""
        self.person.append(person)
        self.issued.append(issued)
        self.state.append(state)
        self.received.append(issued + timedelta(days=21) if state == "已接收" else None)
        self.source.append(branches[0])
        self.target.append(branches[1])


def _transfers(rng: np.random.Generator, world: World) -> list[Sheet]:
    """Letters in the pocket, letters received, sent back, still good, and those of people nobody looks for."""
    letters = _Letters()
    for person in np.flatnonzero(np.isin(world.roles.story, ["P1", "N0"])):
        _tied_letters(rng, world, letters, int(person))
    quiet = np.flatnonzero((world.roles.story == "") & world.roles.on_roll)
    for person in rng.permutation(quiet)[: max(20, len(quiet) // 60)]:
        home = _home(world, int(person))
        state = ("已接收", "已接收", "已接收", "退回", "未接收", "审批超时", None)[rng.integers(0, 7)]
        pair = (elsewhere(int(person)), home) if state == "已接收" else (home, elsewhere(int(person)))
        letters.add(int(person), world.base - timedelta(days=int(rng.integers(40, 900))), state, pair)
    order = rng.permutation(len(letters.person))
    return [_letter_sheet(rng, world, letters, part, number) for number, part in enumerate(np.array_split(order, 2))]


def _home(world: World, person: int) -> str:
    home = world.roles.home[person]
    return world.district.organisations[home].name if home >= 0 else elsewhere(person)


def _tied_letters(rng: np.random.Generator, world: World, letters: _Letters, person: int) -> None:
    here, away, on_roll = _home(world, person), elsewhere(person), bool(world.roles.on_roll[person])
    old = world.base - timedelta(days=int(rng.integers(200, 700)))
    if world.roles.story[person] == "P1":
        pair = (here, away) if on_roll else (away, here)
        if rng.random() < 0.2:
            letters.add(person, old - timedelta(days=120), "退回", pair)
        letters.add(person, old, "未接收" if rng.random() < 0.7 else "审批超时", pair)
        return
    case = rng.random()
    if case < 0.06:  # received in the end
        letters.add(person, old, "未接收", (away, here))
        letters.add(person, old + timedelta(days=130), "已接收", (away, here))
    elif case < 0.10:  # the roll already shows the branch it was sent to
        letters.add(person, old, "未接收", (away, here))
    elif case < 0.15:
        letters.add(person, old, "退回" if rng.random() < 0.6 else None, (here, away))
    elif case < 0.20:  # still good
        letters.add(person, world.base - timedelta(days=int(rng.integers(5, 25))), "未接收", (here, away))


def _letter_sheet(rng: np.random.Generator, world: World, letters: _Letters, part: Numbers, number: int) -> Sheet:
    book = number == 0
    layout = Layout("xlsx" if book else "csv", "转接台账" if book else None, "utf-8-sig", ("党员组织关系转接台账",) if book else (), tail=book)
    sheet = new_sheet("party_transfers", f"组织关系转接{'台账' if book else '-线下'}.{layout.form}", layout, np.array([letters.person[at] for at in part]))
    valid = {"valid_days": "有效期(天)"} if book else {"valid_until": "有效期至"}
    sheet.headers = {
        "letter_no": "介绍信编号", "name": "姓名", "id_number": "身份证号", "from_branch": "转出党支部", "to_org": "转往党组织",
        "issued_on": "开具日期" if book else "转出日期", **valid, "reception_state": "接收状态", "received_on": "接收日期",
    }  # fmt: skip
    identify(world, sheet)
    issued = [letters.issued[at] for at in part]
    days = [(90, 90, 60, 30)[one] for one in rng.integers(0, 4, len(part))]
    until: list[Fact] = [day + timedelta(days=span) for day, span in zip(issued, days, strict=True)]
    received = [letters.received[at] for at in part]
    sheet.facts |= {
        "issued_on": list(issued), "valid_until": until, "received_on": list(received),
        "reception_state": [letters.state[at] for at in part], "to_org": [letters.target[at] for at in part],
    }  # fmt: skip
    sheet.cells |= {
        "letter_no": [f"澜组转{issue.year}{number}{row:05d}" for row, issue in enumerate(issued)],
        "from_branch": [letters.source[at] for at in part], "to_org": [letters.target[at] for at in part],
        "issued_on": _shown_dates(list(issued), book), "valid_days": list(days),
        "valid_until": [str(day) for day in until], "reception_state": [letters.state[at] for at in part],
        "received_on": _shown_dates(received, book),
    }  # fmt: skip
    sheet.cells = {name: sheet.cells[name] for name in sheet.headers}
    _receive(world, sheet)
    return sheet


def _receive(world: World, sheet: Sheet) -> None:
    """One pocket letter of each file is lodged at last on the second and every later night."""
    waiting = [row for row in range(len(sheet)) if sheet.facts["reception_state"][row] == "未接收" and world.roles.story[sheet.person[row]] == "P1"]
    for night, row in zip(range(1, world.options.nights), waiting, strict=False):
        day = world.options.dates()[night] - timedelta(days=1)
        sheet.edits.append(
            Edit(night, row, {"reception_state": "已接收", "received_on": str(day)}, {"reception_state": "已接收", "received_on": day})
        )


def _floating(rng: np.random.Generator, world: World) -> list[Sheet]:
    """流出: members of this district elsewhere or on the road; 流入: members of elsewhere who registered here."""
    story, roles = world.roles.story, world.roles
    out = np.flatnonzero((story == "F1") | ((story == "") & roles.on_roll & (rng.random(len(story)) < 0.008)))
    outsiders = np.flatnonzero(~roles.on_roll & (story == "") & (np.arange(len(story)) >= world.people.workers))
    into = np.concatenate([np.flatnonzero(story == "F2"), outsiders[: max(5, world.options.members // 400)]])
    return [_floating_sheet(rng, world, rng.permutation(out), True), _floating_sheet(rng, world, rng.permutation(into), False)]


def _floating_sheet(rng: np.random.Generator, world: World, persons: Numbers, outward: bool) -> Sheet:
    layout = Layout("xlsx", "流动党员", titles=(f"{'流出' if outward else '流入'}党员登记表",), tail=True)
    if not outward:
        layout = Layout("csv", None, "gb18030")
    sheet = new_sheet("floating_members", f"流动党员登记-{'流出' if outward else '流入'}.{layout.form}", layout, persons)
    sheet.headers = {
        "name": "姓名", "id_number": "身份证号", "phones": "手机", "flow_direction": "流向", "left_on": "外出日期",
        "destination": "外出地点", "home_branch": "原所在党支部", "host_org": "流入地党组织", "last_contact_on": "最近联系日期",
        "permit_no": "活动证编号",
    }  # fmt: skip
    identify(world, sheet)
    count = len(persons)
    sheet.phones = world.people.phone[persons].copy()
    sheet.phone_shown[:] = Shown.FULL
    left = [world.base - timedelta(days=int(days)) for days in rng.integers(100, 1500, count)]
    spoke = [world.base - timedelta(days=int(days)) for days in rng.integers(5, 100, count)]
    hosts = [one.name for one in world.district.organisations if one.kind == "流动党员党支部"]
    places, book = data("places.toml"), layout.form == "xlsx"
    sheet.facts |= {"direction": ["流出" if outward else "流入"] * count, "left_on": list(left), "last_contact_on": list(spoke)}
    sheet.cells |= {
        "phones": list(sheet.phones), "flow_direction": ["流出" if outward else "流入"] * count,
        "left_on": _shown_dates(list(left), book), "last_contact_on": _shown_dates(list(spoke), book),
        "destination": [places["elsewhere"][one % 12] if outward else places["district"] for one in range(count)],
        "home_branch": [_home(world, int(one)) if outward else elsewhere(int(one)) for one in persons],
        "host_org": [None if outward else hosts[one % len(hosts)] for one in range(count)],
        "permit_no": [f"LD{int(outward)}{one:06d}" for one in range(count)],
    }  # fmt: skip
    sheet.cells = {name: sheet.cells[name] for name in sheet.headers}
    return sheet


def _organisations(rng: np.random.Generator, world: World) -> Sheet:
    organisations = world.district.organisations
    count = len(organisations)
    layout = Layout("xlsx", "党组织名册", titles=("澜江区党组织名册",), tail=True)
    sheet = new_sheet("party_organisations", "党组织名册.xlsx", layout, np.full(count, -1))
    names = world.names[rng.integers(0, len(world.people), count)]
    size = np.bincount(world.roles.home[world.roles.on_roll & (world.roles.home >= 0)], minlength=count)
    sheet.headers = {
        "org_code": "党组织代码", "org_name": "党组织名称", "org_kind": "组织类别", "parent_org": "上级党组织", "street": "所属镇街",
        "trade": "行业", "linked_unit": "关联单位", "uscc": "统一社会信用代码", "secretary": "书记", "contact_phone": "联系电话",
        "full_members": "正式党员数",
    }  # fmt: skip
    sheet.cells = {
        "org_code": [one.code for one in organisations], "org_name": [one.name for one in organisations],
        "org_kind": [one.kind for one in organisations], "parent_org": [one.parent for one in organisations],
        "street": [one.street or None for one in organisations], "trade": [one.trade or None for one in organisations],
        "linked_unit": [one.unit or None for one in organisations], "uscc": [one.uscc or None for one in organisations],
        "secretary": list(names), "contact_phone": [f"023-6{rng.integers(10**6, 10**7)}" for _ in range(count)],
        "full_members": [int(one) for one in size],
    }  # fmt: skip
    return sheet

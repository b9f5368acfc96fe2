"""Registry sheets: the roll, the transfer register, the floating register and the register of organisations."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from flows.sample.branch_names import written_branch, written_branches
from flows.sample.common import elsewhere, home_of, identify, shown_dates
from flows.sample.letters import transfer_sheets
from flows.sample.options import Rates, data
from flows.sample.organisations import SampleOrganisation
from flows.sample.people import Numbers
from flows.sample.roll import roll_sheets
from flows.sample.sheets import Layout, Masking, SampleSheet, new_sheet
from flows.sample.world import World


def registry_sheets(rng: np.random.Generator, world: World, rates: Rates) -> list[SampleSheet]:
    """All files of the registry."""
    return [
        *roll_sheets(rng, world, rates),
        *transfer_sheets(rng, world),
        *_floating(rng, world),
        _organisations(rng, world),
    ]


def _floating(rng: np.random.Generator, world: World) -> list[SampleSheet]:
    """流出: members of this district elsewhere or on the road; 流入: members of elsewhere who registered here."""
    story, roles = world.roles.story, world.roles
    out = np.flatnonzero((story == "F1") | ((story == "") & roles.on_roll & (rng.random(len(story)) < 0.008)))
    outsiders = np.flatnonzero(~roles.on_roll & (story == "") & (np.arange(len(story)) >= world.people.workers))
    into = np.concatenate([np.flatnonzero(story == "F2"), outsiders[: max(5, world.options.members // 400)]])
    return [
        _floating_sheet(rng, world, rng.permutation(out), True),
        _floating_sheet(rng, world, rng.permutation(into), False),
    ]


def _floating_sheet(rng: np.random.Generator, world: World, persons: Numbers, outward: bool) -> SampleSheet:
    layout = Layout("xlsx", "流动党员", titles=(f"{'流出' if outward else '流入'}党员登记表",), tail=True)
    if not outward:
        layout = Layout("csv", None, "gb18030")
    sheet = new_sheet(
        "floating_members", f"流动党员登记-{'流出' if outward else '流入'}.{layout.form}", layout, persons
    )
    sheet.headers = {
        "name": "姓名",
        "id_number": "身份证号",
        "phones": "手机",
        "flow_direction": "流向",
        "left_on": "外出日期",
        "destination": "外出地点",
        "home_branch": "原所在党支部",
        "host_org": "流入地党组织",
        "last_contact_on": "最近联系日期",
        "permit_no": "活动证编号",
    }
    identify(world, sheet)
    count = len(persons)
    sheet.phones = world.people.phone[persons].copy()
    sheet.phone_shown[:] = Masking.FULL
    left = [world.base - timedelta(days=int(days)) for days in rng.integers(100, 1500, count)]
    spoke = [world.base - timedelta(days=int(days)) for days in rng.integers(5, 100, count)]
    hosts = [
        organisation.name for organisation in world.district.organisations if organisation.kind == "流动党员党支部"
    ]
    named = [None if outward else hosts[number % len(hosts)] for number in range(count)]
    homes = [home_of(world, int(person)) if outward else elsewhere(int(person)) for person in persons]
    places, book = data("places.toml"), layout.form == "xlsx"
    sheet.facts |= {
        "direction": ["流出" if outward else "流入"] * count,
        "left_on": list(left),
        "last_contact_on": list(spoke),
        "host_org": list(named),
    }
    sheet.cells |= {
        "phones": list(sheet.phones),
        "flow_direction": ["流出" if outward else "流入"] * count,
        "left_on": shown_dates(list(left), book),
        "last_contact_on": shown_dates(list(spoke), book),
        "destination": [places["elsewhere"][number % 12] if outward else places["district"] for number in range(count)],
        "home_branch": list(written_branches(rng, homes)),
        "host_org": [None if entry is None else written_branch(entry, rng.random()) for entry in named],
        "permit_no": [f"LD{int(outward)}{number:06d}" for number in range(count)],
    }
    sheet.cells = {name: sheet.cells[name] for name in sheet.headers}
    return sheet


def _organisations(rng: np.random.Generator, world: World) -> SampleSheet:
    organisations = world.district.organisations
    count = len(organisations)
    layout = Layout("xlsx", "党组织名册", titles=("澜江区党组织名册",), tail=True)
    sheet = new_sheet("party_organisations", "党组织名册.xlsx", layout, np.full(count, -1))
    names = world.names[rng.integers(0, len(world.people), count)]
    size = np.bincount(world.roles.home[world.roles.on_roll & (world.roles.home >= 0)], minlength=count)
    sheet.headers = {
        "org_code": "党组织代码",
        "org_name": "党组织名称",
        "org_kind": "组织类别",
        "parent_org": "上级党组织",
        "street": "所属镇街",
        "trade": "行业",
        "linked_unit": "关联单位",
        "uscc": "统一社会信用代码",
        "secretary": "书记",
        "contact_phone": "联系电话",
        "full_members": "正式党员数",
    }
    sheet.facts["parent_org"] = [organisation.parent for organisation in organisations]
    sheet.cells = {
        "org_code": [organisation.code for organisation in organisations],
        "org_name": [organisation.name for organisation in organisations],
        "org_kind": [organisation.kind for organisation in organisations],
        "parent_org": [_parent(organisation.parent, rng.random()) for organisation in organisations],
        "street": [organisation.street or None for organisation in organisations],
        "trade": [organisation.trade or None for organisation in organisations],
        "linked_unit": [_linked(world, organisation, rng.random()) for organisation in organisations],
        "uscc": [organisation.uscc if number % 2 else None for number, organisation in enumerate(organisations)],
        "secretary": list(names),
        "contact_phone": [f"023-6{rng.integers(10**6, 10**7)}" for _ in range(count)],
        "full_members": [int(entry) for entry in size],
    }
    return sheet


def _parent(name: str, chance: float) -> str:
    """The organisation above, one time in four in another form."""
    return written_branch(name, 1 - chance) if chance < 0.25 else name


def _linked(world: World, organisation: SampleOrganisation, chance: float) -> str | None:
    """关联单位: a firm in one of its forms; joint branches name each of theirs."""
    if not organisation.units:
        return organisation.unit or None
    listed = [world.district.units[at].spellings for at in organisation.units]
    return "、".join(forms[int(chance * 3) if len(listed) == 1 else 0].text for forms in listed)

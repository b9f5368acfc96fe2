"""Self-reports: members' own sign-up by form, with full IDs or the last four, and with or without consent."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from flows.sample.common import elsewhere, identify
from flows.sample.options import data
from flows.sample.sheets import Layout, Masking, SampleSheet, new_sheet
from flows.sample.world import World


def self_report_sheet(rng: np.random.Generator, world: World) -> SampleSheet:
    """One row per sign-up: about a quarter of the tied members, and some who only say they are."""
    story = world.roles.story
    willing = np.isin(story, ["N0", "F1", "F2", "P2", "P1"]) & (rng.random(len(story)) < 0.25)
    willing |= (story == "D1") & (rng.random(len(story)) < 0.15)
    persons = rng.permutation(np.flatnonzero(willing))
    sheet = new_sheet("self_reports", "党员报到.xlsx", Layout("xlsx", "Sheet1"), persons)
    sheet.headers = {
        "report_no": "提交编号",
        "reported_on": "提交时间",
        "name": "您的姓名",
        "id_number": "身份证号或后四位",
        "phones": "手机号",
        "unit_name": "从业平台/单位",
        "home_street": "居住镇街",
        "home_org": "原所在党组织",
        "consent": "是否同意使用",
    }
    identify(world, sheet)
    short = rng.random(len(persons)) < 0.4
    sheet.cells["id_number"] = [
        entry[-4:] if cut else entry for entry, cut in zip(world.ids[persons], short, strict=True)
    ]
    sheet.id_shown[short] = Masking.LAST_4
    sheet.phones = world.people.phone[persons].copy()
    sheet.phone_shown[:] = Masking.FULL
    agrees = rng.random(len(persons)) < 0.9
    days = [world.base - timedelta(days=int(day)) for day in rng.integers(1, 200, len(persons))]
    streets, trades = data("places.toml")["streets"], data("places.toml")["trades"]
    homes = [
        world.district.organisations[home].name if home >= 0 else elsewhere(int(entry))
        for entry, home in zip(persons, world.roles.home[persons], strict=True)
    ]
    sheet.cells |= {
        "report_no": [f"BD{number:05d}" for number in range(len(persons))],
        "reported_on": list(days),
        "phones": list(sheet.phones),
        "unit_name": [trades[at]["trade"] + "平台" for at in world.roles.trade[persons]],
        "home_street": [streets[at] for at in world.people.street[persons]],
        "home_org": list(homes),
        "consent": ["同意" if entry else "不同意" for entry in agrees],
    }
    sheet.facts |= {
        "reported_on": list(days),
        "consent": list(map(bool, agrees)),
        "scope": ["in"] * len(persons),
        "trade": [trades[at]["job"] for at in world.roles.trade[persons]],
    }
    sheet.cells = {name: sheet.cells[name] for name in sheet.headers}
    return sheet

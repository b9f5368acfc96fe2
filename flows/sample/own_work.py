"""工作单位 and 岗位 of the roll: what a member's own branch knows of their work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.sample.options import data
from flows.sample.people import Numbers
from flows.sample.world import World


@dataclass(frozen=True)
class OwnWork:
    """One member's work as the roll has it; `trade` is a platform trade's job, None for other work."""

    unit: str
    job: str
    trade: str | None = None
    whose: str | None = None
    """The unit named: B… a platform, U… a firm; None where the cell names none."""
    form: str | None = None


_PLATFORM_WORK = (
    OwnWork("蓝骑平台", "外卖骑手", "外卖骑手", "B蓝骑", "platform"),
    OwnWork("美团", "小哥", "外卖骑手", "B美团", "legal"),
    OwnWork("闪达配送", "外卖送餐员", "外卖骑手", "B闪达", "platform"),
    OwnWork("顺丰速运", "收派员", "快递员", "B顺丰速运", "legal"),
    OwnWork("迅风速递", "快递员", "快递员", "B迅风速递", "legal"),
    OwnWork("自由职业", "网约车司机", "网约车司机"),
    OwnWork("个体", "货车司机", "货车司机"),
    OwnWork("星播", "网络主播", "网络主播", "B星播", "legal"),
    OwnWork("安居到家", "网约家政", "网约家政", "B安居到家", "legal"),
)
_OTHER_WORK = (
    OwnWork("澜江区第一中学", "教师"),
    OwnWork("澜江区人民医院", "护士"),
    OwnWork("澜江化工厂", "工人"),
    OwnWork("", "务农"),
    OwnWork("", "退休"),
    OwnWork("", ""),
    OwnWork("澜江区供电公司", "职员"),
    OwnWork("澜江区某机械厂", "技术员"),
    OwnWork("", "待业"),
    OwnWork("澜江区财政局", "干部"),
    OwnWork("顺丰速运澜江营业部", "会计"),
    OwnWork("澜江区融媒体中心", "电台主播"),
    OwnWork("", "退休快递员"),
    OwnWork("澜江区快递行业协会", "会长"),
    OwnWork("澜江区环境卫生管理所", "货车司机"),
    OwnWork("韵达快递", "财务"),
)


def own_work(rng: np.random.Generator, world: World, persons: Numbers) -> list[OwnWork]:
    """Platform work for those whose story is W1, half of them at a firm of the district; other work for the others."""
    count = len(world.people)  # who is entered twice does one work
    mine, theirs = (
        rng.integers(0, len(_PLATFORM_WORK), count)[persons],
        rng.integers(0, len(_OTHER_WORK), count)[persons],
    )
    at_firm, forms = (rng.random(count) < 0.5)[persons], rng.integers(0, 3, count)[persons]
    result = []
    for row, person in enumerate(persons):
        if world.roles.story[person] != "W1":
            result.append(_OTHER_WORK[theirs[row]])
        elif at_firm[row]:
            result.append(_at_firm(world, int(person), int(forms[row])))
        else:
            result.append(_PLATFORM_WORK[mine[row]])
    return result


def _at_firm(world: World, person: int, form: int) -> OwnWork:
    at = int(world.roles.unit[person])
    unit = world.district.units[at]
    job = data("places.toml")["trades"][unit.trade]["job"]
    written = unit.spellings[form]
    return OwnWork(written.text, job, job, f"U{at:05d}", written.form)

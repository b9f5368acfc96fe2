"""Generated firms and the ways offices write them, with truth: written from domain.md, not from the code under test."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flows.units.mentions import Mention

_FIRST = "鑫顺宏达恒瑞锦盛嘉茂捷安润隆泰祥华聚腾飞蓝银金云星海龙凤"
_SECOND = "驰运程远通诚源越信途淘昌立佳邦宇旺和兴升骑鲸狐鸟马翼路桥"
_TRADES = {
    "外卖配送": ("网络科技", "供应链管理", "外卖配送服务", "餐饮管理", "配送", "信息技术"),
    "快递": ("快递", "速递", "速运", "物流", "快递服务"),
    "网约车": ("汽车租赁", "出行科技", "汽车服务", "运输服务"),
    "货运": ("物流", "货运", "货物运输", "供应链"),
    "网络直播": ("文化传媒", "文化传播", "传媒", "网络科技"),
    "家政服务": ("家政服务", "家政", "人力资源服务"),
}
_PLACES = ("重庆", "重庆市", "澜江区", "重庆市澜江区", "成都", "")
_STREETS = ("龙洲街道", "石栈街道", "云溪街道", "南磨镇", "枫桥街道", "青杠镇")
_COMMUNITIES = ("东林", "新桥", "柳荫", "长岭", "大学城", "古渡")
_TRADITIONAL = str.maketrans(
    "顺达锦华腾飞云龙凤驰运远诚骑鲸鸟马桥网络科技传媒快递", "順達錦華騰飛雲龍鳳馳運遠誠騎鯨鳥馬橋網絡科技傳媒快遞"
)
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Firm:
    """One firm of the invented district: what its licence says."""

    place: str
    core: str
    industry: str
    form: str
    code: str
    trade: str
    street: str

    @property
    def legal(self) -> str:
        return f"{self.place}{self.core}{self.industry}{self.form}"


def firms(seed: int, count: int) -> list[Firm]:
    """Firms with 字号 that several share: sisters in other trades, strangers in other places, one character off."""
    draw = random.Random(seed)  # noqa: S311 - invented names
    found: dict[str, Firm] = {}
    cores: list[str] = []
    while len(found) < count:
        fresh = not cores or draw.random() < 0.9
        third = draw.choice(_SECOND) if draw.random() < 0.4 else ""
        core = draw.choice(_FIRST) + draw.choice(_SECOND) + third if fresh else draw.choice(cores)
        trade = draw.choice(list(_TRADES))
        place = draw.choices(_PLACES, (40, 10, 25, 10, 5, 10))[0]
        form = draw.choices(("有限公司", "有限责任公司", "股份有限公司"), (85, 12, 3))[0]
        code = "91500113" + "".join(draw.choice(_CODE) for _ in range(10))
        firm = Firm(place, core, draw.choice(_TRADES[trade]), form, code, trade, draw.choice(_STREETS))
        if _normal(firm) not in found:
            found[_normal(firm)] = firm
            cores.append(core)
    return list(found.values())


def _normal(firm: Firm) -> str:
    """Licences of one place never bear one name twice, however the form is written."""
    place = "澜江区" if "澜江" in firm.place else firm.place.replace("重庆市", "重庆")
    return f"{place}{firm.core}{firm.industry}{'股份' if '股份' in firm.form else ''}"


def spelled(firm: Firm, draw: random.Random) -> Iterator[str]:
    """Ways to write a firm, from the licence's own to the short ones."""
    short = firm.industry[:2] if len(firm.industry) > 2 else firm.industry
    station = draw.choice(_STREETS).rstrip("街道镇") + draw.choice(_COMMUNITIES)
    other_form = "有限责任公司" if firm.form == "有限公司" else "有限公司" if "责任" in firm.form else "股份公司"
    yield firm.legal
    yield f"{firm.place}{firm.core}{firm.industry}{other_form}"
    yield firm.legal.replace("有限", " 有限") + " "
    yield firm.legal.translate(_TRADITIONAL)
    yield f"{firm.legal}（{station}站）"
    yield f"{firm.legal}{draw.choice(('龙洲', '巴南', '石栈'))}分公司"
    yield f"{firm.legal}{station}配送站"
    yield f"{firm.place}{firm.core}{firm.industry}公司"
    yield f"{firm.core}{firm.industry}{firm.form}"
    yield f"{firm.core}{firm.industry}"
    yield f"{firm.core}{short}"
    yield f"{firm.core}{firm.industry}{draw.choice(_STREETS)}站"
    if firm.place.startswith("重庆") and "澜江" not in firm.place:
        yield f"{firm.core}{firm.industry}（重庆）{firm.form}"
        yield f"{firm.core}(重庆){firm.industry}{firm.form}"
    yield firm.core


def mentions(seed: int, count: int) -> list[tuple[Mention, int]]:
    """(mention, number of its firm): the licence of most firms, and some of the other spellings of each."""
    draw = random.Random(seed * 7 + 1)  # noqa: S311 - invented names
    found: dict[tuple[str, str | None], tuple[Mention, set[int]]] = {}
    for number, firm in enumerate(firms(seed, count)):
        licensed = draw.random() < 0.7
        ways = list(spelled(firm, draw))
        chosen = draw.sample(ways, draw.randint(1, 5)) + ([firm.legal] if licensed else [])
        for at, text in enumerate(dict.fromkeys(chosen)):
            code = firm.code if (licensed and text == firm.legal) or (at % 5 == 4 and "分公司" not in text) else None
            street = firm.street if draw.random() < 0.8 else None
            mention = Mention(text, code, street, firm.trade if draw.random() < 0.9 else None)
            if licensed and text == firm.legal:
                mention = replace(mention, registered=True)
            found.setdefault((text, code), (mention, set()))[1].add(number)
    return [(mention, min(owners)) for mention, owners in found.values() if len(owners) == 1]

"""The register of Party organisations: streets, communities, trades, units, schools and authorities, each with a remit.

`remit` says whom an organisation takes in: committee (a street's 党工委), trade_committee, community, floating, joint
(a trade's), unit (its linked units' own people), closed (a school's, hospital's or authority's own people).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flows.sample.options import data

Firm = tuple[str, str, int, int]
"""Legal name, credit code, trade, street."""


@dataclass(frozen=True)
class SampleOrganisation:
    """One Party organisation of the district's register."""

    code: str
    name: str
    kind: str
    parent: str
    remit: str
    street: str = ""
    trade: str = ""
    units: tuple[int, ...] = ()
    """Places of the firms it is linked to."""
    unit: str = ""
    uscc: str = ""


def draw_organisations(rng: np.random.Generator, firms: list[Firm], branches: int) -> tuple[SampleOrganisation, ...]:
    """Every organisation, parents before children; codes are of 13 places and begin with two noughts."""
    result: list[SampleOrganisation] = []
    code = data("places.toml")["district_code"]

    def add(name: str, kind: str, parent: str, remit: str, **more: str | tuple[int, ...]) -> None:
        result.append(SampleOrganisation(f"00{code}{len(result) + 1:05d}", name, kind, parent, remit, **more))  # type: ignore[arg-type]

    _committees(add)
    _communities(add, branches)
    _floating_and_joint(add)
    _of_units(rng, add, firms)
    _closed(add)
    return tuple(result)


def street_committee(street: str) -> str:
    """A street's 党工委."""
    return f"中共{data('places.toml')['district']}{street}工作委员会"


def trade_committee(committee: str) -> str:
    """An industry committee."""
    return f"中共{data('places.toml')['district']}{committee}行业委员会"


def _committees(add: Callable[..., None]) -> None:
    table = data("places.toml")
    root = f"中共{table['district']}委员会"
    for street in table["streets"]:
        add(street_committee(street), "党委", root, "committee", street=street)
    for committee in dict.fromkeys(trade["committee"] for trade in table["trades"] if trade["committee"]):
        trades = "、".join(trade["trade"] for trade in table["trades"] if trade["committee"] == committee)
        add(trade_committee(committee), "行业党委", root, "trade_committee", trade=trades)


def _communities(add: Callable[..., None], branches: int) -> None:
    table = data("places.toml")
    district, streets, communities = table["district"], table["streets"], table["communities"]
    for number in range(branches):
        street = streets[number % len(streets)]
        turn = number // len(streets)
        community = communities[turn % len(communities)]
        general = f"中共{district}{street}{community}社区总支部委员会"
        if turn < len(communities):
            add(general, "党总支", street_committee(street), "community", street=street)
        order = _numeral(turn // len(communities) + 1)
        add(f"中共{district}{street}{community}社区第{order}支部委员会", "党支部", general, "community", street=street)


def _numeral(number: int) -> str:
    """1 to 999 in Chinese: 一, 十一, 二十, 一百零一, 一百一十."""
    digits = " 一二三四五六七八九"
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    head = f"{digits[hundreds]}百" if hundreds else ""
    if not tens:
        return head + ("零" if hundreds and ones else "") + digits[ones].strip()
    return head + ("" if tens == 1 and not hundreds else digits[tens]) + "十" + digits[ones].strip()


def _floating_and_joint(add: Callable[..., None]) -> None:
    """流动党员党支部 of one street in three, and one joint branch for the whole of some trades."""
    table = data("places.toml")
    for street in table["streets"][::3]:
        name = f"中共{table['district']}{street}流动党员支部委员会"
        add(name, "流动党员党支部", street_committee(street), "floating", street=street)
    for trade in table["trades"]:
        if trade["joint"]:
            parent = trade_committee(trade["committee"])
            name = f"中共{table['district']}{trade['trade']}行业联合支部委员会"
            add(name, "联合党支部", parent, "joint", trade=trade["trade"])


def _of_units(rng: np.random.Generator, add: Callable[..., None], firms: list[Firm]) -> None:
    """Branches of firms, and joint branches of two firms of one trade, named after the first."""
    table = data("places.toml")
    order = [int(at) for at in rng.permutation(len(firms))]
    own = order[: max(3, len(firms) // 12)]
    for at in own:
        name, uscc, trade, street = firms[at]
        committee = table["trades"][trade]["committee"]
        parent = trade_committee(committee) if committee else street_committee(table["streets"][street])
        add(
            f"中共{name}支部委员会", "党支部", parent, "unit", street=table["streets"][street],
            trade=table["trades"][trade]["trade"], units=(at,), unit=name, uscc=uscc,
        )  # fmt: skip
    rest = order[len(own) :]
    for trade in range(len(table["trades"])):
        pair = [at for at in rest if firms[at][2] == trade][:2]
        if len(pair) < 2 or trade % 2:
            continue
        name, street = "、".join(firms[at][0] for at in pair), table["streets"][firms[pair[0]][3]]
        title = f"中共{firms[pair[0]][0]}等单位联合支部委员会"
        add(title, "联合党支部", street_committee(street), "unit", street=street, units=tuple(pair), unit=name)


def _closed(add: Callable[..., None]) -> None:
    """Branches of schools, hospitals, authorities and firms that have nothing to do with platform work."""
    table = data("places.toml")
    for number, (name, kind) in enumerate(table["other_units"]):
        street = table["streets"][number % len(table["streets"])]
        middle = "机关" if kind == "authority" else ""
        add(f"中共{name}{middle}支部委员会", "党支部", street_committee(street), "closed", street=street, unit=name)

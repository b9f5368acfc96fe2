"""Which units share a branch: the joint branches there are first, then new ones, so that no neighbour is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from schemas.policy import Organisations

_OF_TRADE, _FAR = 2, 3


class JoiningUnit(Protocol):
    """A unit without a branch, with too few full members for one of its own."""

    @property
    def name_key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def street(self) -> str | None: ...
    @property
    def trade(self) -> str | None: ...
    @property
    def credit_code(self) -> str | None: ...
    @property
    def open_full(self) -> int: ...


@dataclass(frozen=True)
class SharedBranch:
    """A joint or floating branch there is: where it lies, its trades, how many units it has."""

    org_id: int
    name: str
    kind: str
    street: str | None
    trades: tuple[str, ...]
    units: int


@dataclass(frozen=True)
class Joint:
    """A joint branch one unit could share: with whom or which, why, and how many full members they have together."""

    partners: tuple[str, ...]
    reason: str
    full_members: int
    existing: str | None = None


def joint_branches(
    units: Iterable[JoiningUnit], sizes: Organisations, existing: Iterable[SharedBranch] = ()
) -> dict[str, Joint]:
    """The joint branch each unit could share, by unit; none where neither a branch nor enough neighbours are near."""
    waiting = sorted(units, key=_smaller)
    result = _into_existing(waiting, [entry for entry in existing if entry.kind == "联合党支部"], sizes)
    waiting = [unit for unit in waiting if unit.name_key not in result]
    groups: list[_Group] = []
    for near in ("street", "trade"):
        by_place: dict[str, list[JoiningUnit]] = defaultdict(list)
        grouped = {unit.name_key for group in groups for unit in group.units}
        for unit in waiting:
            if unit.name_key not in grouped and getattr(unit, near):
                by_place[getattr(unit, near)].append(unit)
        for place in sorted(by_place):
            groups += [_Group(near, place, some) for some in _gathered(by_place[place], sizes)]
    _take_in_the_rest(waiting, groups, sizes)
    return result | {unit.name_key: group.joint(unit) for group in groups for unit in group.units}


def _smaller(unit: JoiningUnit) -> tuple[int, str, str, str, str, str]:
    """The smaller unit first; of two alike, name, code and place decide: keys differ from home to home."""
    return unit.open_full, unit.label, unit.credit_code or "", unit.street or "", unit.trade or "", unit.name_key


@dataclass
class _Group:
    """Units that share a street or a trade, and a branch to come."""

    near: str
    place: str
    units: list[JoiningUnit]

    def joint(self, unit: JoiningUnit) -> Joint:
        reason = f"同在{self.place}" if self.near == "street" else f"同属{self.place}行业"
        partners = tuple(other.label for other in self.units if other is not unit)
        return Joint(partners, reason, sum(other.open_full for other in self.units))

    def shares(self, near: str, unit: JoiningUnit) -> bool:
        """Whether all have the unit's street, or its trade."""
        value = getattr(unit, near)
        return value is not None and all(getattr(other, near) == value for other in self.units)


def _into_existing(units: list[JoiningUnit], branches: list[SharedBranch], sizes: Organisations) -> dict[str, Joint]:
    """Each unit into the nearest joint branch with room, the nearest units first, tonight's suggestions counted."""
    taken: dict[int, int] = {branch.org_id: branch.units for branch in branches}
    result: dict[str, Joint] = {}
    for nearness in range(_FAR):
        for unit in (unit for unit in units if unit.name_key not in result):
            open_ones = [
                branch for branch in branches
                if taken[branch.org_id] < sizes.joint_units_at_most and _nearness(unit, branch) == nearness
            ]  # fmt: skip
            if not open_ones:
                continue
            branch = min(open_ones, key=lambda entry: entry.org_id)
            taken[branch.org_id] += 1
            reason = f"同属{unit.trade}行业" if nearness == _OF_TRADE else f"同在{unit.street}"
            result[unit.name_key] = Joint((), reason, unit.open_full, branch.name)
    return result


def _nearness(unit: JoiningUnit, branch: SharedBranch) -> int:
    """0: of the unit's street and trade; 1: of its street, whatever the trade; `_OF_TRADE`; `_FAR`: of neither."""
    same_trade = unit.trade is not None and unit.trade in branch.trades
    if unit.street is not None and unit.street == branch.street:
        return 0 if same_trade else 1 if not branch.trades else _FAR
    return _OF_TRADE if same_trade and (branch.street is None or branch.units > 0) else _FAR


def _gathered(units: list[JoiningUnit], sizes: Organisations) -> list[list[JoiningUnit]]:
    """Largest first; each takes the smallest unit that completes it, else the largest there is."""
    left = sorted(units, key=_smaller)
    done = []
    while left:
        some = [left.pop()]
        while left and len(some) < sizes.joint_units_at_most:
            missing = sizes.branch_full_members - sum(unit.open_full for unit in some)
            if missing <= 0:
                break
            some.append(left.pop(next((at for at, unit in enumerate(left) if unit.open_full >= missing), -1)))
        if sum(unit.open_full for unit in some) >= sizes.branch_full_members:
            done.append(some)
    return done


def _take_in_the_rest(units: list[JoiningUnit], groups: list[_Group], sizes: Organisations) -> None:
    """Who completes no branch joins one of the same street, else of the same trade, that has room."""
    grouped = {unit.name_key for group in groups for unit in group.units}
    for unit in (unit for unit in units if unit.name_key not in grouped):
        for near in ("street", "trade"):
            open_ones = [g for g in groups if len(g.units) < sizes.joint_units_at_most and g.shares(near, unit)]
            if open_ones:
                group = min(open_ones, key=lambda entry: (len(entry.units), _smaller(entry.units[0])))
                group.units.append(unit)
                if group.near != near and not group.shares(group.near, unit):
                    group.near, group.place = near, str(getattr(unit, near))
                break

"""Which organisation should take a member in, by domain.md's order, from what tonight's files say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flows.sample.options import data
from flows.sample.organisations import Organisation
from flows.sample.sheets import Sheet
from flows.sample.statuses import Place

RULES = ("registers", "unit", "floating", "trade_joint", "trade_committee", "work_street", "home_street")
CROWDED = 50
"""Members from which a branch is to become a 总支 (domain.md)."""
Rows = list[tuple[Sheet, int]]


@dataclass(frozen=True)
class Answer:
    """The organisations that are right, and the rule of the first; both empty where nothing fits."""

    hosts: tuple[str, ...] = ()
    rule: str | None = None


@dataclass
class Register:
    """The register of organisations by remit, and which firm a station or 分公司 belongs to."""

    organisations: tuple[Organisation, ...]
    firms: dict[str, str]
    """Unit key to the key of the firm it belongs to, itself where it is one."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Tonight's name of an organisation that carries another than at first."""
    crowded: frozenset[str] = frozenset()
    """Organisations more people belong in than one branch holds: whom the next in order takes in is as right."""

    def name(self, one: Organisation) -> str:
        """What the register calls it tonight."""
        return self.renamed.get(one.name, one.name)

    def of_remit(self, remit: str, **wanted: str) -> list[str]:
        """Names of organisations of a remit with this street or trade."""
        return [
            self.name(one)
            for one in self.organisations
            if one.remit == remit and all(getattr(one, key) == value for key, value in wanted.items())
        ]

    def linked(self, unit: str | None) -> list[Organisation]:
        """Branches linked to the firm a unit belongs to."""
        firm = self.firms.get(unit or "", unit)
        return [one for one in self.organisations if firm in {f"U{at:05d}" for at in one.units}]

    def of_unit(self, unit: str | None) -> list[str]:
        """Names of the branches linked to the firm a unit belongs to."""
        return [self.name(one) for one in self.linked(unit)]


def right_hosts(register: Register, rows: Rows, places: Iterable[Place], floats: bool, homes: list[str]) -> Answer:
    """First rule that fits any of the places; `homes` are streets of residence the registers or reports show."""
    named = _named(register, rows, list(places))
    if named:
        return Answer(tuple(named), RULES[0])
    best: list[tuple[int, list[str]]] = [_of_place(register, place, floats, homes) for place in places]
    fitting = [one for one in best if one[1]]
    if not fitting:
        return Answer()
    hosts = list(dict.fromkeys(name for _, names in sorted(fitting, key=lambda one: one[0]) for name in names))
    hosts += [name for name in _own_of_trade(register, rows) if name not in hosts]
    return Answer(tuple(hosts), RULES[min(rule for rule, _ in fitting)])


def _named(register: Register, rows: Rows, places: list[Place]) -> list[str]:
    """What the registers already name: the floating register's host, a letter received, the own branch of the unit."""
    known = {register.name(one) for one in register.organisations}
    hosts = [str(sheet.facts["host_org"][row]) for sheet, row in rows if sheet.source == "floating_members"]
    letters = [
        (str(sheet.facts["issued_on"][row]), str(sheet.facts["to_org"][row]), sheet.facts["reception_state"][row])
        for sheet, row in rows
        if sheet.source == "party_transfers"
    ]
    if letters and max(letters)[2] == "已接收":
        hosts.append(register.renamed.get(max(letters)[1], max(letters)[1]))
    found = [one for one in hosts if one in known]
    if found:
        return found[:1]
    own = {str(sheet.facts["branch_name"][row]) for sheet, row in rows if sheet.source == "party_members"}
    return [name for place in places for name in register.of_unit(_unit(place)) if name in own][:1]


def _own_of_trade(register: Register, rows: Rows) -> list[str]:
    """The own branch where it is one of platform firms, though not of the member's own: of the trade, one may say."""
    own = {str(sheet.facts["branch_name"][row]) for sheet, row in rows if sheet.source == "party_members"}
    return [register.name(one) for one in register.organisations if one.units and register.name(one) in own]


def _unit(place: Place) -> str | None:
    return place.unit or place.station


def _of_place(register: Register, place: Place, floats: bool, homes: list[str]) -> tuple[int, list[str]]:
    """(number of the rule, names) for one place of work; where two readings of a rule fit, both names."""
    found = register.of_unit(place.unit) or register.of_unit(place.station)
    if found:
        return 1, found
    trade = next((one for one in data("places.toml")["trades"] if one["job"] == place.trade), None)
    later = _of_trade_or_street(register, place, trade, homes)
    if floats:
        at_work = register.of_remit("floating", street=place.street or "")
        at_home = [name for street in homes for name in register.of_remit("floating", street=street)]
        if at_work or at_home:  # whose street a 流动党员党支部 serves, domain.md leaves open where it is not the work's
            open_still = not at_work or register.crowded & set(at_work)
            return 2, [*(at_work or at_home), *(later[1] if open_still else [])]
    return later


def _of_trade_or_street(
    register: Register, place: Place, trade: dict[str, str] | None, homes: list[str]
) -> tuple[int, list[str]]:
    if trade:
        joint = register.of_remit("joint", trade=trade["trade"])
        committees = [
            register.name(one)
            for one in register.organisations
            if one.remit == "trade_committee" and trade["trade"] in one.trade.split("、")
        ]
        if joint:
            return 3, joint + (committees if register.crowded & set(joint) else [])
        if committees:
            return 4, committees
    for rule, streets in ((5, [place.street] if place.street else []), (6, homes)):
        names = [
            name
            for street in streets
            for remit in ("committee", "community")
            for name in register.of_remit(remit, street=str(street))
        ]
        if names:
            return rule, names
    return 6, []

"""Which organisation should take a member in, by domain.md's order, from what tonight's files say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from flows.sample.grouping import grouped
from flows.sample.options import data
from flows.sample.organisations import SampleOrganisation
from flows.sample.sheets import SampleSheet
from flows.sample.statuses import Workplace

RULES = ("registers", "unit", "floating", "trade_joint", "trade_committee", "work_street", "home_street")
LARGE_BRANCH_MEMBERS = 50
"""Members from which a branch is to become a 总支 (domain.md)."""
Rows = list[tuple[SampleSheet, int]]


@dataclass(frozen=True)
class RightHosts:
    """The organisations that are right, and the rule of the first; both empty where nothing fits."""

    hosts: tuple[str, ...] = ()
    rule: str | None = None


@dataclass
class SampleRegister:
    """The register of organisations by remit, and which firm a station or 分公司 belongs to."""

    organisations: tuple[SampleOrganisation, ...]
    firms: dict[str, str]
    """Unit key to the key of the firm it belongs to, itself where it is one."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Tonight's name of an organisation that carries another than at first."""
    overfull: frozenset[str] = frozenset()
    """Organisations more people belong in than one branch holds: whom the next in order takes in is as right."""

    def name(self, organisation: SampleOrganisation) -> str:
        """What the register calls it tonight."""
        return self.renamed.get(organisation.name, organisation.name)

    def of_street(self, remit: str, street: str) -> list[str]:
        """Names of organisations of a remit in a street."""
        return self._of_street.get((remit, street), [])

    def of_trade(self, remit: str, trade: str) -> list[str]:
        """Names of organisations of a remit that serve a trade."""
        return self._of_trade.get((remit, trade), [])

    def linked(self, unit: str | None) -> list[SampleOrganisation]:
        """Branches linked to the firm a unit belongs to."""
        return self._linked.get(self.firms.get(unit or "", unit or ""), [])

    def of_unit(self, unit: str | None) -> list[str]:
        """Names of the branches linked to the firm a unit belongs to."""
        return [self.name(entry) for entry in self.linked(unit)]

    def own(self, names: set[str]) -> list[str]:
        """Those of these names that are of branches of firms, in the register's order."""
        return sorted(names & self._of_firms.keys(), key=self._of_firms.__getitem__)

    @cached_property
    def names(self) -> frozenset[str]:
        """What every organisation is called tonight."""
        return frozenset(map(self.name, self.organisations))

    @cached_property
    def _of_street(self) -> dict[tuple[str, str], list[str]]:
        return grouped(
            ((organisation.remit, organisation.street), self.name(organisation)) for organisation in self.organisations
        )

    @cached_property
    def _of_trade(self) -> dict[tuple[str, str], list[str]]:
        return grouped(
            ((organisation.remit, trade), self.name(organisation))
            for organisation in self.organisations
            for trade in organisation.trade.split("、")
        )

    @cached_property
    def _linked(self) -> dict[str, list[SampleOrganisation]]:
        return grouped((f"U{at:05d}", organisation) for organisation in self.organisations for at in organisation.units)

    @cached_property
    def _of_firms(self) -> dict[str, int]:
        """Name of a branch of firms to its place."""
        return {self.name(organisation): at for at, organisation in enumerate(self.organisations) if organisation.units}


def right_hosts(
    register: SampleRegister, rows: Rows, places: Iterable[Workplace], floats: bool, homes: list[str]
) -> RightHosts:
    """First rule that fits any of the places; `homes` are streets of residence the registers or reports show."""
    named = _named(register, rows, list(places))
    if named:
        return RightHosts(tuple(named), RULES[0])
    best: list[tuple[int, list[str]]] = [_of_place(register, place, floats, homes) for place in places]
    fitting = [entry for entry in best if entry[1]]
    if not fitting:
        return RightHosts()
    hosts = list(dict.fromkeys(name for _, names in sorted(fitting, key=lambda entry: entry[0]) for name in names))
    hosts += [name for name in _own_of_trade(register, rows) if name not in hosts]
    return RightHosts(tuple(hosts), RULES[min(rule for rule, _ in fitting)])


def _named(register: SampleRegister, rows: Rows, places: list[Workplace]) -> list[str]:
    """What the registers already name: the floating register's host, a letter received, the own branch of the unit."""
    hosts = [str(sheet.facts["host_org"][row]) for sheet, row in rows if sheet.source == "floating_members"]
    letters = [
        (str(sheet.facts["issued_on"][row]), str(sheet.facts["to_org"][row]), sheet.facts["reception_state"][row])
        for sheet, row in rows
        if sheet.source == "party_transfers"
    ]
    if letters and max(letters)[2] == "已接收":
        hosts.append(register.renamed.get(max(letters)[1], max(letters)[1]))
    result = [host for host in hosts if host in register.names]
    if result:
        return result[:1]
    own = {str(sheet.facts["branch_name"][row]) for sheet, row in rows if sheet.source == "party_members"}
    return [name for place in places for name in register.of_unit(_unit(place)) if name in own][:1]


def _own_of_trade(register: SampleRegister, rows: Rows) -> list[str]:
    """The own branch where it is one of platform firms, though not of the member's own: of the trade, one may say."""
    own = {str(sheet.facts["branch_name"][row]) for sheet, row in rows if sheet.source == "party_members"}
    return register.own(own)


def _unit(place: Workplace) -> str | None:
    return place.unit or place.station


def _of_place(register: SampleRegister, place: Workplace, floats: bool, homes: list[str]) -> tuple[int, list[str]]:
    """(number of the rule, names) for one place of work; where two readings of a rule fit, both names."""
    result = register.of_unit(place.unit) or register.of_unit(place.station)
    if result:
        return 1, result
    trade = next((trade for trade in data("places.toml")["trades"] if trade["job"] == place.trade), None)
    later = _of_trade_or_street(register, place, trade, homes)
    if floats:
        at_work = register.of_street("floating", place.street or "")
        at_home = [name for street in homes for name in register.of_street("floating", street)]
        if at_work or at_home:  # whose street a 流动党员党支部 serves, domain.md leaves open where it is not the work's
            open_still = not at_work or register.overfull & set(at_work)
            return 2, [*(at_work or at_home), *(later[1] if open_still else [])]
    return later


def _of_trade_or_street(
    register: SampleRegister, place: Workplace, trade: dict[str, str] | None, homes: list[str]
) -> tuple[int, list[str]]:
    if trade:
        joint = register.of_trade("joint", trade["trade"])
        committees = register.of_trade("trade_committee", trade["trade"])
        if joint:
            return 3, joint + (committees if register.overfull & set(joint) else [])
        if committees:
            return 4, committees
    for rule, streets in ((5, [place.street] if place.street else []), (6, homes)):
        names = [
            name
            for street in streets
            for remit in ("committee", "community")
            for name in register.of_street(remit, str(street))
        ]
        if names:
            return rule, names
    return 6, []

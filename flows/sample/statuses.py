"""Statuses by the rules of domain.md, computed from the facts that stand in the files and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from flows.sample.sheets import Fact, SampleSheet

ORDER = ("S1", "P1", "L1", "Y1", "P2", "F1", "F2", "W1", "D1", "N0")
_ACCUSING = frozenset({"S1", "P1", "L1", "Y1", "P2"})
_REGISTER_FIELDS = ("stopped", "lost", "floating", "branch_name", "joined_on")
_SIX_MONTHS = timedelta(days=183)


@dataclass(frozen=True)
class Workplace:
    """Where one row, or the roll itself, says a person works: keys of truth/units.parquet, trade, street."""

    trade: str | None
    unit: str | None = None
    station: str | None = None
    street: str | None = None
    start: date | None = None
    active: bool = True
    source: str = ""


@dataclass
class LinkableWork:
    """What the linkable rows of one person's worker sources say."""

    linked: int = 0
    rows: int = 0
    exact: bool = False
    starts: list[date] = field(default_factory=list)
    denials: list[date] = field(default_factory=list)
    """Dates of exact rows of asking files that say 否."""
    declares: bool = False
    open_codes: set[str] = field(default_factory=set)
    """Codes that may hold or not: what the files show leaves them open."""
    places: list[Workplace] = field(default_factory=list)
    """Of linkable rows."""
    claimed: list[Workplace] = field(default_factory=list)
    """Of all rows, linkable or not."""


@dataclass(frozen=True)
class SampleDate:
    """The date, and the branches the register of organisations knows, each with those above it."""

    as_of: date
    branches: frozenset[str]
    above: dict[str, str] = field(default_factory=dict)

    def line(self, branch: str) -> list[str]:
        """A branch and all above it."""
        result = [branch]
        while result[-1] in self.above and self.above[result[-1]] not in result:
            result.append(self.above[result[-1]])
        return result


def _day(fact: Fact) -> date | None:
    return fact if isinstance(fact, date) else None


def statuses(rows: list[tuple[SampleSheet, int]], work: LinkableWork, night: SampleDate) -> list[str]:
    """The codes of one registry person, in the order of domain.md; empty where nothing ties them to platform work."""
    roll = [(sheet.facts, row) for sheet, row in rows if sheet.source == "party_members"]
    letters = [(sheet.facts, row) for sheet, row in rows if sheet.source == "party_transfers"]
    registered = [sheet.facts["direction"][row] for sheet, row in rows if sheet.source == "floating_members"]
    own_job = any(facts["own_job"][row] for facts, row in roll)
    if not work.linked and not own_job:
        return []
    here = any(facts["branch_name"][row] in night.branches for facts, row in roll)
    flagged = any(facts["floating"][row] for facts, row in roll)
    joined = [_day(facts["joined_on"][row]) for facts, row in roll]
    result = {
        "S1": any(facts["stopped"][row] for facts, row in roll),
        "P1": _in_pocket(letters, {str(facts["branch_name"][row]) for facts, row in roll}, night),
        "L1": bool(work.linked) and any(facts["lost"][row] for facts, row in roll),
        "Y1": any(since is not None and said > since for since in joined for said in work.denials),
        "P2": bool(roll) and not here and not flagged and not registered and _untransferred(letters, work, night),
        "F1": here and (flagged or "流出" in registered),
        "F2": not here and ("流入" in registered or (bool(roll) and flagged)),
        "W1": own_job and not work.linked,
    }
    accusing = _ACCUSING if contradicted(rows) else frozenset()
    codes = [code for code in ORDER if result.get(code) and code not in accusing]
    return codes or ["N0"]


def contradicted(rows: list[tuple[SampleSheet, int]]) -> bool:
    """Whether a person's entries on the roll say two things: then they accuse nobody (domain.md, Status codes)."""
    roll = [(sheet.facts, row) for sheet, row in rows if sheet.source == "party_members"]
    return any(len({facts[name][row] for facts, row in roll}) > 1 for name in _REGISTER_FIELDS)


def _untransferred(letters: list[tuple[dict[str, list[Fact]], int]], work: LinkableWork, night: SampleDate) -> bool:
    """Half a year at work here, and no letter since the work began that was not sent back."""
    began = min(work.starts, default=None)
    if began is None or began > night.as_of - _SIX_MONTHS:
        return False
    return not any(
        facts["reception_state"][row] != "退回" and (_day(facts["issued_on"][row]) or began) >= began
        for facts, row in letters
    )


def _in_pocket(letters: list[tuple[dict[str, list[Fact]], int]], branches: set[str], night: SampleDate) -> bool:
    """The newest letter was never lodged, is past its validity, and the roll shows neither its target nor one below."""
    if not letters:
        return False
    facts, row = max(letters, key=lambda entry: str(entry[0]["issued_on"][entry[1]]))
    until = _day(facts["valid_until"][row])
    open_still = facts["reception_state"][row] in ("未接收", "审批超时")
    reached = {line for branch in branches for line in night.line(branch)}
    return bool(open_still and until and night.as_of > until and facts["to_org"][row] not in reached)

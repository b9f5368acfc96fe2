"""One placement per combination of a row's texts: in the ledger's scope or not and why, its trade and by what evidence.

Source of the rules: domain.md, "Who belongs in the ledger".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flows.scope.texts import TextReading, TradeReader, unit_keys
from schemas.contracts import SourceContract


class Outside(StrEnum):
    """Why a row is outside the ledger's scope."""

    OTHER_TRADE = "other_trade"
    PUBLIC_BODY = "public_body"
    OFFICE_WORK = "office_work"
    OTHER_LICENCE = "other_licence"
    UNKNOWN_LICENCE = "unknown_licence"


class TradeEvidence(StrEnum):
    """What decided a trade, strongest first."""

    BY_CLERK = "told"
    BRAND = "brand"
    PLATFORM = "platform"
    FILE = "file"
    LICENCE = "licence"
    UNIT = "unit"
    KNOWN_UNIT = "known_unit"
    JOB = "job"
    HINT = "hint"
    HEADER = "header"
    DEFAULT = "default"


@dataclass(frozen=True)
class RowTexts:
    """The texts of one or more rows of a source that tell where somebody works; null where the source has none."""

    source: str
    file: str
    sheet: str | None
    platform: str | None
    unit_name: str | None
    uscc: str | None
    station: str | None
    job: str | None
    industry: str | None


@dataclass(frozen=True)
class Placement:
    """Where such rows belong. `against`: the trade that weaker evidence names instead, where it does."""

    group: str
    evidence: TradeEvidence
    against: str | None = None
    outside: Outside | None = None


@dataclass(frozen=True)
class ScopeContext:
    """What is known beyond the row: trades told by a clerk per file, headers per sheet, units of platform work."""

    trades_by_clerk: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(source, file) -> group."""
    headers: Mapping[tuple[str, str, str | None], tuple[str, ...]] = field(default_factory=dict)
    """(source, file, sheet) -> header texts of the columns read."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Key of a unit's name (`unit_keys`), or credit code -> group."""

    def unit(self, name: str | None) -> str | None:
        """The group of a unit of platform work by its name in whatever spelling; null where it is none."""
        return next((self.units[key] for key in unit_keys(name or "") if key in self.units), None)


@dataclass(frozen=True)
class _SheetEvidence:
    """What is known of a sheet before any row of it is looked at."""

    by_clerk: str | None
    file: TextReading
    sheet: TextReading
    headers: tuple[tuple[str | None, TradeEvidence], ...]


@dataclass(frozen=True)
class Placing:
    """Places rows of the given sources by a reader and by what is known."""

    reader: TradeReader
    contracts: Mapping[str, SourceContract]
    default: str
    source_defaults: Mapping[str, str]
    context: ScopeContext = field(default_factory=ScopeContext)
    _sheets: dict[tuple[str, str, str | None], _SheetEvidence] = field(default_factory=dict, init=False, repr=False)

    def place(self, row: RowTexts) -> Placement:
        """The placement of one combination of texts."""
        said = self._evidence(row)
        fallback = (self.source_defaults.get(row.source, self.default), TradeEvidence.DEFAULT)
        group, evidence = said[0] if said else fallback
        others = (other for other, how in said if other != group and how in _SPEAKS_AGAINST)
        against = None if evidence == TradeEvidence.BY_CLERK else next(others, None)
        return Placement(group, evidence, against, self._outside(row))

    def own_trade(self, job: str | None, unit_name: str | None) -> str | None:
        """The trade a roll's own 工作岗位 and 工作单位 show (W1); null where they show none, or other work."""
        work, unit = self.reader.read(job), self.reader.read(unit_name)
        if work.office_work or work.ended_work or unit.ended_work or (unit.public_body and not unit.deposit):
            return None
        words = (unit.brand, work.brand, None if unit.deposit else unit.word, work.word)
        known = self.context.unit(unit_name) if not unit.agency else None
        return next((group for group in words if group), known)

    def _evidence(self, row: RowTexts) -> list[tuple[str, TradeEvidence]]:
        """(group, evidence) in order of strength; domain.md, "Trades"."""
        read, of_sheet = self.reader.read, self._of_sheet(row.source, row.file, row.sheet)
        platform, unit, station, job = read(row.platform), read(row.unit_name), read(row.station), read(row.job)
        result: tuple[tuple[str | None, TradeEvidence], ...] = (
            (of_sheet.by_clerk, TradeEvidence.BY_CLERK),
            (platform.brand, TradeEvidence.BRAND),
            (unit.brand, TradeEvidence.BRAND), (station.brand, TradeEvidence.BRAND),
            (platform.word, TradeEvidence.PLATFORM),
            (of_sheet.file.trade, TradeEvidence.FILE), (of_sheet.sheet.trade, TradeEvidence.FILE),
            (job.word if row.source == "transport" else None, TradeEvidence.LICENCE),
            (station.word, TradeEvidence.UNIT), (unit.word, TradeEvidence.UNIT),
            (self.reader.industry(row.industry), TradeEvidence.UNIT),
            (job.trade, TradeEvidence.JOB),
            (self._known_unit(row), TradeEvidence.KNOWN_UNIT),
            (platform.hint, TradeEvidence.HINT), (station.hint, TradeEvidence.HINT), (unit.hint, TradeEvidence.HINT),
            (job.hint, TradeEvidence.HINT), (of_sheet.file.hint, TradeEvidence.HINT),
            *of_sheet.headers,
        )  # fmt: skip
        return [(group, how) for group, how in result if group]

    def _of_sheet(self, source: str, file: str, sheet: str | None) -> _SheetEvidence:
        """What the names and the headers of a row's sheet say; read once for all its rows."""
        place = source, file, sheet
        if place not in self._sheets:
            read = self.reader.read
            headers = tuple((read(text).word, TradeEvidence.HEADER) for text in self.context.headers.get(place, ()))
            told = self.context.trades_by_clerk.get((source, file))
            self._sheets[place] = _SheetEvidence(told, read(_stem(file)), read(sheet), headers)
        return self._sheets[place]

    def _known_unit(self, row: RowTexts) -> str | None:
        return (self.context.units.get(row.uscc) if row.uscc else None) or self.context.unit(row.unit_name)

    def _outside(self, row: RowTexts) -> Outside | None:
        contract = self.contracts[row.source]
        unit = self.reader.read(row.unit_name)
        if contract.role == "self_report":
            return Outside.PUBLIC_BODY if unit.public_body and not unit.deposit else None
        if contract.scope == "all" or (row.source, row.file) in self.context.trades_by_clerk:
            return None
        if row.source == "transport":
            return self._outside_licence(row)
        return self._outside_by_trade(row, unit, self.reader.read(row.job))

    def _outside_licence(self, row: RowTexts) -> Outside | None:
        """A licence for other driving is outside; one that does not say speaks through file, firm and headers."""
        says = self.reader.licence(row.job)
        if says is None and not row.job:
            says = self.reader.licence(_stem(row.file)) or self.reader.licence(row.sheet)
        if says is None:
            drivers = ("网约车司机", "货车司机")
            says = next((group in drivers for group, _ in self._evidence(row)), None)
        return None if says else Outside.UNKNOWN_LICENCE if says is None else Outside.OTHER_LICENCE

    def _outside_by_trade(self, row: RowTexts, unit: TextReading, job: TextReading) -> Outside | None:
        """People of every trade: in by a unit or a job of platform work, or by a form of employment that says it."""
        if job.office_work or job.ended_work:
            return Outside.OFFICE_WORK
        if unit.public_body and not unit.deposit:
            return Outside.PUBLIC_BODY
        unit_says = None if unit.deposit else unit.trade
        works_for = unit_says or (None if unit.agency else self._known_unit(row))
        if works_for or job.trade or self.reader.industry(row.industry) or self.reader.read(row.station).trade:
            return None
        if self.reader.read(row.platform).trade or self.reader.says_new_form(row.job):
            return None
        if self.reader.says_flexible(row.job) and (job.hint or (unit.hint and not unit.deposit)):
            return None
        return Outside.OTHER_TRADE


_SPEAKS_AGAINST = frozenset(
    {TradeEvidence.BRAND, TradeEvidence.PLATFORM, TradeEvidence.FILE, TradeEvidence.UNIT, TradeEvidence.JOB}
)


def _stem(file: str) -> str:
    """A file's name, with the folders or the archive it came in, without its ending."""
    return file.rsplit(".", 1)[0] if "." in file else file

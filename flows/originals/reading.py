"""One record in clear, read from its sealed landing copy while that is kept; only the page that asked keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.store import Store
from flows.ledger.publish.read import Published
from flows.originals.copies import Copies, LandedNight
from flows.originals.places import Bearer, Record, Spot
from flows.originals.proof import Proof
from flows.originals.sheets import SourceSheet
from flows.staging.memory import corrections_of, load_memory
from flows.staging.readers import read_file
from flows.staging.tables import Meaning, tables_of
from schemas.contracts import SourceContract
from schemas.errors import InputError, SanzhaoError
from schemas.policy import Policy
from schemas.rules import Rule

Fits = Callable[[Record], bool]


def _gone(spot: Spot | None = None) -> InputError:
    return InputError(
        "原件已销毁，不能再查看", where=spot.where if spot else "", rule=Rule.ORIGINAL_DESTROYED,
        action="如需核对，请原单位重新报送",
    )  # fmt: skip


def _differs(where: str) -> InputError:
    return InputError(
        "留存副本里的这一行与一本账所记的人不符，不予显示", where=where, rule=Rule.ORIGINAL_DIFFERS,
        action="等下次运行后再看；仍不符的，请原单位重新报送",
    )  # fmt: skip


@dataclass(frozen=True)
class FoundRecord:
    """The records of many places: those that are the named person's, and how many were another's."""

    records: Mapping[tuple[Spot, str], Record]
    """By place and person key."""
    differing: int


@dataclass(frozen=True)
class Originals:
    """The landing copies of one home, read under its contracts, held against its store."""

    home: Home
    key: DistrictKey
    policy: Policy
    contracts: Mapping[str, SourceContract]
    store: Store

    def gone(self) -> InputError:
        """What is said of a copy that is destroyed."""
        return _gone()

    @property
    def proof(self) -> Proof:
        """What a record must show to be somebody's; made anew, since keys are merged from night to night."""
        return Proof(self.key, self.store, self.contracts)

    def copies(self, version: Published) -> Copies:
        """The copies that a version may use."""
        return Copies(self.home, self.key, version)

    def of_evidence(self, spot: Spot, bearer: Bearer, version: Published) -> Record:
        """The record of one row of a person's evidence, from the night on which it landed.

        Raises InputError when its copy is destroyed or does not hold the row, or when the row is another person's.
        """
        proof = self.proof
        return self._sought(
            self.copies(version).nights(spot.landed_on), spot, lambda record: proof.theirs([(spot, record, bearer)])[0]
        )

    def of_pair(self, spot: Spot, fits: Fits, version: Published, since: date) -> Record:
        """The worker's record of a waiting pair, from the newest night since it waits whose row fits the pair.

        Raises InputError as `of_evidence` does.
        """
        return self._sought(self._nights_since(version, since), spot, fits)

    def of_member(self, member_no: str, fits: Fits, version: Published, since: date) -> Record:
        """A roll row with a member number, from the newest night with one that fits. Raises InputError likewise."""
        seen = False
        for night in self._nights_since(version, since):
            for contract in self.contracts.values():
                for record in self._of_number(night, contract, member_no) if contract.role == "roll" else ():
                    seen = True
                    if fits(record):
                        return record
        raise _differs("party_members") if seen else _gone()

    def many(self, wanted: Iterable[tuple[Spot, Bearer]], version: Published) -> FoundRecord:
        """The records at many places, each file read once; those gone, or another's, are not in the answer."""
        left: dict[Spot, list[Bearer]] = {}
        for spot, bearer in wanted:
            left.setdefault(spot, []).append(bearer)
        copies, proof = self.copies(version), self.proof
        result: dict[tuple[Spot, str], Record] = {}
        others: set[Spot] = set()
        for landed_on in sorted({spot.landed_on for spot in left if spot.landed_on}, reverse=True):
            for night in copies.nights(landed_on):
                spots = {spot for spot in left if spot.landed_on == landed_on}
                at_place = self._taken(night, spots)
                claims = [(spot, record, bearer) for spot, record in at_place.items() for bearer in left[spot]]
                for (spot, record, bearer), right in zip(claims, proof.theirs(claims), strict=True):
                    if right:
                        result[spot, bearer.person_key] = record
                        left.pop(spot, None)
                    else:
                        others.add(spot)
        return FoundRecord(result, len(others & set(left)))

    def _nights_since(self, version: Published, since: date) -> Iterator[LandedNight]:
        """Every night of published runs from a version's own back to a day, newest first."""
        copies, days = self.copies(version), set()
        for path in self.home.landing.glob("*-*-*"):
            try:
                days.add(date.fromisoformat(path.name))
            except ValueError:
                continue
        for day in sorted((day for day in days if since <= day <= version.as_of), reverse=True):
            yield from copies.nights(day)

    def _sought(self, nights: Iterable[LandedNight], spot: Spot, fits: Fits) -> Record:
        problem: SanzhaoError = _gone(spot)
        for night in nights:
            try:
                record = self._on(night, {spot}).get(spot)
            except SanzhaoError as error:
                problem = error
                continue
            if record is not None and fits(record):
                return record
            problem = problem if record is None else _differs(spot.where)
        raise problem

    def _taken(self, night: LandedNight, spots: set[Spot]) -> dict[Spot, Record]:
        """As `_on`; a file that cannot be read gives nothing."""
        result: dict[Spot, Record] = {}
        for source in {spot.source for spot in spots}:
            try:
                result |= self._on(night, {spot for spot in spots if spot.source == source})
            except SanzhaoError:
                continue
        return result

    def _on(self, night: LandedNight, spots: set[Spot]) -> dict[Spot, Record]:
        """The records at places of one landed night; a place that it does not have is not in the answer."""
        result: dict[Spot, Record] = {}
        for source in sorted({spot.source for spot in spots} & set(self.contracts)):
            for entry in night.files(source):
                for file, data in night.clear(entry):
                    here = {spot for spot in spots if spot.source == source and self.is_named(file, spot.file)}
                    for sheet in self.sheets(source, file, data) if here else ():
                        mine = {spot.row: spot for spot in here if self._same_sheet(sheet.name, spot.sheet)}
                        result |= {mine[row]: record for row, record in sheet.records(set(mine)).items()}
        return result

    def _of_number(self, night: LandedNight, contract: SourceContract, member_no: str) -> Iterator[Record]:
        for entry in night.files(contract.name):
            for file, data in night.clear(entry):
                for sheet in self.sheets(contract.name, file, data):
                    yield from sheet.records(sheet.rows_of(member_no)).values()

    def sheets(self, source: str, file: str, data: bytes, *, whole: bool = True) -> Iterator[SourceSheet]:
        """The tables of a file, sheet by sheet, as a run would understand them; unless whole, its damaged rows too."""
        contract, reading = self.contracts[source], self.policy.reading
        corrections = corrections_of(load_memory(self.home), contract, file)
        for grid in read_file(data, f"{source}/{file}", reading):
            if grid.skipped:
                continue
            meaning = Meaning(contract, corrections, reading.hidden_rows == "read")
            read = grid if whole else replace(grid, widths=None)
            try:
                for table in tables_of(read, meaning, f"{source}/{file}"):
                    yield SourceSheet(contract, file, grid.sheet, table)
            except InputError:
                continue

    def _same_sheet(self, sheet: str | None, published: str | None) -> bool:
        return sheet == published or bool(sheet and published and self.is_named(sheet, published))

    def is_named(self, name: str, published: str) -> bool:
        """Whether a file or sheet is the one published, under its own name or under its token."""
        if name == published:
            return True
        token = f"file:{self.key.token('redacted', name)[:12]}"
        return published in (token, token + PurePath(name).suffix)

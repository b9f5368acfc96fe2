"""One record in clear, read from its sealed landing copy while that is kept; only the page that asked keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePath
from typing import Any

from flows.home import Home
from flows.keys import DistrictKey
from flows.landing import LandedFile, Manifest, load_manifest
from flows.landing.manifest import MANIFEST, open_landed
from flows.staging.accept import SheetName, accept
from flows.staging.archives import is_archive, members
from flows.staging.memory import load_memory, told_about
from flows.staging.readers import read_file
from flows.staging.tables import Meaning, Table, tables_of
from flows.staging.values.cells import cell_text
from schemas.contracts import SourceContract, value_map
from schemas.errors import InputError, SanzhaoError
from schemas.policy import Policy


def _gone() -> InputError:
    return InputError("原件已销毁，不能再查看", rule="original_destroyed", action="如需核对，请原单位重新报送")


@dataclass(frozen=True)
class Spot:
    """Where a published row says its record stands; file and sheet may be tokens."""

    source: str
    file: str
    sheet: str | None
    row: int


@dataclass(frozen=True)
class Record:
    """One record as its sender wrote it: the contract's fields, cleaned."""

    where: str
    titles: Mapping[str, str]
    """Value per field title, in the contract's order, without the empty ones."""
    name: str | None
    id_number: str | None
    phones: tuple[str, ...]


@dataclass(frozen=True)
class _Night:
    """One landed night that is still kept."""

    folder: Path
    manifest: Manifest


@dataclass(frozen=True)
class Originals:
    """The landing copies of one home, read under its contracts."""

    home: Home
    key: DistrictKey
    policy: Policy
    contracts: Mapping[str, SourceContract]

    def at(self, spot: Spot, run_id: str) -> Record:
        """The record at a place, of the run that published it, else of the newest night that has the file.

        Raises InputError when its copy is destroyed, or when the place does not hold a record any more.
        """
        for night, entry in self._copies(spot.source, run_id):
            for file, data in self._files(night, entry):
                if not self._named(file, spot.file):
                    continue
                for sheet, table in self._tables(spot.source, file, data, spot.sheet):
                    if spot.row in table.sifted.numbers:
                        return self._record(spot.source, (file, sheet), table, table.sifted.numbers.index(spot.row))
                raise InputError("留存副本里没有这一行", where=_place(spot), rule="no_such_row")
        raise _gone()

    def of_member(self, member_no: str, run_id: str) -> Record:
        """The first roll row with a member number. Raises InputError as `at` does."""
        rolls = [contract for contract in self.contracts.values() if contract.role == "roll"]
        for contract in rolls:
            night_seen = None
            for night, entry in self._copies(contract.name, run_id):
                if night_seen not in (None, night.folder):
                    break
                night_seen = night.folder
                for file, data in self._files(night, entry):
                    for sheet, table in self._tables(contract.name, file, data, None, every=True):
                        found = _row_of(table, contract, member_no)
                        if found is not None:
                            return self._record(contract.name, (file, sheet), table, found)
            if night_seen is not None:
                raise InputError("留存的名册里没有这个党员编号", where="party_members", rule="no_such_row")
        raise _gone()

    def many(self, spots: Collection[Spot], run_id: str) -> dict[Spot, Record]:
        """The records at many places, each file read once. A place whose copy or row is gone is not in the answer."""
        found: dict[Spot, Record] = {}
        for source in sorted({spot.source for spot in spots} & set(self.contracts)):
            left = {spot for spot in spots if spot.source == source}
            for night, entry in self._copies(source, run_id):
                if left:
                    found |= self._taken(night, entry, left)
        return found

    def _taken(self, night: _Night, entry: LandedFile, left: set[Spot]) -> dict[Spot, Record]:
        """The wanted records of one landed file; its places are wanted no more."""
        found: dict[Spot, Record] = {}
        try:
            for file, data in self._files(night, entry):
                here = {spot for spot in left if self._named(file, spot.file)}
                left -= here
                for sheet, table in self._tables(entry.source, file, data, None, every=True) if here else ():
                    places = {row: at for at, row in enumerate(table.sifted.numbers)}
                    for spot in here:
                        same = spot.sheet == sheet or (sheet and spot.sheet and self._named(sheet, spot.sheet))
                        if same and spot.row in places:
                            found[spot] = self._record(entry.source, (file, sheet), table, places[spot.row])
        except SanzhaoError:
            return found
        return found

    def _copies(self, source: str, run_id: str) -> Iterator[tuple[_Night, LandedFile]]:
        """Sealed copies of a source, the run's own first, then by night, newest first."""
        found = sorted(self.home.landing.glob(f"*/*/{MANIFEST}"), key=lambda path: path.parent.name, reverse=True)
        found.sort(key=lambda path: path.parent.name != run_id)
        for path in found:
            try:
                manifest = load_manifest(path.parent, self.key)
            except SanzhaoError:
                continue
            for entry in manifest.files:
                if entry.source == source and entry.sealed is not None:
                    yield _Night(path.parent, manifest), entry

    def _files(self, night: _Night, entry: LandedFile) -> Iterator[tuple[str, bytes]]:
        data = open_landed(night.folder, self.key, entry)
        if not is_archive(data):
            yield entry.name, data
            return
        for member in members(data, f"{entry.source}/{entry.name}"):
            if member.problem is None:
                yield (f"{entry.name}/{member.name}" if member.name else entry.name), member.data

    def _tables(
        self, source: str, file: str, data: bytes, sheet: str | None, *, every: bool = False
    ) -> Iterator[tuple[str | None, Table]]:
        """The tables of a file, of one sheet or of every sheet."""
        contract, reading = self.contracts[source], self.policy.reading
        told = told_about(load_memory(self.home), contract, file)
        for grid in read_file(data, f"{source}/{file}", reading):
            same = every or grid.sheet == sheet or (sheet and grid.sheet and self._named(grid.sheet, sheet))
            if grid.skipped or not same:
                continue
            try:
                for table in tables_of(
                    grid, Meaning(contract, told, reading.hidden_rows == "read"), f"{source}/{file}"
                ):
                    yield grid.sheet, table
            except InputError:
                continue

    def _record(self, source: str, place: tuple[str, str | None], table: Table, index: int) -> Record:
        """One row through the same cleaning as a run's."""
        contract, (file, sheet) = self.contracts[source], place
        number = table.sifted.numbers[index]
        alone = replace(table.sifted, rows=[table.sifted.rows[index]], numbers=[number], filled=[])
        found = accept(alone, table.mapping, contract, SheetName(source, file, sheet), 1).table.to_pylist()
        where = f"{contract.title} {file}" + (f"「{sheet}」" if sheet else "") + f" 第{number}行"
        if not found:
            raise InputError("这一行没有读取（见退回清单）", where=where, rule="row_in_quarantine")
        row = found[0]
        values = {field.title: _shown(row.get(field.name), field.values) for field in contract.imported}
        titles = {title: text for title, text in values.items() if text}
        return Record(where, titles, row.get("name"), row.get("id_number"), tuple(row.get("phones") or ()))

    def _named(self, name: str, published: str) -> bool:
        """Whether a file or sheet is the one published, under its own name or under its token."""
        if name == published:
            return True
        token = f"file:{self.key.token('redacted', name)[:12]}"
        return published in (token, token + PurePath(name).suffix)


def _row_of(table: Table, contract: SourceContract, member_no: str) -> int | None:
    columns = table.mapping.columns.get(contract.record_id or "", ())
    for index, row in enumerate(table.sifted.rows):
        if any(cell_text(row[column]).strip() == member_no for column in columns):
            return index
    return None


def _shown(value: Any, kind: str | None) -> str:
    if kind is not None and isinstance(value, str):
        return next((word for word, code in value_map(kind).items() if code == value), value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    return value.isoformat() if isinstance(value, date) else str(value) if value is not None else ""


def _place(spot: Spot) -> str:
    return f"{spot.source}/{spot.file} 第{spot.row}行"

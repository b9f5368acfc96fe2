"""Every row that names a person in one night's copies, by what its sender wrote; only the nearest are read in full.

Each file is looked at once for its names and numbers, and read again only where one of its rows is among the nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flows.landing import LandedFile
from flows.ledger.publish.read import Published
from flows.originals.copies import LandedNight
from flows.originals.places import Record
from flows.originals.reading import Originals
from schemas.contracts import SourceContract
from schemas.errors import SanzhaoError

Rank = tuple[int, ...]
"""How near a row is, the higher the nearer."""
Glance = Callable[[str, str, str, str], Rank | None]
"""A row's rank by its name, ID, telephones and own number as written; null for one that nobody wants."""
REGISTRY_ROLES = ("roll", "transfer", "floating")
_Place = tuple[str, str | None]
"""A file, or one of an archive, and its sheet."""


@dataclass(frozen=True)
class _File:
    """One file of the night, and what stands in its rows' name, ID, telephone and own number."""

    contract: SourceContract
    entry: LandedFile
    rows: tuple[tuple[_Place, int, tuple[str, ...]], ...]

    @property
    def of_registry(self) -> bool:
        return self.contract.role in REGISTRY_ROLES


@dataclass(frozen=True)
class _Wanted:
    """A row that a glance wants."""

    rank: Rank
    file: _File
    place: _Place
    row: int


@dataclass(frozen=True)
class Chosen:
    """The nearest rows, and how many others were wanted."""

    rows: tuple[tuple[SourceContract, Record], ...]
    others: int


@dataclass(frozen=True)
class NightRows:
    """The rows of a version's own night; files that were carried forward are among its copies."""

    originals: Originals
    night: LandedNight | None
    files: Sequence[_File]
    unread: tuple[str, ...]
    """Files whose copies are destroyed or cannot be read."""

    @classmethod
    def of(cls, originals: Originals, version: Published) -> NightRows:
        """Look through all copies of the night once."""
        night = next(originals.copies(version).nights(version.as_of), None)
        files, unread = [], []
        for contract in originals.contracts.values() if night else ():
            for entry in _entries(night, contract):
                try:
                    files.append(_File(contract, entry, tuple(_written(originals, night, contract, entry))))
                except SanzhaoError:
                    unread.append(f"{contract.title} {entry.name}")
        return cls(originals, night, files, tuple(unread))

    def nearest(self, glance: Glance, most: int, sure: Rank) -> Chosen:
        """The nearest rows of the registry and of work, so many each at most, but for those that rank as `sure`."""
        wanted = sorted(self._wanted(glance), key=lambda entry: entry.rank, reverse=True)
        chosen = [
            entry
            for registry in (True, False)
            for at, entry in enumerate(row for row in wanted if row.file.of_registry == registry)
            if at < most or entry.rank >= sure
        ]
        rows = [
            result
            for file in self.files
            for result in self._read(file, [entry for entry in chosen if entry.file is file])
        ]
        return Chosen(tuple(rows), len(wanted) - len(chosen))

    def _wanted(self, glance: Glance) -> Iterator[_Wanted]:
        for file in self.files:
            for place, row, cells in file.rows:
                rank = glance(cells[0], cells[1], cells[2], cells[3])
                if rank is not None:
                    yield _Wanted(rank, file, place, row)

    def _read(self, file: _File, wanted: Sequence[_Wanted]) -> Iterator[tuple[SourceContract, Record]]:
        if self.night is None or not wanted:
            return
        for name, data in self.night.clear(file.entry):
            for sheet in self.originals.sheets(file.contract.name, name, data):
                rows = {entry.row for entry in wanted if entry.place == (name, sheet.name)}
                yield from ((file.contract, record) for record in sheet.records(rows).values())


def _entries(night: LandedNight | None, contract: SourceContract) -> Iterator[LandedFile]:
    if night is not None and contract.role != "organisation":
        yield from (entry for entry in night.manifest.files if entry.source == contract.name)


def _written(
    originals: Originals, night: LandedNight | None, contract: SourceContract, entry: LandedFile
) -> Iterator[tuple[_Place, int, tuple[str, ...]]]:
    """Place, row number and the four cells of every row. Raises InputError for a copy that is destroyed or broken."""
    if night is None or entry.sealed is None:
        raise originals.gone()
    for name, data in night.clear(entry):
        for sheet in originals.sheets(contract.name, name, data, whole=False):
            for row, cells in sheet.written("name", "id_number", "phones", contract.record_id or ""):
                yield (name, sheet.name), row, cells

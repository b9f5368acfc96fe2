"""The sealed copies that may be opened for what landed on a night: those of runs that published, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.landing import LandedFile, Manifest, load_manifest
from flows.landing.manifest import MANIFEST, open_landed
from flows.ledger.publish.read import Published, kept_version, kept_versions
from flows.run.runs import load_record
from flows.staging.archives import is_archive, members
from schemas.errors import HomeError, InputError, SanzhaoError


@dataclass(frozen=True)
class LandedNight:
    """One landed night that is still kept."""

    folder: Path
    manifest: Manifest
    key: DistrictKey

    def files(self, source: str) -> Iterator[LandedFile]:
        """The sealed copies of a source."""
        return (entry for entry in self.manifest.files if entry.source == source and entry.sealed is not None)

    def clear(self, entry: LandedFile) -> Iterator[tuple[str, bytes]]:
        """A copy's file, or every file of its archive, under the names by which staging knows them."""
        data = open_landed(self.folder, self.key, entry)
        if not is_archive(data):
            yield entry.name, data
            return
        for member in members(data, f"{entry.source}/{entry.name}"):
            if member.problem is None:
                yield (f"{entry.name}/{member.name}" if member.name else entry.name), member.data


@dataclass(frozen=True)
class Copies:
    """The landing copies of one home, as a published version may use them."""

    home: Home
    key: DistrictKey
    version: Published

    def nights(self, landed_on: date | None) -> Iterator[LandedNight]:
        """The landings of a date, the version's own run first, then by run, newest first.

        A run that published nothing landed other files of the same names, perhaps: its copies are not among them. A
        manifest that cannot be trusted is passed over.
        """
        for folder in self._folders(landed_on):
            if (folder / MANIFEST).exists():
                try:
                    yield LandedNight(folder, load_manifest(folder, self.key), self.key)
                except InputError:
                    continue

    def relation(self, name: str, landed_on: date | None) -> Iterator[pa.Table]:
        """A relation that the runs of a date sealed beside their copies, in the order of `nights`."""
        for folder in self._folders(landed_on):
            path = folder / f"relation_{name}.sealed"
            if path.is_file():
                yield table_in(self.key.unseal(path.read_bytes()))

    def _folders(self, landed_on: date | None) -> list[Path]:
        if landed_on is None:
            return []
        own, published = self._own_run(landed_on), self._published_runs(landed_on)
        result = sorted((self.home.landing / landed_on.isoformat()).glob("*"), key=lambda path: path.name, reverse=True)
        return sorted((path for path in result if path.name in {own, *published}), key=lambda path: path.name != own)

    def _own_run(self, landed_on: date) -> str | None:
        return str(self.version.index.get("run_id")) if self.version.as_of == landed_on else None

    def _published_runs(self, landed_on: date) -> set[str]:
        """Runs of a date that published a version up to this one: by kept versions, else by their record."""
        runs = set()
        for name in kept_versions(self.home):
            if name <= self.version.version:
                try:
                    index = kept_version(self.home, name).index
                except HomeError:
                    continue
                if index.get("as_of") == landed_on.isoformat():
                    runs.add(str(index.get("run_id")))
        for path in (self.home.landing / landed_on.isoformat()).glob("*"):
            try:
                record = load_record(self.home, path.name)
            except SanzhaoError:
                continue
            if record.version is not None and record.version <= self.version.version:
                runs.add(path.name)
        return runs

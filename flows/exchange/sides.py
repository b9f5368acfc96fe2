"""Members and workers of a published night in clear, read again from its sealed landing copies and then destroyed.

Nothing of an exchange is prepared while a night runs: a district that never exchanges keeps no more than before, and
what a file is made of is gone when the copies are (30 days). The rows go through the night's own steps up to the
registry, in a workspace of their own whose key is in no file.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from flows.home.folders import Home, private_folder
from flows.landing import load_manifest
from flows.ledger.publish.read import Published
from flows.matching import steps as matching
from flows.run.context import RunContext
from flows.run.runs import context_of, destroy_workspace, load_record, run_lock
from flows.run.workspace import open_workspace
from flows.staging.step import stage

_ASIDE = "exchange-"

_MEMBERS = """
-- One row per person of the registry: all of them, since others may bear what a member shows.
select registry_id as row_id, r.name, r.sex, r.birth_date, r.id_number, r.id_kind, r.phones,
    roll_row_key is not null as on_roll, p.source, p.file, p.sheet, p."row"
from registry_persons r join person_rows p on p.row_key = coalesce(r.roll_row_key, r.registry_id)
order by row_id
"""
_WORKERS = """
-- One row per worker row in the ledger's scope. Who signed up by form gave consent to this office, not to another.
select row_key as row_id, name, sex, birth_date, id_number, id_kind, phones, source, file, sheet, "row"
from person_rows where role = 'worker' order by row_id
"""


@dataclass(frozen=True)
class DistrictSides:
    """Both sides of one district, a row each per person of the registry and per worker row."""

    members: pa.Table
    workers: pa.Table
    missing: tuple[str, ...]
    """Files whose copies are destroyed or were never taken."""
    landing: Path


def without_withheld(
    sides: DistrictSides, evidence: Mapping[str, Mapping[int, str]], withheld: Collection[str]
) -> DistrictSides:
    """Both sides without the rows whose evidence token is withheld; a member stays, since others may be taken for them.

    `evidence`: by section and row.
    """
    if not withheld:
        return sides
    members, workers = (
        pa.array([evidence[name][row] in withheld for row in side["row_id"].to_pylist()], pa.bool_())
        for name, side in (("members", sides.members), ("workers", sides.workers))
    )
    on_roll = pc.and_not(sides.members["on_roll"], members)
    at = sides.members.schema.get_field_index("on_roll")
    persons = sides.members.set_column(at, "on_roll", on_roll)
    return replace(sides, members=persons, workers=sides.workers.filter(pc.invert(workers)))


@dataclass(frozen=True)
class _Aside(RunContext):
    """A published run whose landing copies are read again in another folder."""

    aside: str = ""

    @property
    def folder(self) -> Path:
        return self.home.runs / self.aside


def read_sides(home: Home, version: Published) -> DistrictSides:
    """Both sides of a published version's night. Raises InputError where its copies are gone."""
    record = load_record(home, str(version.index["run_id"]))
    run = context_of(home, record)
    told = {field.name: getattr(run, field.name) for field in fields(RunContext)}
    aside = _Aside(**told, aside=_ASIDE + secrets.token_hex(4))
    manifest = load_manifest(aside.landing, aside.key)
    missing = tuple(f"{file.source}/{file.name}" for file in manifest.files if file.sealed is None)
    with run_lock(home, run.settings.store_url):
        _destroy_left(home)
        with _workspace(aside) as con:
            stage(con, aside)
            matching.people(con, aside)
            matching.registry(con, aside)
            members, workers = (con.execute(query).to_arrow_table() for query in (_MEMBERS, _WORKERS))
    return DistrictSides(members, workers, missing, aside.landing)


@contextmanager
def _workspace(run: _Aside) -> Iterator[duckdb.DuckDBPyConnection]:
    private_folder(run.folder)
    try:
        with open_workspace(run.workspace, secrets.token_hex(32), run.engine) as con:
            yield con
    finally:
        destroy_workspace(run.home, run.aside, at=datetime.now(UTC), why="exchange", relations={})


def _destroy_left(home: Home) -> None:
    """What a killed export left; its key is gone already."""
    for path in home.runs.glob(f"{_ASIDE}*/workspace.duckdb"):
        destroy_workspace(home, path.parent.name, at=datetime.now(UTC), why="exchange", relations={})

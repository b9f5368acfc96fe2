"""A run, or one of its steps, followed from its beginning to its end; events are made only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import duckdb
import pyarrow as pa

from flows.home.folders import Home
from flows.home.settings import Settings
from flows.landing.manifest import MANIFEST, load_manifest
from flows.lineage.events import Dataset, Job, Kind, Moment, event_of
from flows.lineage.outbox import deliver, keep
from flows.run.context import RunContext
from flows.run.written import named_by, relations_of
from schemas.contracts import ledger_table, workspace_table
from schemas.errors import SanzhaoError

_INSIDE = "workspace."
_PUBLISHED = "ledger."


class Declared(Protocol):
    """What a step says of itself: its name, what it reads and writes in the workspace and outside it."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def reads(self) -> tuple[str, ...]: ...
    @property
    def writes(self) -> tuple[str, ...]: ...
    @property
    def takes(self) -> tuple[str, ...]: ...
    @property
    def gives(self) -> tuple[str, ...]: ...


@dataclass
class Followed:
    """What one step is seen to read and write; empty until it is looked at, and for ever where nobody asks."""

    run: RunContext
    step: Declared
    inputs: list[Dataset] = field(default_factory=list)
    outputs: list[Dataset] = field(default_factory=list)

    def before(self, con: duckdb.DuckDBPyConnection) -> None:
        """Look at what the step finds of what it declares to read."""
        if self.run.settings.lineage.on:
            self.inputs = self._inside(con, self.step.reads)

    def after(self, con: duckdb.DuckDBPyConnection) -> None:
        """Look at what it has written, before that is committed."""
        if self.run.settings.lineage.on:
            self.inputs += _outside(self.run, self.step.takes)
            self.outputs = self._inside(con, self.step.writes, counted=True) + _outside(self.run, self.step.gives)

    def _inside(
        self, con: duckdb.DuckDBPyConnection, patterns: Iterable[str], *, counted: bool = False
    ) -> list[Dataset]:
        return [
            Dataset(f"{_INSIDE}{name}", _schema(name, self.run), _rows(con, name) if counted else None)
            for name in named_by(patterns, relations_of(con))
        ]


@contextmanager
def followed_step(run: RunContext, step: Declared) -> Iterator[Followed]:
    """Tell the beginning and the end of a step."""
    followed = Followed(run, step)
    job = Job(run.settings.lineage.namespace, run.run_id, step.name, step.title)
    _tell(run, job, "START")
    try:
        yield followed
    except BaseException as error:
        _tell(run, job, "FAIL", followed, rule=_rule(error))
        raise
    _tell(run, job, "COMPLETE", followed)


@contextmanager
def followed_run(run: RunContext) -> Iterator[None]:
    """Tell the beginning and the end of a run, then deliver what waits."""
    job = Job(run.settings.lineage.namespace, run.run_id, title="夜间运行")
    _tell(run, job, "START")
    try:
        yield
    except BaseException as error:
        _tell(run, job, "FAIL", rule=_rule(error))
        raise
    else:
        _tell(run, job, "COMPLETE")
    finally:
        _deliver(run.home, run.settings)


def _deliver(home: Home, settings: Settings) -> None:
    if settings.lineage.on:
        deliver(home, settings, datetime.now(UTC))


def _tell(run: RunContext, job: Job, kind: Kind, followed: Followed | None = None, *, rule: str = "") -> None:
    if not run.settings.lineage.on:
        return
    inputs, outputs = (followed.inputs, followed.outputs) if followed else ([], [])
    keep(
        run.home,
        run.settings.lineage,
        run.run_id,
        event_of(job, Moment(kind, datetime.now(UTC), rule), inputs, outputs),
    )


def _rule(error: BaseException) -> str:
    return (error.rule or type(error).__name__) if isinstance(error, SanzhaoError) else type(error).__name__


def _outside(run: RunContext, names: Iterable[str]) -> list[Dataset]:
    """What lies outside the workspace; `*` stands for each source that came tonight."""
    result: list[Dataset] = []
    for name in names:
        if name.endswith(".*"):
            result += [Dataset(f"{name[:-1]}{source}") for source in _sources(run)]
        else:
            table = name.removeprefix(_PUBLISHED)
            result.append(Dataset(name, ledger_table(table).schema if table != name else None))
    return result


def _sources(run: RunContext) -> tuple[str, ...]:
    if not (run.landing / MANIFEST).exists():
        return ()
    return load_manifest(run.landing, run.key).source_names()


def _schema(name: str, run: RunContext) -> pa.Schema:
    return workspace_table(name, run.contracts).schema


def _rows(con: duckdb.DuckDBPyConnection, name: str) -> int:
    row = con.execute(f'select count(*) from "{name}"').fetchone()
    return int(row[0]) if row else 0

"""One home aside per trial, inside the home it tries: its settings, store and published version as copies, its sealed
nights as links that are only read. Destroyed with a destruction record, whatever becomes of the trial.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import tomlkit

from flows.backup.store_rows import put_rows, rows_of, tables
from flows.home.folders import Home, private_folder, write_private
from flows.home.settings import Settings, model_of
from flows.home.store import opened_store
from flows.ledger.publish.read import Published
from flows.pipeline.purging import record_destroyed
from flows.pipeline.trials import FOLDER, destroy_left_trials, destroy_trial
from flows.run.runs import run_lock
from schemas.policy import load_policy

_TRIED = "试算"
_OUTWARD = {"store_url", "connectors", "targets", "notices", "lineage", "metrics", "prefect", "city", "serve"}
"""Settings by which a run would reach out of its home; a trial has none of them."""


@dataclass(frozen=True)
class Tried:
    """What a trial uses in place of what the home uses; null stays as it is."""

    policy: Path | None = None
    model: Path | None = None
    drop: Path | None = None


@contextmanager
def home_aside(home: Home, settings: Settings, current: Published, tried: Tried) -> Iterator[Home]:
    """A home that is like the home, but for what is tried. Raises ContractError where that is itself wrong."""
    _record(home, destroy_left_trials(home))
    aside = Home(private_folder(home.root / FOLDER / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"))
    try:
        aside.make()
        with run_lock(aside):
            with run_lock(home, settings.store_url):  # nothing is published or purged while it is copied
                _copy(home, aside, settings, current)
                write_private(aside.config, _settings_text(aside, settings, tried).encode())
            yield aside
    finally:
        _record(home, destroy_trial(aside))


def _record(home: Home, gone: list[str]) -> None:
    if gone:
        record_destroyed(home, gone, datetime.now(UTC).date(), "sanzhao")


def _copy(home: Home, aside: Home, settings: Settings, current: Published) -> None:
    """Store, published version and what the home remembers of its senders; keys and sealed nights as links."""
    aside.keys.rmdir()
    aside.keys.symlink_to(home.keys.resolve())
    aside.sources.rmdir()
    if home.sources.is_dir():
        shutil.copytree(home.sources, aside.sources)
    shutil.copytree(current.folder, aside.ledger / "versions" / current.version)
    for name in ("index.json", "ledger.parquet"):
        write_private(aside.ledger / name, (home.ledger / name).read_bytes())
    for night in sorted(home.landing.glob("*/*/")):
        private_folder(aside.landing / night.parent.name)
        (aside.landing / night.parent.name / night.name).symlink_to(night.resolve())
    _copy_store(home, aside, settings.store_url)


def _copy_store(home: Home, aside: Home, url: str) -> None:
    """The store's rows in a SQLite file of the home aside, whichever database they come from."""
    with opened_store(home, url) as store:
        if store.engine.dialect.name == "sqlite":
            target = aside.state / "sanzhao.db"
            target.touch(mode=0o600)
            with closing(store.engine.raw_connection()) as source, closing(sqlite3.connect(target)) as copy:
                source.driver_connection.backup(copy)  # type: ignore[union-attr]
            return
        with opened_store(aside) as copied:
            for table in tables(store.engine):
                put_rows(copied.engine, table, rows_of(store.engine, table))


def _settings_text(aside: Home, settings: Settings, tried: Tried) -> str:
    """The home's settings with what is tried, without whatever reaches out of the home, and drawing no reports."""
    body = settings.model_dump(mode="json", exclude_defaults=True, exclude_none=True, exclude=_OUTWARD)
    body |= {"reports": [], "comes": sorted({*settings.comes, *settings.connectors} - set(settings.never))}
    if tried.policy is not None:
        version = load_policy(settings.policy).version
        load_policy(tried.policy)
        body["policy"] = str(_told_apart(tried.policy, aside.root / "policy.toml", version))
    if tried.model is not None:
        version = model_of(settings).version
        model_of(settings.model_copy(update={"model": tried.model}))
        body["model"] = str(_told_apart(tried.model, aside.root / "model.toml", version))
    return tomlkit.dumps(body)


def _told_apart(given: Path, copy: Path, version: str) -> Path:
    """A copy of the file, whose version is another than the home's: causes of changes are told by it."""
    document = tomlkit.parse(given.read_text("utf-8"))
    if str(document["version"]) == version:
        document["version"] = f"{version}-{_TRIED}"
    write_private(copy, tomlkit.dumps(document).encode())
    return copy

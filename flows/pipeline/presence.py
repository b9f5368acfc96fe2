"""Which sources a run may not go without, and whether they came in a state that can be used."""

from __future__ import annotations

import duckdb

from flows.home.store import opened_store
from flows.landing import load_manifest
from flows.run.context import RunContext
from schemas.errors import InputError
from schemas.rules import Rule

_USABLE = "select distinct source from stage_files where state <> 'refused' and accepted > 0"


def absent_sources(run: RunContext) -> list[str]:
    """A line per source the district has that brought nothing tonight; one it does not have is no fault of a night."""
    seen, not_had = _seen_before(run), sources_not_had(run)
    here = _came(run) | set(not_had) | set(run.settings.never)
    return [
        f"{contract.title}：本次没有可用的文件{'，沿用上次证据' if name in seen else ''}"
        for name, contract in run.contracts.items()
        if name not in here
    ]


def sources_late(run: RunContext) -> list[str]:
    """Sources of which only files of earlier nights, carried forward, are here tonight."""
    came, files = _came(run), load_manifest(run.landing, run.key).files
    return [name for name in run.contracts if name not in came and any(entry.source == name for entry in files)]


def sources_turned_away(run: RunContext) -> list[str]:
    """Sources that came and were refused whole: nothing says where they are from."""
    manifest = load_manifest(run.landing, run.key)
    entries = tuple(note.partition("/")[0] for note in manifest.notes if f"规则 {Rule.PROVENANCE}" in note)
    taken = {source.name for source in manifest.sources}
    return [name for name in run.contracts if name in entries and name not in taken]


def _came(run: RunContext) -> set[str]:
    """Sources that came tonight: not by files of earlier nights alone."""
    manifest = load_manifest(run.landing, run.key)
    carried = {entry.source for entry in manifest.files if entry.came_on is not None}
    tonight = {entry.source for entry in manifest.files if entry.came_on is None}
    return {source.name for source in manifest.sources} - (carried - tonight)


def sources_not_had(run: RunContext) -> list[str]:
    """Sources that the district does not have: nothing came tonight or before, and the configuration names none."""
    manifest = load_manifest(run.landing, run.key)
    settings = run.settings
    had = {source.name for source in manifest.sources} | _seen_before(run) | set(run.required)
    had |= set(settings.connectors) | set(settings.provenance) | set(settings.night.sources) | set(settings.comes)
    refused = tuple(note.partition("/")[0] for note in manifest.notes)
    return [name for name in run.contracts if name not in had and name not in refused]


def _seen_before(run: RunContext) -> frozenset[str]:
    with opened_store(run.home, run.settings.store_url) as store:
        return store.sources_seen(besides=run.run_id)


def check_required(con: duckdb.DuckDBPyConnection, run: RunContext) -> None:
    """Raise InputError when a source the run requires is absent, or every one of its files is broken."""
    usable = {source for (source,) in con.execute(_USABLE).fetchall()} - set(sources_late(run))
    lacking = [name for name in run.required if name not in usable]
    if not lacking:
        return
    titles = [run.contracts[name].title if name in run.contracts else name for name in lacking]
    raise InputError(
        f"{'、'.join(titles)}没有可用的文件，按配置本次不发布",
        where="、".join(lacking),
        rule=Rule.SOURCE_REQUIRED,
        count=len(lacking),
        action="补齐或改好文件后重新运行；允许缺它时改配置 [night.sources.来源] 的 missing",
    )

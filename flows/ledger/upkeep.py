"""Acts of a clerk on published versions, one at a time and never beside a run."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import load_settings
from flows.home.store import opened_store
from flows.ledger import ErasureOrder, erase, rollback
from flows.ledger.export import load_postgres, put_s3
from flows.ledger.publish.read import Published, current_version, kept_version
from flows.ledger.publish.rollback import as_of
from flows.run.context import RunContext
from flows.run.runs import run_lock
from schemas.connectors import S3Connector
from schemas.contracts import load_sources
from schemas.errors import HomeError, InputError
from schemas.policy import load_policy
from schemas.rules import Rule
from schemas.targets import PostgresTarget


def roll_back(home: Home, version: str, *, by: str, why: str) -> str:
    """A new version that equals an old one, with today's objections and erasures; its name."""
    settings, now = load_settings(home), datetime.now(UTC).replace(microsecond=0)
    with run_lock(home, settings.store_url):
        run = RunContext(
            home=home,
            run_id=f"rollback-{now:%Y%m%dT%H%M%SZ}",
            as_of=as_of(kept_version(home, version)),
            drop=None,
            settings=settings,
            policy=load_policy(settings.policy),
            contracts=load_sources(settings.sources),
            key=load_key(home),
            started_at=now,
        )
        return rollback(run, version, by=by, why=why)


def erase_person(home: Home, person_key: str, *, by: str, why: str) -> dict[str, int]:
    """Take one person out of every kept version and keep them out; rows taken out per file."""
    store_url = load_settings(home).store_url
    with run_lock(home, store_url):
        return erase(home, load_key(home), person_key, ErasureOrder(by, why), store_url=store_url)


def export(home: Home, name: str, *, by: str) -> dict[str, int]:
    """Hand the current version to a target of the configuration; what was written there. Logged."""
    settings, key = load_settings(home), load_key(home)
    target = settings.targets.get(name)
    if target is None:
        raise InputError(
            f"配置里没有导出目标 {name}", where="config.toml", rule=Rule.NO_TARGET,
            examples=tuple(sorted(settings.targets)), action=f"在配置里加一段 [targets.{name}]",
        )  # fmt: skip
    current = current_version(home, key)
    if current is None:
        raise HomeError("还没有发布过一本账", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    done = _handed_over(current, target, name)
    with opened_store(home, settings.store_url) as store:
        store.audit(key, datetime.now(UTC), by, "export", why=f"{name} {current.version}")
    return done


def _handed_over(current: Published, target: PostgresTarget | S3Connector, name: str) -> dict[str, int]:
    if isinstance(target, PostgresTarget):
        return load_postgres(current, target, name)
    return put_s3(current, target, name)

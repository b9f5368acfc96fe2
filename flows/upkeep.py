"""Acts of a clerk on published versions, one at a time and never beside a run."""

from __future__ import annotations

from datetime import UTC, datetime

from flows.context import RunContext
from flows.home import Home
from flows.keys import load_key
from flows.ledger import erase, rollback
from flows.ledger.publish.read import kept_version
from flows.ledger.publish.rollback import as_of
from flows.runs import run_lock
from flows.settings import load_settings
from schemas.contracts import load_sources
from schemas.policy import load_policy


def roll_back(home: Home, version: str, *, by: str, why: str) -> str:
    """A new version that equals an old one, with today's objections and erasures; its name."""
    settings, now = load_settings(home), datetime.now(UTC).replace(microsecond=0)
    with run_lock(home):
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
    with run_lock(home):
        return erase(home, load_key(home), person_key, by=by, why=why, store_url=load_settings(home).store_url)

"""Everything past its retention, destroyed and put on record: landing copies, returned rows, reports, left trials."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta

from flows.exchange.rules import rules
from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.home.settings import Settings
from flows.home.store import opened_store
from flows.landing import purge_landing
from flows.ledger.publish.read import kept_versions
from flows.pipeline.trials import destroy_left_trials

RECORD = "destroyed.jsonl"


def purge(home: Home, settings: Settings, key: DistrictKey, *, today: date, who: str) -> list[str]:
    """Destroy what is over on `today`; gives what was, each also a line of `H/logs/destroyed.jsonl` and audited."""
    gone = [
        f"landing/{name}" for name in purge_landing(home, today=today, retention_days=settings.retention_days, key=key)
    ]
    gone += _purge_returns(home)
    gone += _purge_reports(home)
    gone += destroy_left_trials(home)
    with opened_store(home, settings.store_url) as store:
        finds = store.forget_finds(today - timedelta(days=rules().finds_kept_days))
        gone += [f"exchange_finds/{finds}"] if finds else []
        if gone:
            record_destroyed(home, gone, today, who)
            store.audit(key, datetime.now(UTC), who, "purge", why=f"{today.isoformat()} items={len(gone)}")
    return gone


def _purge_returns(home: Home) -> list[str]:
    """The marks of a night go with its landing copies: without them no sheet can be made."""
    gone = []
    for folder in sorted(home.returns.glob("*/*")):
        if folder.is_dir() and not (home.landing / folder.parent.name / folder.name).is_dir():
            shutil.rmtree(folder)
            gone.append(f"returns/{folder.parent.name}/{folder.name}")
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
    return gone


def _purge_reports(home: Home) -> list[str]:
    """Reports list persons by row: those of versions whose term is over go with them."""
    kept = kept_versions(home)
    gone = [
        folder
        for folder in sorted(home.reports.glob("*Z-*"))
        if folder.is_dir() and kept and folder.name < kept[-1] and folder.name not in kept
    ]
    for folder in gone:
        shutil.rmtree(folder)
    return [f"reports/{folder.name}" for folder in gone]


def record_destroyed(home: Home, gone: list[str], today: date, who: str) -> None:
    """Add a line per thing destroyed to `H/logs/destroyed.jsonl`."""
    path = home.logs / RECORD
    old = path.read_bytes() if path.exists() else b""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    lines = [{"at": at, "today": today.isoformat(), "who": who, "destroyed": name} for name in gone]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_private(path, old + text.encode())

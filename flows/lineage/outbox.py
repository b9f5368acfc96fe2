"""One file of events per run, one JSON per line; delivered to a server afterwards where one is configured.

Nothing here stops or slows a run: what cannot be written is lost, what cannot be delivered waits for the next run.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.connectors.secrets import read_secret
from flows.home.folders import Home
from flows.home.runlog import append_line, log_event
from flows.home.settings import Settings
from flows.lineage.events import Event
from schemas.errors import SanzhaoError
from schemas.nights import LineageSettings

_WAITING, _SENT = ".events.jsonl", ".sent.jsonl"


def folder_of(home: Home, settings: LineageSettings) -> Path:
    """Where the files lie: the configured folder, else `H/lineage`."""
    return settings.folder or home.root / "lineage"


def keep(home: Home, settings: LineageSettings, run_id: str, event: Event) -> None:
    """Append one event to the run's file."""
    line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    try:
        append_line(folder_of(home, settings) / f"{run_id}{_WAITING}", f"{line}\n".encode())
    except OSError as error:
        log_event(home, "lineage_lost", run_id=run_id, error=type(error).__name__)


def deliver(home: Home, settings: Settings, now: datetime) -> int:
    """Send the waiting files, oldest first, until the server refuses; how many went out. Files past `log_days` go.

    A file goes out whole or again: the events of a run are the same whenever they are sent.
    """
    folder = folder_of(home, settings.lineage)
    _prune(folder, now - timedelta(days=settings.night.log_days))
    sent = 0
    for path in sorted(folder.glob(f"*{_WAITING}")) if settings.lineage.url else ():
        try:
            _post(settings.lineage, path.read_text("utf-8").splitlines())
            path.rename(path.with_name(path.name.removesuffix(_WAITING) + _SENT))
        except Exception as error:  # whatever stands there or answers: the ledger is published all the same
            log_event(home, "lineage_undelivered", error=type(error).__name__, rule=_rule(error))
            break
        sent += 1
    return sent


def _post(settings: LineageSettings, lines: Iterable[str]) -> None:
    import httpx

    secret = read_secret(settings, "lineage")
    headers = {"Content-Type": "application/json"}
    if secret:
        headers["Authorization"] = f"Bearer {secret.reveal()}"
    trust: ssl.SSLContext | bool = True
    if settings.url.startswith("https"):
        trust = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    with httpx.Client(timeout=settings.timeout_seconds, verify=trust, trust_env=False) as client:
        for line in lines:
            client.post(settings.url, content=line.encode(), headers=headers).raise_for_status()


def _rule(error: Exception) -> str | None:
    return error.rule if isinstance(error, SanzhaoError) else None


def _prune(folder: Path, before: datetime) -> None:
    for path in [*folder.glob(f"*{_WAITING}"), *folder.glob(f"*{_SENT}")]:
        with suppress(OSError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink()

"""The processes of the service: Prefect's server, the runner of nights, the review workbench; and their environment."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.home.folders import Home, private_folder, write_private
from flows.home.settings import Settings

LOOPBACK = "127.0.0.1"
HEARTBEAT_SECONDS = 30
NIGHTLY, BY_HAND = "nightly", "by-hand"
_DIE_WITH_PARENT = 1  # prctl's PR_SET_PDEATHSIG


@dataclass(frozen=True)
class Child:
    """One process of the service."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    stop_seconds: float = 20
    """How long it may take to end by itself."""


def api_url(settings: Settings) -> str:
    """Where Prefect's server answers."""
    return f"http://{LOOPBACK}:{settings.serve.port}/api"


def auth_path(home: Home) -> Path:
    """The file with `user:password` of the Prefect page."""
    return home.keys / "prefect.auth"


def auth_string(home: Home) -> str:
    """`admin:…`, minted at the first start; whoever may read the keys folder may use the page."""
    path = auth_path(home)
    if not path.exists():
        write_private(path, f"admin:{secrets.token_urlsafe(24)}\n".encode())
    return path.read_text("utf-8").strip()


def children_of(home: Home, settings: Settings) -> tuple[Child, ...]:
    """The service's processes in the order they are started; they are stopped the other way round."""
    own = _environment(home, settings)
    server = {**own, **_server_environment(home, settings)}
    words: tuple[str, ...] = ("server", "start", "--host", LOOPBACK, "--port", str(settings.serve.port))
    result = [
        Child("prefect", as_child("-m", "flows.serve.prefect_server", *words), server),
        Child("runner", as_child("-m", "flows.serve.runner", str(home.root)), own, stop_seconds=60),
    ]
    if settings.serve.review:
        words = ("review", "--home", str(home.root), "--port", str(settings.serve.review_port))
        result.append(
            Child("review", as_child("-c", "from flows.cli import main; main()", *words), plain_environment())
        )
    return tuple(result)


def die_with_parent() -> None:
    """Called in a child before its program: a service killed outright leaves no process behind."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


def as_child(*words: str) -> tuple[str, ...]:
    """The command of a Python program that ends when the service ends."""
    return (sys.executable, "-m", "flows.serve.child", *words)


def plain_environment() -> dict[str, str]:
    """The service's own environment without Prefect settings of the machine."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _environment(home: Home, settings: Settings) -> dict[str, str]:
    """What every Prefect process of the service is told."""
    return {
        **plain_environment(),
        "PREFECT_HOME": str(private_folder(home.root / "prefect")),
        "TMPDIR": str(private_folder(home.root / "prefect" / "tmp")),  # its runner's storage has a name that all share
        "PREFECT_API_URL": api_url(settings),
        "PREFECT_API_AUTH_STRING": auth_string(home),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_RUNNER_POLL_FREQUENCY": "5",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SHOW_STARTUP_TIPS": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_COLORS": "false",
    }


def _server_environment(home: Home, settings: Settings) -> dict[str, str]:
    database = settings.serve.database_url or f"sqlite+aiosqlite:///{home.root}/prefect/prefect.db"
    return {
        "PREFECT_SERVER_API_AUTH_STRING": auth_string(home),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",  # links to the maker's services, of no use offline
        "PREFECT_API_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_API_HOST": LOOPBACK,
        "PREFECT_SERVER_API_PORT": str(settings.serve.port),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",  # its records do not grow for ever
    }

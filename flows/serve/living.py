"""Whether the process of a Prefect run still lives: the server is on loopback, so it can live nowhere but here."""

from __future__ import annotations

from pathlib import Path

_MARK = "PREFECT__FLOW_RUN_ID="


def is_alive(flow_run_id: str) -> bool:
    """Whether any process carries the run's id in its environment, as the runner gives it."""
    mark = f"{_MARK}{flow_run_id}".encode()
    return any(mark in _environment(path) for path in Path("/proc").glob("[0-9]*/environ"))


def _environment(path: Path) -> list[bytes]:
    """A process's environment; nothing for one that is gone or another's."""
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []

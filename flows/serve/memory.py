"""What the service remembers of nights between two starts: `H/state/serve.json`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from flows.home.folders import Home, write_private


class Resumption(BaseModel):
    """One run that stopped half-way: when that was first seen and how often it was taken up again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seen_at: datetime
    attempts: int = 0


class ServeMemory(BaseModel):
    """Up to which due time all is settled, and the runs being taken up again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settled_until: datetime
    resumptions: dict[str, Resumption] = {}


def recall(home: Home, now: datetime) -> ServeMemory:
    """What was remembered; at the first start, or when it is not readable, nights count from now."""
    try:
        return ServeMemory.model_validate_json((home.state / "serve.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ServeMemory(settled_until=now)


def remember(home: Home, memory: ServeMemory) -> None:
    """Write it, whole or not at all."""
    write_private(home.state / "serve.json", (memory.model_dump_json(indent=1) + "\n").encode())

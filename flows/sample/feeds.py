"""Who sends worker rows: one entry per sender, with what it shows, masks and asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from flows.sample.options import data


@dataclass(frozen=True)
class Feed:
    """One sender's file: what it shows, masks and asks."""

    key: str
    source: str
    file: str
    form: Literal["xlsx", "csv"]
    trades: tuple[int, ...]
    weight: float
    headers: dict[str, str]
    name: str = "full"
    id: Any = "full"
    phone: Any = "full"
    platform: str = ""
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8"
    split: int = 1
    asks: str = ""
    titles: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    tail: bool = False
    hidden: bool = False
    blank_every: int = 0
    jobs: tuple[str, ...] = ()
    """What the job column says, where it is a form of employment or a service and no trade."""
    station_word: str = "站点"
    dated: str = ""
    """How the file's name carries the night's date; empty where it does not."""


@cache
def feeds() -> tuple[Feed, ...]:
    """Every sender of worker rows."""
    listed = data("feeds.toml")["feeds"]
    return tuple(
        Feed(
            **{
                **entry,
                "trades": tuple(entry["trades"]),
                "titles": tuple(entry.get("titles", ())),
                "jobs": tuple(entry.get("jobs", ())),
                "groups": tuple(map(tuple, entry.get("groups", ()))),
            }
        )
        for entry in listed
    )

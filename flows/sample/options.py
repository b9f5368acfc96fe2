"""What a sample is asked to be, and how dirty: frozen options and the table of rates."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from schemas.errors import InputError
from schemas.rules import Rule

Progress = Callable[[str, int, int], None]
Dirt = Literal["clean", "normal", "harsh"]
LAST_NIGHT = date(2026, 11, 19)


def quiet(_what: str, _done: int, _of: int) -> None:
    """A progress that shows nothing."""


@dataclass(frozen=True)
class Neighbour:
    """The seed and size of another sample with which some people are shared."""

    seed: int
    workers: int
    members: int


@dataclass(frozen=True)
class SampleOptions:
    """One invented district: its size, its seed, how dirty its files are, how many nights of it."""

    workers: int
    members: int
    seed: int
    out: Path
    member_share: float = 0.015
    dirt: Dirt = "normal"
    nights: int = 1
    as_of: date = LAST_NIGHT
    neighbour: Neighbour | None = None

    def __post_init__(self) -> None:
        if self.workers < 100 or self.members < 100:
            raise InputError(
                "样本太小：从业人员和党员各至少100人", rule=Rule.SAMPLE_SIZE, action="加大 --workers、--members"
            )
        if not 0 < self.member_share <= 0.5 or self.workers * self.member_share * 2 > self.members:
            raise InputError(
                "--member-share 应大于0，且在册党员放得下", rule=Rule.SAMPLE_SHARE, action="减小 --member-share"
            )
        if self.dirt not in ("clean", "normal", "harsh"):
            raise InputError(f"--dirt {self.dirt} 不认识", rule=Rule.SAMPLE_DIRT, action="用 clean、normal 或 harsh")
        if not 1 <= self.nights <= 366:
            raise InputError("--nights 应在1到366之间", rule=Rule.SAMPLE_NIGHTS)

    def dates(self) -> list[date]:
        """The as-of date of every night, the last one being `as_of`."""
        return [self.as_of - timedelta(days=self.nights - 1 - night) for night in range(self.nights)]


@cache
def data(name: str) -> dict[str, Any]:
    """One of the generator's data files."""
    return tomllib.loads((resources.files("flows.sample") / name).read_text("utf-8"))


@dataclass(frozen=True)
class Rates:
    """The rate of every kind of dirt for one side, at one level."""

    by_kind: dict[str, float]

    def __getitem__(self, kind: str) -> float:
        return self.by_kind.get(kind, 0.0)


def rates(level: Dirt, side: Literal["worker", "registry"]) -> Rates:
    """The rates of a level: `normal` as written, the others by their factor and never above one half."""
    table = data("rates.toml")
    normal: dict[str, float] = table["normal"][side]
    if level == "normal":
        return Rates(dict(normal))
    factor = float(table[level]["factor"][side])
    return Rates({kind: min(rate * factor, max(rate, 0.5)) if factor else 0.0 for kind, rate in normal.items()})

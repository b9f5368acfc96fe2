"""Rules of drift, and what is remembered of a source's night so that the next one can be held against it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Action = Literal["warn", "stop", "off"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rule(_Frozen):
    """What a finding does; a source in `stop_for` stops the run where the others only warn."""

    action: Action = "warn"
    stop_for: tuple[str, ...] = ()

    def acts_on(self, source: str) -> Action:
        return "stop" if source in self.stop_for and self.action != "off" else self.action


class RowsLost(_Rule):
    """A file or source with at most `share` of the rows it had."""

    share: float = Field(default=0.5, ge=0, lt=1)
    from_rows: int = Field(default=20, ge=1)


class ColumnEmptied(_Rule):
    """A field filled in `filled_share` of the rows before and in at most `emptied_share` now."""

    filled_share: float = Field(default=0.5, gt=0, le=1)
    emptied_share: float = Field(default=0.05, ge=0, lt=1)
    from_rows: int = Field(default=20, ge=1)


class SameFile(_Rule):
    """A file with the bytes of an older one, or with the same bytes for `days`; slow sources may stay as they are."""

    days: int = Field(default=20, ge=1)
    slow_sources: tuple[str, ...] = ()


class KeyReused(_Rule):
    """Record numbers that now stand for other people than last time."""

    share: float = Field(default=0.01, ge=0, le=1)
    from_rows: int = Field(default=3, ge=1)


class FewRows(_Rule):
    """Sources that must bring at least so many rows."""

    at_least: dict[str, int] = {}


class Drift(_Frozen):
    """All rules of drift."""

    rows_lost: RowsLost = RowsLost()
    column_emptied: ColumnEmptied = ColumnEmptied()
    same_file: SameFile = SameFile()
    key_reused: KeyReused = KeyReused()
    few_rows: FewRows = FewRows()


class FileQuality(_Frozen):
    """One file of a night; `name` is a keyed token of its name without digits, `content` a keyed one of its bytes."""

    name: str
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0
    filled: dict[str, int] = {}


class SourceQuality(_Frozen):
    """One source's night in counts."""

    source: str
    as_of: date
    files: tuple[FileQuality, ...] = ()
    contents: tuple[str, ...] = ()
    """SHA-256 of every landed file's clear bytes under the district's key, sorted."""
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0
    passed_over: int = 0
    refused_files: int = 0
    filled: dict[str, int] = {}
    damage: dict[str, int] = {}
    """Repaired or unusable cells by kind."""
    sent_back: dict[str, int] = {}
    """Rows in quarantine by rule."""
    columns_dropped: int = 0

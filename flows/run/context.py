"""What a step is told about its run. No clock and no environment: everything a step needs is in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.settings import Settings
from flows.run.workspace import SPILL
from matchers.engine import Options, Progress, silent
from schemas.contracts import SourceContract
from schemas.policy import Policy


@dataclass(frozen=True)
class RunContext:
    """One run: its home, its folder, its as-of date, its rules."""

    home: Home
    run_id: str
    as_of: date
    drop: Path | None
    settings: Settings
    policy: Policy
    contracts: Mapping[str, SourceContract]
    key: DistrictKey
    started_at: datetime
    progress: Progress = silent
    replay: Path | None = None
    """Landing folder of an earlier night whose sealed copies this run reads again instead of a drop."""
    required: tuple[str, ...] = ()
    """Sources without which this run is refused."""
    forced: str = ""
    """Why this run's date may lie before the published night or beyond tomorrow; empty where it does not."""
    keep_scores: bool = False
    """A replay that takes the earlier night's scores as they are and only decides anew."""

    @property
    def folder(self) -> Path:
        return self.home.runs / self.run_id

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace.duckdb"

    @property
    def engine(self) -> Options:
        """What each engine of this run may use of the machine; it spills into the run's own folder."""
        return Options(self.settings.threads, self.settings.memory_limit, self.folder / SPILL)

    @property
    def landing(self) -> Path:
        """Sealed copies of this night: `H/landing/<as_of>/<run_id>/`."""
        return self.home.landing / self.as_of.isoformat() / self.run_id

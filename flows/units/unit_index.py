"""What one night knows of units, from its spellings to the register it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from flows.units.mentions import Node, Vocabulary
from flows.units.resolve import Clusters
from flows.units.sites import StationRow
from flows.units.units import Unit


@dataclass(frozen=True)
class Resolved:
    """Tonight's nodes in their clusters, the stations beside them, and the words they were read with."""

    nodes: list[Node]
    clusters: Clusters
    stations: list[StationRow]
    words: Vocabulary


@dataclass
class UnitIndex:
    """What one night knows of units: every unit, and what each spelling and station names."""

    units: dict[str, Unit] = field(default_factory=dict)
    names: dict[tuple[str, str | None], tuple[str | None, str | None]] = field(default_factory=dict)
    """Firm and branch by spelling and credit code as written."""
    stations: dict[StationRow, tuple[str, str]] = field(default_factory=dict)
    """Unit counted (the firm, or the station itself) and station."""

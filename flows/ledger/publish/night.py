"""What publication knows of one night beside its two ledgers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from flows.ledger.publish.novelty import Novelty


@dataclass(frozen=True)
class NightChanges:
    """What else changed between two versions, and who was seen where tonight."""

    as_of: date
    previous_as_of: date | None
    policy_changed: bool
    model_changed: bool
    incomplete: frozenset[str]
    increments: frozenset[str]
    in_review: frozenset[str]
    rows_here: frozenset[str] = frozenset()
    """People whom nothing ties to platform work any more, one of whose worker rows still came."""
    registry_here: frozenset[str] = frozenset()
    """Such people who still stand in a register."""
    denied: frozenset[str] = frozenset()
    """Such people of whom a person said that a row is not theirs."""
    erased: frozenset[str] = frozenset()
    objecting: frozenset[str] = frozenset()
    """People whose objection waits for an answer."""
    keep_days: int = 0
    judged: frozenset[tuple[str, str, str]] = frozenset()
    """(person_key, source, record_id) of rows tied or untied by a person."""
    rows_in_review: frozenset[tuple[str, str]] = frozenset()
    """(source, record_id) of worker rows that wait for a person."""
    novelty: Novelty = field(default_factory=Novelty)
    reopened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is new, per person with a lead that was settled as unfounded."""
    endings: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """(code, cause) of the leads that ended tonight, per person."""
    clean: Callable[[str], str] = str
    """Takes IDs and mobile numbers out of a text that an earlier version published."""

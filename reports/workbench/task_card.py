"""One task of a street as an officer's screen has it: masked, with its question and its term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class TaskCard:
    """One task: whom to see, where, what to ask, until when."""

    number: str
    name: str
    unit: str
    street: str
    group: str
    kind: str
    question: str
    window: str
    due: date | None
    overdue: bool
    earlier: str
    """What the last attempt came to, and when."""


@dataclass(frozen=True)
class TaskView:
    """One task opened: its card, the answers it may be given, the organisations that may be named."""

    card: TaskCard
    answers: Sequence[str]
    needs_host: str | None
    """The answer that names an organisation; null outside the Party channel."""
    organisations: Sequence[str]
    person_key: str | None
    """For accounts that see the ledger."""
    own_street: bool

"""What a caller asks of a run, parsed once: by the command line from its options, by the form from its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.home.folders import Home
from flows.pipeline.steps import STEP_NAMES
from schemas.errors import InputError
from schemas.rules import Rule


@dataclass(frozen=True)
class Afresh:
    """A new run over the drop."""


@dataclass(frozen=True)
class Resumed:
    """The run that was broken off goes on."""


@dataclass(frozen=True)
class FromStep:
    """A broken-off run from a step on; else the newest night once more."""

    step: str

    def __post_init__(self) -> None:
        """Raises InputError where no run can begin with the step."""
        if self.step not in STEP_NAMES[:-1]:
            raise InputError(
                f"没有 {self.step} 这一步",
                where="start_from",
                rule=Rule.NO_STEP,
                action=f"可用：{'、'.join(STEP_NAMES[:-1])}",
            )


@dataclass(frozen=True)
class FromLanding:
    """A night once more, from the sealed copies it left."""

    night: date


Beginning = Afresh | Resumed | FromStep | FromLanding
_WORDS: dict[str, Beginning] = {"new": Afresh(), "resume": Resumed()}
_LANDING = "landing"


@dataclass(frozen=True)
class RunRequest:
    """What the caller asks for."""

    home: Home
    drop: Path | None = None
    as_of: date | None = None
    config: Path | None = None
    begin: Beginning = Afresh()
    force_reason: str = ""
    """Why the date may go backwards or beyond tomorrow; without one it may not."""
    required: tuple[str, ...] | None = None
    """Sources without which the run is refused; null takes those the configuration stops for."""


def beginning(word: str, as_of: date | None) -> Beginning:
    """The beginning a form's word means; the night of `landing` is its date.

    Raises InputError for a step there is not, and for `landing` without a date.
    """
    if word != _LANDING:
        return _WORDS.get(word) or FromStep(word)
    if as_of is None:
        raise InputError(
            "用留存副本重做要写哪一晚", where="as_of", rule=Rule.NIGHT_NEEDED, action="在 as_of 填那一晚的数据日期"
        )
    return FromLanding(as_of)


def form_words(request: RunRequest) -> tuple[str, date | None]:
    """The word and the date by which a form asks for the same."""
    match request.begin:
        case FromStep(step):
            return step, request.as_of
        case FromLanding(night):
            return _LANDING, night
        case simple:
            return next(word for word, entry in _WORDS.items() if entry == simple), request.as_of

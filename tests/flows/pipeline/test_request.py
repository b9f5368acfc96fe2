"""What a form says and what a command asks are one request, parsed in one place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.pipeline.request import (
    Afresh,
    Beginning,
    FromLanding,
    FromStep,
    Resumed,
    RunRequest,
    beginning,
    form_words,
)
from flows.pipeline.steps import STEP_NAMES
from schemas.errors import InputError
from schemas.rules import Rule

NIGHT = date(2026, 11, 20)


@pytest.mark.parametrize(
    "begin", [Afresh(), Resumed(), FromLanding(NIGHT), *(FromStep(name) for name in STEP_NAMES[:-1])]
)
def test_what_goes_to_a_form_comes_back_the_same(begin: Beginning) -> None:
    word, as_of = form_words(RunRequest(Home(Path("/h")), begin=begin))
    assert beginning(word, as_of) == begin


def test_a_night_done_again_needs_its_date() -> None:
    with pytest.raises(InputError) as refused:
        beginning("landing", None)
    assert refused.value.rule is Rule.NIGHT_NEEDED


@pytest.mark.parametrize("word", ["close", "elsewhere", ""])
def test_no_run_begins_with_a_step_there_is_not(word: str) -> None:
    with pytest.raises(InputError) as refused:
        beginning(word, NIGHT)
    assert refused.value.rule is Rule.NO_STEP
    assert "decided" in str(refused.value)


def test_a_date_beside_a_step_is_kept() -> None:
    assert form_words(RunRequest(Home(Path("/h")), as_of=NIGHT, begin=FromStep("decided"))) == ("decided", NIGHT)

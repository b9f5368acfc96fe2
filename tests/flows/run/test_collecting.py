from __future__ import annotations

import gc
import weakref

import pytest

from flows.run.collecting import seldom_collected


class Ring:
    """Refers to itself: only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


def test_a_cycle_made_in_a_run_is_still_freed_in_it() -> None:
    with seldom_collected():
        lost = weakref.ref(Ring())
        kept = [[number] for number in range(200_000)]
    assert len(kept) == 200_000
    assert lost() is None


def test_after_a_run_that_fails_python_collects_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="broken off"), seldom_collected():
        assert gc.get_threshold() != before
        raise ValueError("broken off")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0

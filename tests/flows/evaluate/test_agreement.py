"""Cohen's kappa against worked examples."""

from __future__ import annotations

import pytest

from flows.evaluate.agreement import agreement


def test_kappa_of_a_worked_example() -> None:
    """Fifty proposals read by two persons: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no; kappa is 0.4."""
    found = agreement(
        {("link", "link"): 20, ("link", "not_link"): 5, ("not_link", "link"): 10, ("not_link", "not_link"): 15}
    )
    assert (found.agreed.right, found.agreed.of, found.kappa) == (35, 50, 0.4)
    assert found.low is not None and found.high is not None
    assert (found.low, found.high) == (pytest.approx(0.146, abs=1e-3), pytest.approx(0.654, abs=1e-3))


def test_readers_as_good_as_chance_have_a_kappa_of_nought() -> None:
    assert agreement({(a, b): 10 for a in ("link", "not_link") for b in ("link", "not_link")}).kappa == 0


def test_kappa_is_not_told_where_chance_alone_agrees_always() -> None:
    found = agreement({("link", "link"): 12})
    assert (found.agreed.rate, found.kappa) == (1.0, None)
    assert agreement({}).kappa is None

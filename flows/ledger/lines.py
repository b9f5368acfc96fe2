"""Business lines of a unit: where its floating members work together, and the branches that fit them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from flows.ledger.joining import SharedBranch

LineRow = tuple[tuple[str | None, ...], int]
"""Station, job, trade and platform, and how many floating members show just these."""


def lines_of(rows: Sequence[LineRow], least: int) -> dict[str | None, int]:
    """Floating members by line: by the first of station, job, trade and platform under which two lines are large
    enough for a branch each; all together where none parts them so."""
    for at in range(len(rows[0][0]) if rows else 0):
        counts: Counter[str | None] = Counter()
        for shown, number in rows:
            counts[shown[at]] += number
        if sum(number >= least for line, number in counts.items() if line) > 1:
            return dict(counts)
    return {None: sum(number for _, number in rows)}


def floating_branch(branches: Iterable[SharedBranch], street: str | None, trade: str | None) -> SharedBranch | None:
    """The branch for floating members of the street, else of the trade."""
    floating = [branch for branch in branches if branch.kind == "流动党员党支部"]
    of_street = [entry for entry in floating if street is not None and entry.street == street]
    of_trade = [entry for entry in floating if trade is not None and trade in entry.trades and entry.street is None]
    return next(iter([*of_street, *of_trade]), None)


def lines_text(lines: Mapping[str | None, int]) -> str:
    """`网约车4名、出租车4名`, the largest first."""
    named = sorted(((name, number) for name, number in lines.items() if name), key=lambda entry: (-entry[1], entry[0]))
    return "、".join(f"{name}{number}名" for name, number in named)

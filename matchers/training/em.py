"""m and u of every level, learned without labels: u from counts and random pairs, m by EM over level patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Sides
from matchers.weighing.levels import levels_of
from matchers.weighing.weights import Learned, Round

LEAST_M = 1e-4
MOST_ROUNDS = 200
_STILL = 1e-6
_LEAST_SHOWN = 1.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """Level patterns with their pairs: nobody judged (`free`), judged one person (`same`), judged two (`other`)."""

    numbers: list[int]
    free: Floats
    same: Floats
    other: Floats

    @property
    def all(self) -> Floats:
        """Pairs per pattern, judged or not."""
        return self.free + self.same + self.other


def levels_by_column(model: LinkModel, patterns: list[int]) -> dict[str, npt.NDArray[np.int64]]:
    """Level numbers of the patterns, by column."""
    shown = [levels_of(model, pattern) for pattern in patterns]
    return {column: np.array([levels[column] for levels in shown], np.int64) for column in model.comparisons}


def learn(
    patterns: Patterns, u: dict[str, Floats], model: LinkModel, sides: Sides, *, rounds: int = MOST_ROUNDS
) -> Learned:
    """EM over patterns with u held; the prior is over all pairs there could be, not over the candidates.

    What a person judged is held: such a pair is a match or none, whatever its levels say.
    """
    levels = levels_by_column(model, patterns.numbers)
    now = Learned({c: _start(model, c) for c in model.comparisons}, u, model.prior * sides.left / sides.pairs, 0, False)
    history: list[Round] = []
    for number in range(1, rounds + 1):
        chance, likelihood = posterior(now, levels, patterns.free)
        post = patterns.free * chance + patterns.same
        fresh = {column: _shares(level, post, _start(model, column)) for column, level in levels.items()}
        moved, column, name = most_moved(model, now.m, fresh)
        history.append(Round(moved, column, name, float(post.sum()), likelihood))
        prior = min(max(post.sum(), 1.0) / sides.pairs, 0.999)
        now = Learned(fresh, u, prior, number, moved < _STILL, tuple(history))
        if now.converged:
            break
    return now


def posterior(learned: Learned, levels: dict[str, npt.NDArray[np.int64]], counts: Floats) -> tuple[Floats, float]:
    """Probability of a match per pattern, and the log-likelihood in bits of all pairs but for what u alone explains."""
    weight = np.zeros(len(counts))
    for column, level in levels.items():
        weight += learned.bits(column)[level] * (level > 0)
    odds = learned.prior / (1 - learned.prior) * np.exp2(np.clip(weight, -200, 200))
    return odds / (1 + odds), float((counts * np.log2(1 + odds)).sum())


def most_moved(model: LinkModel, old: dict[str, Floats], fresh: dict[str, Floats]) -> tuple[float, str, str]:
    """The largest move of a round, with its column and level."""
    found = []
    for column, levels in model.comparisons.items():
        by = np.abs(fresh[column] - old[column])[1:]
        at = int(by.argmax())
        found.append((float(by[at]), column, list(levels)[at]))
    return max(found)


def _start(model: LinkModel, column: str) -> Floats:
    return np.array([1.0, *(level.m for level in model.comparisons[column].values())])


def _shares(level: npt.NDArray[np.int64], post: Floats, start: Floats) -> Floats:
    """Share of each level among the matches that show the column, 1 in all; the model's own where no match shows it."""
    counts = np.bincount(level, weights=post, minlength=len(start))
    shown = counts[1:].sum()
    if shown < _LEAST_SHOWN:
        return start
    shares = np.maximum(counts / shown, LEAST_M)
    shares[1:] /= shares[1:].sum()
    shares[0] = 1.0
    return np.asarray(shares, np.float64)

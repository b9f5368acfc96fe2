"""m per comparison level and the prior, estimated without labels by EM; u and term frequencies are held fixed.

One training entry is a pattern of levels with the number of its pairs, or a single pair where term frequencies count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Sides
from matchers.weighing.weights import Learned, Round

LEAST_M = 1e-4
MOST_ROUNDS = 200
_STILL = 1e-6
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TrainingPairs:
    """One entry per pattern of levels, or per pair: its level numbers by column (0 is null) and how many pairs it is.

    Pairs nobody judged (`free`), judged one person (`same`), judged two (`other`). Per pair also the class of what both
    rows show (0 nothing) and the chance of the value agreed on; patterns have neither.
    """

    levels: Mapping[str, Numbers]
    free: Floats
    same: Floats
    other: Floats
    classes: Mapping[str, Numbers] = field(default_factory=dict)
    chances: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def all(self) -> Floats:
        """Pairs per entry, judged or not."""
        return self.free + self.same + self.other

    def bits_of_values(self) -> Floats:
        """Per entry the bits of term-frequency adjustment, beyond those of its levels."""
        return np.asarray(
            -sum((np.log2(chance) for chance in self.chances.values()), np.zeros(len(self.free))), np.float64
        )


def short(number: float) -> float:
    """Six digits: what a person reads in a model file, and what every later run uses."""
    return float(f"{number:.6g}")


MShares = Callable[[str, Floats, Floats], Floats]
"""m of a column's levels from the matches expected per entry; the third is what the model had before."""


def learn(
    pairs: TrainingPairs, u: dict[str, Floats], model: LinkModel, sides: Sides, shares: MShares,
) -> Learned:  # fmt: skip
    """EM with u held fixed; the prior is over all pairs of the two tables, not over the candidates.

    Judged pairs are held fixed as matches or non-matches, whatever their levels.
    """
    start = {c: np.array([1.0, *(level.m for level in levels.values())]) for c, levels in model.comparisons.items()}
    now = Learned(start, u, model.prior * sides.left / max(sides.pairs, 1.0), 0, False)
    values = pairs.bits_of_values()
    history: list[Round] = []
    for number in range(1, MOST_ROUNDS + 1):
        matches = pairs.free * posterior(now, pairs.levels, values) + pairs.same
        fresh = {column: shares(column, matches, start[column]) for column in start}
        moved, column, name = _most_moved(model, now.m, fresh)
        history.append(Round(moved, column, name, float(matches.sum())))
        prior = min(max(float(matches.sum()), 1.0) / sides.pairs, 0.999)
        now = Learned(fresh, u, prior, number, moved < _STILL, tuple(history))
        if now.converged:
            break
    return now


def posterior(learned: Learned, levels: Mapping[str, Numbers], values: Floats | float = 0.0) -> Floats:
    """Per entry the match probability from its levels and term frequencies, judgements left out."""
    weight = values + sum(learned.bits(column)[level] * (level > 0) for column, level in levels.items())
    odds = learned.prior / (1 - learned.prior) * np.exp2(np.clip(weight, -200, 200))
    return np.asarray(odds / (1 + odds), np.float64)


def _most_moved(model: LinkModel, old: dict[str, Floats], fresh: dict[str, Floats]) -> tuple[float, str, str]:
    """The largest change of m in a round, with its column and level."""
    moves = []
    for column, levels in model.comparisons.items():
        by = np.abs(fresh[column] - old[column])[1:]
        at = int(by.argmax())
        moves.append((float(by[at]), column, list(levels)[at]))
    return max(moves)

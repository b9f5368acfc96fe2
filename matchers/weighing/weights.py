"""m, u and the prior that weights are made of, and how they were learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Round:
    """One round of EM: the level that moved most and by how much, and the matches expected."""

    moved: float
    column: str
    level: str
    matches: float


@dataclass(frozen=True)
class Learned:
    """Weights by column and level number (0 is null, always 1/1), the prior, and how EM went."""

    m: dict[str, Floats]
    u: dict[str, Floats]
    prior: float
    rounds: int
    converged: bool
    history: tuple[Round, ...] = ()

    def bits(self, column: str) -> Floats:
        """The match weight of each level of a column in bits, log2(m / u); null weighs 0."""
        return np.asarray(np.log2(self.m[column] / self.u[column]), np.float64)

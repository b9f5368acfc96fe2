"""Scored pairs as arrays: level patterns, match weights, bits by comparison."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoredPairs:
    """One entry per pair, sorted by pair: level pattern, match weight in tenths of bits, and bits by comparison."""

    pairs: Pairs
    patterns: npt.NDArray[np.uint64]
    weight: Floats
    probability: Floats
    bits: dict[str, Floats]

    def __len__(self) -> int:
        return len(self.pairs)

    def beside(self, other: ScoredPairs) -> ScoredPairs:
        """The pairs of both, each once, sorted by pair."""
        pairs, firsts = np.unique(np.concatenate([self.pairs, other.pairs]), return_index=True)
        joined_bits = {c: np.concatenate([bits, other.bits[c]])[firsts] for c, bits in self.bits.items()}
        patterns, weight, probability = (
            np.concatenate([getattr(self, name), getattr(other, name)])[firsts]
            for name in ("patterns", "weight", "probability")
        )
        return ScoredPairs(pairs, patterns, weight, probability, joined_bits)

    def where(self, kept: Bools) -> ScoredPairs:
        """Some of them."""
        return ScoredPairs(
            self.pairs[kept], self.patterns[kept], self.weight[kept], self.probability[kept],
            {column: bits[kept] for column, bits in self.bits.items()},
        )  # fmt: skip

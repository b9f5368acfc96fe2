"""Training of a model without evidence tiers: patterns of levels, u from drawn pairs and term frequencies."""

from __future__ import annotations

import numpy as np

from matchers.blocking.blocks import Pairs
from matchers.deciding.judgements import JudgedPairs
from matchers.model.link_model import TERM_FREQUENCY, LevelWeight
from matchers.training.chances import chance_agreements
from matchers.training.em import LEAST_M, Floats, Numbers, TrainingPairs, learn, short
from matchers.training.pairs import EncodedTables, pairs_by_pattern
from matchers.training.trust import in_order, refuse_broken, refuse_uneven
from matchers.weighing.chances import id_levels, term_frequency_levels
from matchers.weighing.weights import Learned

_LEAST_PAIRS_AT_LEVEL = 1.0


class ByWeight:
    """The learning of one training; the tables are encoded."""

    def __init__(self, tables: EncodedTables) -> None:
        self.tables, self.model, self.both = tables, tables.model, tables.both
        self.chances = chance_agreements(tables)

    def pairs(self, candidates: Pairs, placed: JudgedPairs | None) -> TrainingPairs:
        """The candidates by pattern of levels; pairs that were judged count even if no rule found them."""
        return pairs_by_pattern(self.tables, candidates, placed=placed)

    def learn(self, pairs: TrainingPairs) -> Learned:
        """EM twice: the second time u is estimated without the matches expected by the first."""
        chances, sides = self.chances, self.both.counts

        def shares(column: str, matches: Floats, start: Floats) -> Floats:
            return _shares(pairs.levels[column], matches, start)

        first = learn(pairs, chances.given_same_name(chances.u), self.model, sides, shares)
        u = chances.given_same_name(chances.without_matches(first))
        return learn(pairs, u, self.model, sides, shares)

    def averaged(self, learned: Learned, pairs: TrainingPairs) -> Learned:
        """u is one figure per level already."""
        return learned

    def checked(self, learned: Learned, matches: float) -> tuple[Learned, tuple[str, ...]]:
        """With levels put in order, and what was done. Raises TableError where it must not be used."""
        refuse_broken(learned, self.model, matches)
        ordered, warnings = in_order(learned, self.model, matches)
        refuse_uneven(ordered, self.model)
        return ordered, warnings

    def weights(self, learned: Learned) -> dict[str, dict[str, LevelWeight]]:
        """Weights as the model file keeps them: u counted per value where it can be, a name's part in it apart."""
        by_frequency = {(column, number) for column, number, _ in term_frequency_levels(self.model)} | set(
            id_levels(self.model)
        )
        return {
            column: {
                name: LevelWeight(
                    m=short(learned.m[column][number]),
                    u=TERM_FREQUENCY if (column, number) in by_frequency else self._u(learned, column, name, number),
                    correlation_factor=self.chances.name_correlations.get((column, name)),
                )
                for number, name in enumerate(levels, 1)
            }
            for column, levels in self.model.comparisons.items()
        }

    def _u(self, learned: Learned, column: str, name: str, number: int) -> float:
        return short(min(learned.u[column][number] / self.chances.name_correlation(column, name), 1.0))


def _shares(level: Numbers, matches: Floats, start: Floats) -> Floats:
    """Share of each level among the matches that show the column, 1 in all; the model's own where no match shows it."""
    counts = np.bincount(level, weights=matches, minlength=len(start))
    present = counts[1:].sum()
    if present < _LEAST_PAIRS_AT_LEVEL:
        return start
    shares = np.maximum(counts / present, LEAST_M)
    shares[1:] /= shares[1:].sum()
    shares[0] = 1.0
    return np.asarray(shares, np.float64)

"""Training of a model with evidence tiers: pair by pair, with term frequencies; the tiers themselves are never learned.

A level's m is its share among the true pairs that show enough to reach it: of pairs with two full IDs, how many agree
in full; of pairs with a masked name, how many masks fit. So a rare mask is not taken for a rare agreement.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Pairs
from matchers.deciding.judgements import JudgedPairs
from matchers.model.link_model import TERM_FREQUENCY, LevelWeight
from matchers.training.chances import unrelated_pairs
from matchers.training.em import LEAST_M, Floats, TrainingPairs, learn, short
from matchers.training.pairs import EncodedTables, class_of_level, pairs_with_values
from matchers.training.trust import refuse_against, refuse_uneven_classes
from matchers.weighing.entities import identical_rows
from matchers.weighing.population import PopulationChances
from matchers.weighing.weights import Learned

_ROWS_CROSSED = 600
_FEW = 20.0
"""Shares are learned only from so many expected matches; below, the model keeps what it had."""
_FEW_AGREEING = 5.0
"""A way of agreeing that fewer true pairs show keeps its share as well: its rarity here may be chance."""
_FEW_PAIRS = 30


class ByTiers:
    """The learning of one training; the tables are encoded."""

    def __init__(self, tables: EncodedTables) -> None:
        self.tables, self.model, self.both = tables, tables.model, tables.both
        self.u = self._chances(pairs_with_values(tables, unrelated_pairs(tables.both, _ROWS_CROSSED)))

    def pairs(self, candidates: Pairs, placed: JudgedPairs | None) -> TrainingPairs:
        """One entry per candidate, with the chance of the value it agrees on."""
        entities = identical_rows(self.both.left) if self.both.same else None
        chances = PopulationChances(self.tables.con, self.model, self.both, entities)
        return pairs_with_values(self.tables, candidates, chances=chances, placed=placed)

    def learn(self, pairs: TrainingPairs) -> Learned:
        """EM; m of a level is its share within its class."""

        def shares(column: str, matches: Floats, start: Floats) -> Floats:
            learned, within, counts = self._shares(pairs, column, matches)
            enough = (within >= _FEW) & ~(self._speaks_for(column) & (counts < _FEW_AGREEING))
            return np.where(enough, np.maximum(learned, LEAST_M), start)

        return learn(pairs, self.u, self.model, self.both.counts, shares)

    def checked(self, learned: Learned, matches: float) -> tuple[Learned, tuple[str, ...]]:
        """The same, and the levels that keep their share. Raises TableError where it must not be used."""
        refuse_against(learned, self.model)
        refuse_uneven_classes(learned, self.model)
        kept = [
            f"{column}.{name}"
            for column, levels in self.model.comparisons.items()
            for number, (name, level) in enumerate(levels.items(), start=1)
            if learned.m[column][number] == level.m
        ]
        return learned, (f"真对太少、沿用原分值的级：{'、'.join(kept)}",) if kept else ()

    def weights(self, learned: Learned) -> dict[str, dict[str, LevelWeight]]:
        """Weights as the model file keeps them."""
        return {
            column: {
                name: LevelWeight(
                    m=short(learned.m[column][number]),
                    u=TERM_FREQUENCY if level.u == TERM_FREQUENCY else short(min(learned.u[column][number], 1.0)),
                )
                for number, (name, level) in enumerate(levels.items(), start=1)
            }
            for column, levels in self.model.comparisons.items()
        }

    def averaged(self, learned: Learned, pairs: TrainingPairs) -> Learned:
        """u as one figure per level: the geometric mean where it is counted per value; m where no pair shows it."""
        return dataclasses.replace(learned, u={column: self._mean_chance(pairs, column) for column in learned.u})

    def _mean_chance(self, pairs: TrainingPairs, column: str) -> Floats:
        u, level = self.u[column], pairs.levels[column]
        sums = np.bincount(level, weights=np.log2(pairs.chances[column]), minlength=len(u))
        counts = np.bincount(level, minlength=len(u))
        levels = zip(self.model.comparisons[column].values(), u[1:], strict=True)
        given = np.array([1.0, *(weight.m if weight.u == TERM_FREQUENCY else chance for weight, chance in levels)])
        return np.asarray(np.where(counts > 0, u * np.exp2(sums / np.maximum(counts, 1)), given), np.float64)

    def _chances(self, strangers: TrainingPairs) -> dict[str, Floats]:
        """u per column and level from pairs of unrelated rows, where enough of them stand at it; else the model's."""
        u = {}
        for column, levels in self.model.comparisons.items():
            given = np.array(
                [1.0, *(1.0 if level.u == TERM_FREQUENCY else float(level.u) for level in levels.values())]
            )
            shares, _, counts = self._shares(strangers, column, strangers.free)
            own = np.array([False, *(level.u != TERM_FREQUENCY for level in levels.values())])
            u[column] = np.where(own & (counts >= _FEW_PAIRS), shares, given)
        return u

    def _shares(self, pairs: TrainingPairs, column: str, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Per level its share within its class (1 for null), how much of the class there is, and of the level."""
        size = len(self.model.comparisons[column]) + 1
        sums = np.bincount(pairs.levels[column], weights=weights, minlength=size)
        classes = np.bincount(pairs.classes[column], weights=weights, minlength=size + 1)
        classes[0] = classes[1:].sum()
        within = classes[class_of_level(self.model, column)]
        shares = (sums + 0.5) / (within + 1.0)  # none seen among six hundred is not none at all
        shares[0] = 1.0
        return np.asarray(shares, np.float64), np.asarray(within, np.float64), np.asarray(sums, np.float64)

    def _speaks_for(self, column: str) -> npt.NDArray[np.bool_]:
        against = self.model.kind(column).against
        return np.array([True, *(name not in against for name in self.model.comparisons[column])])

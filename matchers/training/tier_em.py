"""m of every level, learned without labels by EM over candidate pairs, each with the chance of its own values.

A level's m is its share among the true pairs that show enough to reach it: of pairs with two full IDs, how many agree
in full; of pairs with a masked name, how many masks fit. So a rare mask is not taken for a rare agreement.
"""

from __future__ import annotations

import numpy as np

from matchers.model.link_model import COUNTED, LevelWeight, LinkModel
from matchers.sides.encoded import Sides
from matchers.training.em import LEAST_M, MOST_ROUNDS, Floats, most_moved
from matchers.training.pair_evidence import PairEvidence, class_of_level
from matchers.weighing.weights import Learned, Round

_STILL = 1e-6
_FEW = 20.0
"""Shares are learned only from so many expected matches; below, the model keeps what it had."""
_FEW_AGREEING = 5.0
"""A way of agreeing that fewer true pairs show keeps its share as well: its rarity here may be chance."""
_FEW_PAIRS = 30


def chances_of(strangers: PairEvidence, model: LinkModel) -> dict[str, Floats]:
    """u per column and level from pairs of unrelated rows, where enough of them stand at it; else the model's."""
    u = {}
    for column, levels in model.comparisons.items():
        given = np.array([1.0, *(1.0 if level.u == COUNTED else float(level.u) for level in levels.values())])
        shares, _, counts = _shares(strangers, model, column, np.ones(len(strangers.verdict)))
        own = np.array([False, *(level.u != COUNTED for level in levels.values())])
        u[column] = np.where(own & (counts >= _FEW_PAIRS), shares, given)
    return u


def learn_tiers(
    pairs: PairEvidence, u: dict[str, Floats], model: LinkModel, sides: Sides, *, rounds: int = MOST_ROUNDS
) -> Learned:
    """EM with u and the chances of values held; what a person judged is held as well."""
    start = {c: np.array([1.0, *(level.m for level in levels.values())]) for c, levels in model.comparisons.items()}
    fixed = _bits_of_chance(pairs, u, model)
    m, prior = start, model.prior * sides.left / max(sides.pairs, 1.0)
    history: list[Round] = []
    for _ in range(rounds):
        chance = posterior(pairs, m, fixed, prior)
        fresh = {column: _fresh(pairs, model, column, chance, start[column]) for column in m}
        moved, column, level = most_moved(model, m, fresh)
        history.append(Round(moved, column, level, float(chance.sum()), 0.0))
        m, prior = fresh, min(max(float(chance.sum()), 1.0) / sides.pairs, 0.999)
        if moved < _STILL:
            break
    shown = {column: _mean_chance(pairs, model, column, u[column]) for column in m}
    return Learned(m, shown, prior, len(history), moved < _STILL, tuple(history))


def posterior(pairs: PairEvidence, m: dict[str, Floats], fixed: Floats, prior: float) -> Floats:
    """Probability of a match per pair; a person's word is certain."""
    weight = fixed + sum(np.log2(shares)[pairs.level[column]] for column, shares in m.items())
    odds = prior / (1 - prior) * np.exp2(np.clip(weight, -200, 200))
    return np.asarray(np.where(np.isnan(pairs.verdict), odds / (1 + odds), pairs.verdict), np.float64)


def posterior_of(pairs: PairEvidence, learned: Learned, model: LinkModel, u: dict[str, Floats]) -> Floats:
    """Probability of a match per pair by its levels and values alone, whatever a person said."""
    alone = PairEvidence(pairs.level, pairs.evidence_class, pairs.chance, np.full(len(pairs.verdict), np.nan))
    return posterior(alone, learned.m, _bits_of_chance(alone, u, model), learned.prior)


def _bits_of_chance(pairs: PairEvidence, u: dict[str, Floats], model: LinkModel) -> Floats:
    """Per pair what all its agreements are worth by what they rule out, m aside."""
    return np.asarray(
        -sum(np.log2(u[c])[pairs.level[c]] + np.log2(pairs.chance[c]) for c in model.comparisons), np.float64
    )


def _fresh(pairs: PairEvidence, model: LinkModel, column: str, chance: Floats, start: Floats) -> Floats:
    shares, within, found = _shares(pairs, model, column, chance)
    speaks_for = np.array([True, *(name not in model.kind(column).against for name in model.comparisons[column])])
    learned = (within >= _FEW) & ~(speaks_for & (found < _FEW_AGREEING))
    return np.where(learned, np.maximum(shares, LEAST_M), start)


def _shares(pairs: PairEvidence, model: LinkModel, column: str, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Per level its share within its class (1 for null), how much of the class there is, and of the level."""
    size = len(model.comparisons[column]) + 1
    level, shown = pairs.level[column], pairs.evidence_class[column]
    found = np.bincount(level, weights=weights, minlength=size)
    classes = np.bincount(shown, weights=weights, minlength=size + 1)
    classes[0] = classes[1:].sum()
    within = classes[class_of_level(model, column)]
    shares = (found + 0.5) / (within + 1.0)  # none seen among six hundred is not none at all
    shares[0] = 1.0
    return np.asarray(shares, np.float64), np.asarray(within, np.float64), np.asarray(found, np.float64)


def _mean_chance(pairs: PairEvidence, model: LinkModel, column: str, u: Floats) -> Floats:
    """u as one figure per level: the geometric mean where it is counted per value; m where no pair shows it."""
    level, logs = pairs.level[column], np.log2(pairs.chance[column])
    sums = np.bincount(level, weights=logs, minlength=len(u))
    counts = np.bincount(level, minlength=len(u))
    given = np.array([1.0, *(one.m if one.u == COUNTED else u[n] for n, one in _numbered(model, column))])
    return np.asarray(np.where(counts > 0, u * np.exp2(sums / np.maximum(counts, 1)), given), np.float64)


def _numbered(model: LinkModel, column: str) -> list[tuple[int, LevelWeight]]:
    return list(enumerate(model.comparisons[column].values(), start=1))

"""One evidence tier per level pattern, as a look-up table, and the match weight below which a pair is pruned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum

import numpy as np
import numpy.typing as npt

from matchers.model.evidence_tiers import NULL_LEVEL, EvidenceTier
from matchers.model.link_model import LinkModel
from matchers.weighing.levels import levels_of
from matchers.weighing.score import log_odds

Floats = npt.NDArray[np.float64]

_MOST_PATTERNS = 1 << 21
"""Beyond so many patterns the look-up would be larger than what it saves."""


def named_levels(model: LinkModel, pattern: int) -> dict[str, str]:
    """A pattern's level names by column."""
    numbers = levels_of(model, pattern)
    return {column: [NULL_LEVEL, *levels][numbers[column]] for column, levels in model.comparisons.items()}


def tier_of(model: LinkModel, levels: Mapping[str, str]) -> EvidenceTier:
    """The first evidence tier that fits these levels; the last fits any."""
    return next(tier for tier in model.evidence_tiers if tier.fits(dict(levels)))


def kept_levels(model: LinkModel) -> dict[str, list[int]]:
    """Per column the level numbers whose pairs are never pruned."""
    kept = model.decision_rules.never_pruned if model.decision_rules else {}
    return {
        column: [list(model.comparisons[column]).index(name) + 1 for name in names]
        for column, names in kept.items()
        if column in model.comparisons
    }


class Keep(Enum):
    """Which pairs are not pruned: all, those whose score is reported, or those that may link or go to review."""

    ALL = "all"
    SCORED = "scored"
    DECIDED = "decided"


def least_weights(model: LinkModel, keep: Keep) -> Floats:
    """Per pattern the bits below which a pair is pruned: an array with one axis per comparison.

    What is scored matters for its probability, or for a level that keeps a pair whatever it weighs. Of pairs to be
    decided, what the tiers reject, whatever becomes of the other pairs, matters from the review threshold on only. One
    figure for all patterns where there are too many for a table.
    """
    shape = tuple(len(levels) + 1 for levels in model.comparisons.values())
    if keep is Keep.ALL or model.decision_rules is None:
        return np.array(-np.inf)
    kept = kept_levels(model)
    if math.prod(shape) > _MOST_PATTERNS:
        return np.array(-np.inf if any(kept.values()) else log_odds(model.decision_rules.prune_below_probability))
    least = np.full(shape, log_odds(model.decision_rules.prune_below_probability))
    for column, numbers in kept.items():
        least[_at(model, {column: numbers})] = -np.inf
    if keep is Keep.DECIDED:
        _reject_by_weight(model, least)
    return least


def _reject_by_weight(model: LinkModel, least: Floats) -> None:
    free = np.ones(least.shape, bool)
    for tier in model.evidence_tiers:
        fits = _fitting(model, tier) & free
        free &= ~fits
        if tier.decision == "reject" or (
            (tier.needs_probability or tier.needs_review_probability) and not tier.needs_single_owner
        ):
            least[fits] = log_odds(model.review_probability)


def _fitting(model: LinkModel, tier: EvidenceTier) -> npt.NDArray[np.bool_]:
    """A mask of the patterns that a tier fits, whatever tiers come before it."""
    shape = tuple(len(levels) + 1 for levels in model.comparisons.values())
    fits = np.ones(shape, bool)
    for column, names in tier.when.items():
        fits &= _standing(model, column, names)
    if tier.when_any:
        some = np.zeros(shape, bool)
        for column, names in tier.when_any.items():
            some |= _standing(model, column, names)
        fits &= some
    return fits


def _standing(model: LinkModel, column: str, names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """A mask of the patterns at one of these levels of a column, broadcast over the rest; a missing column is null."""
    axes = list(model.comparisons)
    if column not in axes:
        return np.asarray(NULL_LEVEL in names)
    levels = np.array([name in names for name in (NULL_LEVEL, *model.comparisons[column])])
    return levels.reshape([-1 if axis == column else 1 for axis in axes])


def _at(model: LinkModel, levels: Mapping[str, list[int]]) -> tuple[list[int] | slice, ...]:
    return tuple(levels.get(column, slice(None)) for column in model.comparisons)

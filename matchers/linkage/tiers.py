"""Evidence tiers as a look-up over level patterns: which tier decides a pattern, and what a pair must weigh to matter."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.linkage.ceilings import NULL_LEVEL, Ceiling
from matchers.linkage.model import LinkModel
from matchers.linkage.pairs import levels_of, radixes

Pattern = tuple[str, ...]
"""Level names in the order of the model's comparisons."""
Floats = npt.NDArray[np.float64]
Patterns = npt.NDArray[np.uint64]

_NEEDS = ("needs_probability", "needs_review_probability", "needs_own_value", "needs_single_owner")
_PARTIAL = "部分"
_MOST_PATTERNS = 1 << 21
"""Beyond so many patterns the look-up would be larger than what it saves."""


def all_patterns(model: LinkModel) -> list[Pattern]:
    """Every pattern of levels the model can show; some thousands."""
    return list(itertools.product(*([NULL_LEVEL, *levels] for levels in model.comparisons.values())))


def pattern_number(model: LinkModel, pattern: Pattern) -> int:
    """A pattern as one integer."""
    levels = zip(model.comparisons.items(), pattern, strict=True)
    radix = radixes(model)
    return sum(radix[c] * (list(names).index(name) + 1 if name != NULL_LEVEL else 0) for (c, names), name in levels)


def named_levels(model: LinkModel, pattern: int) -> dict[str, str]:
    """A pattern's level names by column."""
    numbers = levels_of(model, pattern)
    return {column: [NULL_LEVEL, *levels][numbers[column]] for column, levels in model.comparisons.items()}


def tier_of(model: LinkModel, levels: Mapping[str, str]) -> Ceiling:
    """The first tier that fits."""
    return next(tier for tier in model.ceilings if tier.fits(dict(levels)))


def tier_table(model: LinkModel, patterns: Iterable[int]) -> pa.Table:
    """One row per pattern: `pattern`, the tier that decides it, its sentence and the columns that made it."""
    texts = [(name, pa.string()) for name in ("ceiling", "decision", "match_class", "doubt", "sentence")]
    needs = [(name, pa.bool_()) for name in _NEEDS]
    schema = pa.schema([("pattern", pa.uint64()), *texts, ("fields", pa.list_(pa.string())), *needs])
    return pa.Table.from_pylist([_row(model, int(pattern)) for pattern in patterns], schema=schema)


def _row(model: LinkModel, pattern: int) -> dict[str, object]:
    levels = named_levels(model, pattern)
    tier = tier_of(model, levels)
    words = model.settling.words if model.settling else {}
    said = {name: words.get(level, _PARTIAL) for name, level in levels.items()}
    return {
        "pattern": pattern,
        "ceiling": tier.name,
        "decision": tier.decision,
        "match_class": tier.match_class,
        "doubt": tier.doubt,
        "sentence": tier.sentence.format_map(said),
        "fields": [c for c, level in levels.items() if level != NULL_LEVEL and level not in model.kind(c).against],
        **{name: getattr(tier, name) for name in _NEEDS},
    }


def kept_levels(model: LinkModel) -> dict[str, list[int]]:
    """Level numbers whose pairs are kept whatever they weigh, by column."""
    kept = model.settling.keep_levels if model.settling else {}
    return {
        column: [list(model.comparisons[column]).index(name) + 1 for name in names]
        for column, names in kept.items()
        if column in model.comparisons
    }


def least_weights(model: LinkModel, *, decided: bool) -> Floats | None:
    """Per pattern, as an array with an axis per comparison, the bits below which a pair does not matter.

    What matters is kept for its probability, or for a level that keeps a pair whatever it weighs. `decided`: what the
    tiers reject, whatever becomes of the other pairs, matters from the review threshold on only. Null where there are
    too many patterns for a table.
    """
    shape = tuple(len(levels) + 1 for levels in model.comparisons.values())
    if math.prod(shape) > _MOST_PATTERNS or model.settling is None:
        return None
    review = _log_odds(model.review_probability)
    least = np.full(shape, _log_odds(model.settling.keep_probability))
    for column, numbers in kept_levels(model).items():
        least[_at(model, {column: numbers})] = -np.inf
    if not decided:
        return least
    free = np.ones(shape, bool)
    for tier in model.ceilings:
        fits = _fitting(model, tier) & free
        free &= ~fits
        if tier.decision == "reject" or (
            (tier.needs_probability or tier.needs_review_probability) and not tier.needs_single_owner
        ):
            least[fits] = review
    return least


def _fitting(model: LinkModel, tier: Ceiling) -> npt.NDArray[np.bool_]:
    """Which patterns a tier fits, whatever tiers stand before it."""
    shape = tuple(len(levels) + 1 for levels in model.comparisons.values())
    found = np.ones(shape, bool)
    for column, names in tier.when.items():
        found &= _standing(model, column, names)
    if tier.only_if_any:
        some = np.zeros(shape, bool)
        for column, names in tier.only_if_any.items():
            some |= _standing(model, column, names)
        found &= some
    return found


def _standing(model: LinkModel, column: str, names: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Patterns at one of these levels of a column, broadcast over the others; a column that is not there is null."""
    axes = list(model.comparisons)
    if column not in axes:
        return np.asarray(NULL_LEVEL in names)
    levels = np.array([name in names for name in (NULL_LEVEL, *model.comparisons[column])])
    return levels.reshape([-1 if axis == column else 1 for axis in axes])


def _at(model: LinkModel, levels: Mapping[str, list[int]]) -> tuple[object, ...]:
    return tuple(levels.get(column, slice(None)) for column in model.comparisons)


def _log_odds(probability: float) -> float:
    return math.log2(probability / (1 - probability))

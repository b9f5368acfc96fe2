"""One row per pattern of levels with the ceiling that decides it, its sentence and the columns that made it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pyarrow as pa

from matchers.linkage.ceilings import NULL_LEVEL, Ceiling
from matchers.linkage.model import LinkModel

Pattern = tuple[str, ...]
"""Level names in the order of the model's comparisons."""

_NEEDS = ("needs_probability", "needs_review_probability", "needs_own_value", "needs_single_owner")
_PARTIAL = "部分"


def all_patterns(model: LinkModel) -> list[Pattern]:
    """Every pattern of levels the model can show; some thousands."""
    return list(itertools.product(*([NULL_LEVEL, *levels] for levels in model.comparisons.values())))


def patterns_of(levels: pa.StructArray, model: LinkModel) -> list[Pattern]:
    """The distinct patterns among the levels of scored pairs, sorted."""
    names = list(model.comparisons)
    distinct = pa.table({name: levels.field(name) for name in names}).group_by(names).aggregate([]).to_pylist()
    return sorted(tuple(row[name] for name in names) for row in distinct)


def ceiling_of(model: LinkModel, levels: dict[str, str]) -> Ceiling:
    """The first ceiling that fits."""
    return next(ceiling for ceiling in model.ceilings if ceiling.fits(levels))


def ceiling_table(model: LinkModel, patterns: Iterable[Pattern]) -> pa.Table:
    """One row per pattern of levels; columns of levels first, under the comparisons' names."""
    texts = [(name, pa.string()) for name in (*model.comparisons, "ceiling", "decision", "match_class", "doubt")]
    needs = [(name, pa.bool_()) for name in _NEEDS]
    schema = pa.schema([*texts, ("sentence", pa.string()), ("fields", pa.list_(pa.string())), *needs])
    return pa.Table.from_pylist([_row(model, pattern) for pattern in patterns], schema=schema)


def _row(model: LinkModel, pattern: Pattern) -> dict[str, object]:
    levels = dict(zip(model.comparisons, pattern, strict=True))
    ceiling = ceiling_of(model, levels)
    words = model.settling.words if model.settling else {}
    said = {name: words.get(level, _PARTIAL) for name, level in levels.items()}
    return {
        **levels,
        "ceiling": ceiling.name,
        "decision": ceiling.decision,
        "match_class": ceiling.match_class,
        "doubt": ceiling.doubt,
        "sentence": ceiling.sentence.format_map(said),
        "fields": [c for c, level in levels.items() if level != NULL_LEVEL and level not in model.kind(c).against],
        **{name: getattr(ceiling, name) for name in _NEEDS},
    }

"""One entry per pair of a few rows compared with each other: the engine's comparison levels and evidence tier.

For a question about two rows, not for finding pairs: how much a pair weighs is left to the night, which knows how many
people bear each value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from matchers.deciding.tiers import tier_of
from matchers.engines.district import candidate_pairs, encode_rows, score_candidates
from matchers.model.evidence_tiers import EvidenceTier
from matchers.model.link_model import LinkModel
from matchers.sides.headers import fitted

_PARTIAL = "部分"


@dataclass(frozen=True)
class Beside:
    """The comparison levels, evidence tier and blocking rules of one pair."""

    levels: Mapping[str, str]
    """Level per comparison."""
    tier: EvidenceTier
    sentence: str
    """The tier's, as it is printed."""
    rules: tuple[str, ...]
    """Blocking rules by which the night would bring the two together; none: it never looks at them."""


def beside(left: pa.Table, right: pa.Table, model: LinkModel) -> dict[tuple[int, int], Beside]:
    """One entry per left and right row, by their `row_id`. Raises InputError where a needed column is missing."""
    left_rows, right_rows, smaller = fitted(left, right, model)
    sides = encode_rows(left_rows, right_rows, smaller)
    ids = [(left_id, right_id) for left_id in sides.left.tolist() for right_id in sides.right.tolist()]
    candidates, _ = candidate_pairs(sides)
    rules = {(row["left_id"], row["right_id"]): tuple(row["blocking_rules"]) for row in candidates.to_pylist()}
    pairs = pa.table({
        "left_id": pa.array([pair[0] for pair in ids], pa.int64()),
        "right_id": pa.array([pair[1] for pair in ids], pa.int64()),
        "blocking_rules": pa.array([list(rules.get(pair, ())) for pair in ids], pa.list_(pa.string())),
    })  # fmt: skip
    scored = score_candidates(pairs, sides, keep_all=True)
    return {
        (row["left_id"], row["right_id"]): _beside(smaller, row["levels"], tuple(row["blocking_rules"]))
        for row in scored.select(["left_id", "right_id", "blocking_rules", "levels"]).to_pylist()
    }


def _beside(model: LinkModel, levels: Mapping[str, str], rules: tuple[str, ...]) -> Beside:
    tier = tier_of(model, levels)
    words = model.decision_rules.level_words if model.decision_rules else {}
    names = {column: words.get(level, _PARTIAL) for column, level in levels.items()}
    return Beside(levels, tier, tier.sentence.format_map(names), rules)

"""Decided rows as Spark gives them back, as the table other systems read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import packed
from matchers.deciding.owners import ValueOwners
from matchers.deciding.settling import DecidedPairs
from matchers.engines.pair_columns import DECISIONS, decision_columns, level_names, numbers, rule_lists, words
from matchers.model.link_model import LinkModel
from matchers.weighing.population import rounded
from matchers.weighing.scored import ScoredPairs

_TEXTS, _NUMBERS = ("left_id", "right_id"), ("pattern", "rules", "decision", "tier", "judged", "remark")
NO_PAIRS = pa.schema([
    *((name, pa.string()) for name in _TEXTS), ("match_weight", pa.float64()),
    *((name, pa.int64()) for name in _NUMBERS), ("mixed", pa.bool_()),
])  # fmt: skip


def pair_table(model: LinkModel, rows: pa.Table) -> pa.Table:
    """One row per decided pair, as `matchers.engines.result` has it; in the order given."""
    weights = np.asarray(rows["match_weight"], np.float64)
    found_by = _rules(model, np.asarray(rows["rules"], np.int64).view(np.uint64))
    patterns = np.asarray(rows["pattern"], np.int64).view(np.uint64)
    if model.evidence_tiers:
        scored = ScoredPairs(
            packed(np.arange(len(weights)), np.arange(len(weights))), patterns, weights,
            rounded(1 / (1 + np.exp2(-weights)), 9), {},
        )  # fmt: skip
        decided = decision_columns(model, _decided(scored, rows))
        probability, last = scored.probability, {name: decided[name] for name in ("rule", "reason")}
        decision = decided["decision"]
        found_by = dict(sorted(found_by.items()))
    else:
        weights = np.asarray(np.round(weights, 4), np.float64)
        probability, last = np.asarray(1 / (1 + np.exp2(-weights)), np.float64), {}
        decision = words(DECISIONS, np.asarray(rows["decision"], np.int64))
    return pa.table({
        "left_id": rows["left_id"].combine_chunks(),
        "right_id": rows["right_id"].combine_chunks(),
        "match_weight": numbers(weights),
        "match_probability": numbers(probability),
        "decision": decision,
        "blocking_rules": rule_lists(found_by),
        "levels": level_names(model, patterns),
        **last,
    })  # fmt: skip


def _rules(model: LinkModel, bits: np.ndarray) -> dict[str, np.ndarray]:
    """By rule, which pairs it found."""
    return {rule: (bits >> np.uint64(number) & np.uint64(1)).astype(bool) for number, rule in enumerate(model.blocking)}


def _decided(scored: ScoredPairs, rows: pa.Table) -> DecidedPairs:
    """What the tier, the remark and the judgement of each pair say; who owns values is no part of a file of pairs."""
    tier, decision, judged, remark = (
        np.asarray(rows[name], np.int64) for name in ("tier", "decision", "judged", "remark")
    )
    none = np.zeros(len(scored), bool)
    mixed = np.asarray(rows["mixed"].combine_chunks().to_numpy(zero_copy_only=False), np.bool_)
    return DecidedPairs(
        scored, tier, decision.astype(np.int8), judged.astype(np.int8), remark.astype(np.int8), none, mixed,
        ValueOwners.none(len(scored)), none,
    )  # fmt: skip

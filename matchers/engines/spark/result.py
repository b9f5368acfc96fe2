"""Decided rows as Spark gives them back, as the table other systems read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matchers.engines.pair_columns import DECISIONS, level_names, numbers, rule_lists, words
from matchers.model.link_model import LinkModel


def pair_table(model: LinkModel, rows: pa.Table) -> pa.Table:
    """One row per decided pair, as `matchers.engines.result.decided_pairs` has it; in the order given."""
    weights = np.asarray(np.round(np.asarray(rows["match_weight"], np.float64), 4), np.float64)
    rules = np.asarray(rows["rules"], np.int64).view(np.uint64)
    found_by = {
        rule: (rules >> np.uint64(number) & np.uint64(1)).astype(bool) for number, rule in enumerate(model.blocking)
    }
    decisions = np.array([DECISIONS.index(one) for one in rows["decision"].to_pylist()], np.int64)
    return pa.table({
        "left_id": rows["left_id"].combine_chunks(),
        "right_id": rows["right_id"].combine_chunks(),
        "match_weight": numbers(weights),
        "match_probability": numbers(np.asarray(1 / (1 + np.exp2(-weights)), np.float64)),
        "decision": words(DECISIONS, decisions),
        "blocking_rules": rule_lists(found_by),
        "levels": level_names(model, np.asarray(rows["pattern"], np.int64).view(np.uint64)),
    })  # fmt: skip

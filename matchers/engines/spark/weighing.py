"""A shard's pairs with their match weights, once the values they agree on have been counted over both tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import packed
from matchers.engines.spark.counting import SHOWN, answered
from matchers.engines.spark.setting import Setting, working
from matchers.engines.spark.shards import ID, PAIRS, ROW
from matchers.engines.spark.travel import Message, joined_columns
from matchers.sides.encoded import Both, Side
from matchers.weighing.chances import ValueChances
from matchers.weighing.score import log_odds

SCORED = pa.schema([
    ("la", pa.int64()), ("ra", pa.int64()), ("pattern", pa.int64()), ("match_weight", pa.float64()),
    ("rules", pa.int64()), ("left_id", pa.string()), ("right_id", pa.string()),
])  # fmt: skip
DDL = "la bigint, ra bigint, pattern bigint, match_weight double, rules bigint, left_id string, right_id string"
"""The same as Spark declares it. Patterns and rules are bits of 64."""


def weighed(setting: Setting, messages: list[Message]) -> pa.Table:
    """One row per pair of a shard that reaches the review threshold."""
    found = [one for one in messages if one.kind == PAIRS]
    if not found:
        return SCORED.empty_table()
    own, columns = (joined_columns(parts) for parts in ([one.head for one in found], [one.body for one in found]))
    pairs = len(own["bits"])
    sides = [Side(pairs, {name[1:]: values for name, values in columns.items() if name[0] == side}) for side in "lr"]
    both = Both(sides[0], sides[1], setting.same)
    counts = answered(setting, [one for one in messages if one.kind == SHOWN])
    each = packed(np.arange(pairs), np.arange(pairs))
    with working() as con:
        bits = own["bits"] + ValueChances(con, setting.model, both, counts=counts).bits(each, own["pattern"], threads=1)
    kept = bits >= log_odds(setting.model.review_probability)
    cells = [
        *(side.columns[ROW][kept] for side in sides), own["pattern"][kept].view(np.int64), bits[kept],
        own["rules"][kept].view(np.int64), *(side.columns[ID].filter(pa.array(kept)) for side in sides),
    ]  # fmt: skip
    return pa.table([pa.array(one, field.type) for one, field in zip(cells, SCORED, strict=True)], schema=SCORED)

"""Scored pairs of whole rows of the unique side, decided under evidence tiers by the embedded engine's own function."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matchers.blocking.blocks import packed
from matchers.deciding.owners import ValueOwners
from matchers.deciding.settling import Decision, settle
from matchers.engines.spark.setting import Setting
from matchers.engines.spark.weighing import SCORED
from matchers.sides.encoded import Both, Side
from matchers.weighing.population import rounded
from matchers.weighing.scored import ScoredPairs

SETTLED = pa.schema([*SCORED, *((name, pa.int64()) for name in ("tier", "decision", "remark"))])
_OWNERS = ("names", "persons")


def settled(setting: Setting, rows: pa.Table) -> pa.Table:
    """The pairs that are not rejected, or reach the review threshold and are: SCORED with tier, decision and remark.

    A pair that two shards found comes once."""
    model = setting.model
    left, right = (np.asarray(rows[name], np.int64) for name in ("la", "ra"))
    pairs, firsts = np.unique(packed(left, right), return_index=True)
    rows = rows.take(pa.array(firsts))
    sides = [_side_of(rows, row, name) for row, name in (("la", "left_id"), ("ra", "right_id"))]
    weight = np.asarray(rows["match_weight"], np.float64)
    scored = ScoredPairs(
        packed(sides[0][1], sides[1][1]), np.asarray(rows["pattern"], np.int64).view(np.uint64), weight,
        rounded(1 / (1 + np.exp2(-weight)), 9), {},
    )  # fmt: skip
    judged = np.asarray(rows["judged"], np.int64).astype(np.int8)
    names, persons = (np.asarray(rows[name], np.int64) for name in _OWNERS)
    owners = ValueOwners(names, persons, np.zeros(len(pairs), bool))
    found = settle(model, Both(sides[0][0], sides[1][0], setting.same), scored, judged, owners)
    kept = (found.decision != Decision.REJECT) | (scored.probability >= model.review_probability)
    own = dict(zip(SETTLED.names[len(SCORED) :], (found.tier, found.decision, found.remark), strict=True))
    whole = pa.table([*rows.columns, *(pa.array(one, pa.int64()) for one in own.values())], schema=SETTLED)
    return whole.filter(pa.array(kept))


def _side_of(rows: pa.Table, row: str, name: str) -> tuple[Side, np.ndarray]:
    """The different rows of one side with their ids, and which of them each pair has."""
    numbers, firsts, place = np.unique(np.asarray(rows[row], np.int64), return_index=True, return_inverse=True)
    ids = rows[name].combine_chunks().take(pa.array(firsts))
    return Side(len(numbers), {}, (ids,)), place

"""Blocking rules counted before a pair is made: every rule's blocks, within the budget."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np

from matchers.blocking.blocks import Blocks, Keyed, Seqs, make_blocks
from matchers.blocking.keys import keyed_rows, rule_keys
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from schemas.errors import InputError


@dataclass(frozen=True)
class RulePlan:
    """One blocking rule and the pairs it would bring by itself."""

    rule: str
    pairs: int


def plan_blocks(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, *, threads: int = 2, without: Seqs | None = None
) -> list[Blocks]:
    """Every rule's blocks. Raises InputError naming the rule over the budget, before a pair is made.

    `without`: rows of one table that no rule brings into a pair.
    """
    sides = (both.left,) if both.same else (both.left, both.right)
    used = Counter(key for keys in model.blocking.values() for key in keys)
    shared = [(key, side) for key, rules in used.items() if rules > 1 for side in sides]

    def looked_up(wanted: tuple[str, Side]) -> Keyed:
        with con.cursor() as cursor:
            return keyed_rows(cursor, model, *wanted)

    def planned(rule: str) -> Blocks:
        with con.cursor() as cursor:
            keys = [rule_keys(cursor, model, rule, *one) for one in zip(sides, known, strict=True)]
        if without is not None and len(without):
            keys = [_without(one, without) for one in keys]
        return make_blocks(rule, keys[0], keys[-1], same=both.same, crowd=model.crowded.get(rule))

    with ThreadPoolExecutor(max_workers=threads) as pool:
        values = list(pool.map(looked_up, shared))
        known = [{key: found for (key, of), found in zip(shared, values, strict=True) if of is side} for side in sides]
        blocks = list(pool.map(planned, model.blocking))
    for block in blocks:
        _within_budget(model, RulePlan(block.rule, block.pairs))
    return blocks


def _without(keyed: Keyed, rows: Seqs) -> Keyed:
    """The keys without those of some rows."""
    gone = np.zeros(keyed.rows, bool)
    gone[rows] = True
    keys = np.where(gone if keyed.bearers is None else gone[keyed.bearers], np.uint64(0), keyed.keys)
    return Keyed(keys, keyed.rows, keyed.bearers)


def _within_budget(model: LinkModel, plan: RulePlan) -> None:
    if plan.pairs > model.max_pairs:
        raise InputError(
            f"分组规则 {plan.rule} 会产生约 {plan.pairs:,} 对，超过上限 {model.max_pairs:,}",
            rule="pair_budget", action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
        )  # fmt: skip

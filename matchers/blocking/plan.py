"""Blocking rules counted before a pair is made: every rule's blocks, within the budget."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np

from matchers.blocking.blocks import Blocks, Keyed, Marks, Seqs, blocks_of_marks, make_blocks, marked, row_bits
from matchers.blocking.keys import key_columns, keyed_rows, rule_keys
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side
from schemas.errors import InputError
from schemas.rules import Rule


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
        return make_blocks(rule, keys[0], keys[-1], same=both.same, crowd=model.max_block_rows.get(rule))

    with ThreadPoolExecutor(max_workers=threads) as pool:
        values = list(pool.map(looked_up, shared))
        known = [{key: found for (key, of), found in zip(shared, values, strict=True) if of is side} for side in sides]
        blocks = list(pool.map(planned, model.blocking))
    for block in blocks:
        _within_budget(model, RulePlan(block.rule, block.pairs))
    return blocks


MARKS_AT_ONCE = 1 << 27
"""Keys of both sides that are sorted at a time: a gigabyte of marks, and as much again while they are grouped."""


def spooled_blocks(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, *, threads: int = 2, without: Seqs | None = None
) -> Iterator[tuple[Blocks, int]]:
    """The blocks of sides that lie in a spool: rule by rule, of large tables one part of a rule's keys after another.

    With each, how many parts its rule comes in: all have about as many pairs. Raises InputError naming the rule over
    the budget as soon as its pairs are counted.
    """
    sides = (both.left,) if both.same else (both.left, both.right)
    at_once = both.spool.marks_at_once if both.spool else MARKS_AT_ONCE
    parted_by = max(-(-threads * sum(side.rows for side in sides) // at_once) - 1, 0).bit_length()

    def made(task: tuple[str, int]) -> Blocks:
        with con.cursor() as cursor:
            return _part_of_rule(cursor, model, both, task[0], (task[1], parted_by), without)

    tasks = [(rule, number) for rule in model.blocking for number in range(1 << parted_by)]
    pairs: Counter[str] = Counter()
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for done, block in enumerate(_few_ahead(pool, made, tasks, threads - 1)):
            both.progress("找同键的行（组）", done, len(tasks))
            pairs[block.rule] += block.pairs
            _within_budget(model, RulePlan(block.rule, pairs[block.rule]))
            yield block, 1 << parted_by


def _few_ahead(
    pool: ThreadPoolExecutor, made: Callable[[tuple[str, int]], Blocks], tasks: list[tuple[str, int]], ahead: int
) -> Iterator[Blocks]:
    """What is made of each task, in order, with only so many begun before they are wanted."""
    begun = deque(pool.submit(made, task) for task in tasks[: 1 + ahead])
    for task in tasks[1 + ahead :]:
        yield begun.popleft().result()
        begun.append(pool.submit(made, task))
    while begun:
        yield begun.popleft().result()


def _part_of_rule(
    con: duckdb.DuckDBPyConnection, model: LinkModel, both: Both, rule: str, part: tuple[int, int], without: Seqs | None
) -> Blocks:
    """One rule's blocks of one part of its keys; the rows are read in order, and only their marks are held."""
    sides = (both.left,) if both.same else (both.left, both.right)
    bits = row_bits(both.left.rows, both.right.rows)
    read = tuple(sorted({column for key in model.blocking[rule] for column in key_columns(model, key)}))
    marks: list[Marks] = []
    several = False
    for place, side in enumerate(sides):
        own: list[Marks] = []
        for first, rows in side.parts(read):
            keyed = rule_keys(con, model, rule, rows)
            several |= keyed.bearers is not None
            if without is not None and len(without):
                mine = without[(without >= first) & (without < first + rows.rows)] - first
                keyed = _without(keyed, mine)
            own.append(marked(keyed, place, bits, first=first, part=part))
        marks.append(np.concatenate(own))
    return blocks_of_marks(rule, marks, bits, several=several, crowd=model.max_block_rows.get(rule))


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
            rule=Rule.PAIR_BUDGET, action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
        )  # fmt: skip

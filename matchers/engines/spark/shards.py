"""Rows sent to shards by the keys of the blocking rules, and what one shard makes of the rows it is sent.

All rows of a key meet in one shard, which finds and compares their pairs as the embedded engine does. A key that brings
too many pairs is split: each of several shards gets all left rows and some of the right ones; of one table, rows are
dealt into parts, and a shard gets two of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations_with_replacement

import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Blocks, Keyed, Pairs, distinct_batches, make_blocks, packed, unpacked
from matchers.blocking.keys import finding_rules
from matchers.engines.spark.columns import joined_columns
from matchers.engines.spark.counting import Recorded, wanted_messages
from matchers.engines.spark.pieces import ID, finished_piece
from matchers.engines.spark.planning import COPIES, JUDGED, LEAST_RULE
from matchers.engines.spark.setting import Keys, Seqs, Setting, by_place, home_of, working
from matchers.engines.spark.travel import Message
from matchers.engines.spark.weighing import PAIRS, ROW, pruned
from matchers.sides.encoded import Both, Side


def sent(setting: Setting, number: int, sending: list[Message]) -> Iterator[Message]:
    """The rows of a piece that bring pairs, each to every shard where one of its keys is. `sending`: which."""
    if not sending:
        return
    found = joined_columns([one.body for one in sending])
    chosen, rows = np.unique(found["row"].astype(np.int64), return_inverse=True)
    piece = finished_piece(setting, number, chosen)
    places = home_of_rules(setting, found["rule"], found["key"])
    again, turn = _split(setting, piece.side, piece.numbers[rows], found["parts"])
    rows, places = rows[again], (places[again] + turn) % setting.shards
    whole = Side(piece.rows.rows, {**piece.rows.columns, ROW: piece.numbers, ID: piece.ids})
    for place, own in by_place(places):
        here, index = np.unique(rows[own], return_inverse=True)
        marks = {name: found[name][again[own]] for name in ("rule", "key")}
        yield Message(place, piece.side, whole.take(tuple(whole.columns), here), {**marks, "index": index})


def home_of_rules(setting: Setting, rules: npt.NDArray[np.int16], keys: Keys) -> Seqs:
    """The shard of each key of a rule."""
    return home_of(keys ^ rules.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15), 0, setting.shards)


def _split(setting: Setting, side: int, numbers: Seqs, parts: Seqs) -> tuple[Seqs, Seqs]:
    """Every shard each row goes to for a key, as the row's place and how far from the key's own shard."""
    again, turns = [np.flatnonzero(parts <= 1)], [np.zeros(int((parts <= 1).sum()), np.int64)]
    for count in np.unique(parts[parts > 1]).tolist():
        mine = np.flatnonzero(parts == count)
        if not setting.same:
            every = np.arange(count)
            own = numbers[mine] % count
            again.append(mine if side else np.repeat(mine, count))
            turns.append(own if side else np.tile(every, len(mine)))
            continue
        for turn, (one, other) in enumerate(combinations_with_replacement(range(count), 2)):
            here = mine[np.isin(numbers[mine] % count, (one, other))]
            again.append(here)
            turns.append(np.full(len(here), turn))
    return np.concatenate(again), np.concatenate(turns)


def compared(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """What one shard makes of the rows it was sent: pairs that can matter, and the values they agree on."""
    if not messages:
        return
    shard = messages[0].place
    both, keyed = _sides(setting, messages)
    blocks, copies = _blocks(setting, both, keyed)
    batches = chain(distinct_batches(blocks), [copies] if len(copies) else [])
    recorded = Recorded(setting)
    with working() as con:
        found = pruned(con, setting, both, batches, _pairs_by_key(keyed, JUDGED, same=setting.same), recorded)
        rules = finding_rules(con, setting.model, both, unpacked(found.pairs))
    yield from wanted_messages(setting, shard, recorded)
    if len(found.pairs):
        left, right = unpacked(found.pairs)
        bits = sum((one.astype(np.uint64) << np.uint64(at) for at, one in enumerate(rules.values())), np.uint64(0))
        own = {"pattern": found.patterns, "bits": found.bits, "rules": bits}
        sides = zip(("l", "r"), (both.left, both.right), (left, right), strict=True)
        columns = {
            f"{name}{c}": v for name, side, rows in sides for c, v in side.take(tuple(side.columns), rows).items()
        }
        yield Message(shard, PAIRS, own, columns)


def _sides(setting: Setting, messages: list[Message]) -> tuple[Both, list[dict[int, Keyed]]]:
    """The rows of each side in the order of their numbers, and by rule their keys."""
    sides, keyed = [], []
    for number in range(len(setting.tables)):
        own = sorted((one for one in messages if one.kind == number), key=lambda one: int(one.head[ROW][0]))
        own = [one for at, one in enumerate(own) if not at or own[at - 1].head[ROW][0] != one.head[ROW][0]]
        columns = joined_columns([one.head for one in own])
        rows = len(columns[ROW]) if own else 0
        ends = np.cumsum([0, *(len(one.head[ROW]) for one in own)])
        marks = joined_columns([one.body for one in own])
        index = [one.body["index"] + end for one, end in zip(own, ends, strict=False)]
        sides.append(Side(rows, columns))
        keyed.append(_by_rule(marks, np.concatenate([np.zeros(0, np.int64), *index]), rows))
    return Both(sides[0], sides[-1], setting.same), keyed


def _by_rule(marks: dict[str, np.ndarray], index: Seqs, rows: int) -> dict[int, Keyed]:
    if not marks:
        return {}
    return {
        rule + LEAST_RULE: Keyed(marks["key"][own], rows, index[own])
        for rule, own in by_place(marks["rule"].astype(np.int64) - LEAST_RULE)
    }


def _blocks(setting: Setting, both: Both, keyed: list[dict[int, Keyed]]) -> tuple[list[Blocks], Pairs]:
    """Every rule's blocks, and the pairs of copies."""
    found = []
    for number, rule in enumerate(setting.model.blocking):
        none = Keyed(np.zeros(0, np.uint64), 0, np.zeros(0, np.int64))
        left, right = (one.get(number, none) for one in (keyed[0], keyed[-1]))
        found.append(make_blocks(rule, left, right, same=setting.same))
    return found, _pairs_by_key(keyed, COPIES, same=True)


def _pairs_by_key(keyed: list[dict[int, Keyed]], rule: int, *, same: bool) -> Pairs:
    """Each key's first row with its others: a row with its copies, or two rows a person judged to be one."""
    none = Keyed(np.zeros(0, np.uint64), 0, np.zeros(0, np.int64))
    sides = [one.get(rule, none) for one in (keyed if not same else keyed[:1])]
    keys = np.concatenate([one.keys for one in sides])
    rows = np.concatenate([np.zeros(0, np.int64) if one.bearers is None else one.bearers for one in sides])
    side = np.repeat(np.arange(len(sides)), [len(one.keys) for one in sides])
    order = np.lexsort((rows, side, keys))
    keys, rows = keys[order], rows[order]
    firsts = np.flatnonzero(np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]]))
    first = np.repeat(rows[firsts], np.diff(np.append(firsts, len(keys))))
    others = np.ones(len(keys), bool)
    others[firsts] = False
    return packed(first[others], rows[others])

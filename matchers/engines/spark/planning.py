"""Keys of the blocking rules counted over whole tables before a row is sent anywhere.

Every piece sends the keys of its rows; where all of a key meet, it is counted, and only rows whose key stands on both
sides go on. What each rule would bring is known before a pair is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import Keyed, Marks, row_bits, unpacked
from matchers.blocking.blocks import marked as packed_marks
from matchers.blocking.keys import key_values, rule_keys
from matchers.engines.spark.columns import joined_columns
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Seqs, Setting, by_place, home_of, working
from matchers.engines.spark.travel import DRIVER, Message
from matchers.weighing.population import prior_key
from schemas.errors import InputError
from schemas.rules import Rule

MARKED, SENDING, RULES = 0, 20, 21
PRIOR_KEYS = 2
KEYS = (MARKED, PRIOR_KEYS)
"""Kinds of messages that pieces send to where keys are counted."""
COPIES, JUDGED = -1, -2
"""In the place of a rule's number: rows that are copies of one row, each to be held against that row alone; rows of
pairs a person judged to be one, each pair a key of its own."""
LEAST_RULE = JUDGED
_SALT, _SLOTS = 2, 3


def marked(
    setting: Setting, piece: EncodedPiece, number: int, copies: tuple[Seqs, Seqs] | None = None
) -> Iterator[Message]:
    """The keys of a piece's rows, each to the place where all of its kind meet: (hashed key, side, row number) packed
    into one integer.

    `copies`: rows of one table that are many times the same, and the first of each kind: no rule brings them into a
    pair, but for that first one, which they all meet.
    """
    rows, firsts = copies or (np.zeros(0, np.int64), np.zeros(0, np.int64))
    again = np.zeros(piece.rows.rows, bool)
    again[(rows - piece.first)[rows != firsts]] = True
    found: dict[int, list[tuple[int, Marks]]] = defaultdict(list)
    with working() as con:
        for rule, name in enumerate(setting.model.blocking):
            keyed = rule_keys(con, setting.model, name, piece.rows)
            gone = again if keyed.bearers is None else again[keyed.bearers]
            keys = np.where(gone, np.uint64(0), keyed.keys) if gone.any() else keyed.keys
            _deal(setting, piece, found, rule, Keyed(keys, keyed.rows, keyed.bearers))
        yield from _prior_keys(con, setting, piece)
    _deal(setting, piece, found, COPIES, Keyed(firsts.astype(np.uint64) + np.uint64(1), 0, rows - piece.first))
    _deal(setting, piece, found, JUDGED, _judged_rows(setting, piece))
    for place, parts in found.items():
        rules, marks = zip(*parts, strict=True)
        head = {"side": np.full(len(parts), piece.side), "rule": np.array(rules), "count": np.array([*map(len, marks)])}
        yield Message(place, MARKED, head, {"mark": np.concatenate(marks)})


def _deal(
    setting: Setting, piece: EncodedPiece, found: dict[int, list[tuple[int, Marks]]], rule: int, keyed: Keyed
) -> None:
    keys = keyed.keys[keyed.keys != 0]
    marks = packed_marks(keyed, piece.side, row_bits(*setting.all_facts.rows), first=piece.first)
    for place, own in by_place(home_of(keys, _SALT + rule, setting.shards)):
        found[place].append((rule, marks[own]))


def _prior_keys(con: duckdb.DuckDBPyConnection, setting: Setting, piece: EncodedPiece) -> Iterator[Message]:
    """The values of the key that tells the prior, which are counted only."""
    key = prior_key(setting.model, same=setting.same) if setting.model.evidence_tiers else None
    if key is not None:
        keys = key_values(con, setting.model, key, piece.rows)
        keys = keys[keys != 0]
        for place, own in by_place(home_of(keys, _SALT, setting.shards)):
            yield Message(place, PRIOR_KEYS, {"side": np.array([piece.side])}, {"key": keys[own]})


def _judged_rows(setting: Setting, piece: EncodedPiece) -> Keyed:
    """Rows of the piece that stand in a pair judged to be one, each with the number of the pair, from 1."""
    if setting.judged is None:
        return Keyed(np.zeros(0, np.uint64), 0, np.zeros(0, np.int64))
    ends = unpacked(setting.judged.same)
    rows = np.concatenate(ends) if setting.same else ends[piece.side]
    pairs = np.tile(np.arange(1, len(setting.judged.same) + 1), 2 if setting.same else 1)
    own = np.flatnonzero((rows >= piece.first) & (rows < piece.first + piece.rows.rows))
    return Keyed(pairs[own].astype(np.uint64), 0, rows[own] - piece.first)


def planned(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """Of the keys that meet at one place: to every piece which of its rows bring pairs, to the driver how many, and of
    the key that tells the prior how many left rows show it and how many of those stand on the right."""
    by_rule: dict[int, tuple[list[Marks], list[Marks]]] = defaultdict(lambda: ([], []))
    for one in messages:
        if one.kind == MARKED:
            ends = np.cumsum(one.head["count"])[:-1]
            for rule, marks in zip(one.head["rule"].tolist(), np.split(one.body["mark"], ends), strict=True):
                by_rule[rule][int(one.head["side"][0])].append(marks)
    sending: dict[int, list[dict[str, npt.NDArray[Any]]]] = defaultdict(list)
    pairs = np.zeros(len(setting.model.blocking), np.int64)
    for rule, sides in by_rule.items():
        brought, kept = _shared(setting, rule, sides)
        if rule >= 0:
            pairs[rule] += brought
        for piece, rows in kept:
            sending[piece].append(rows)
    yield Message(DRIVER, RULES, {"prior": _prior_counts(messages)}, {"pairs": pairs})
    for piece, found in sending.items():
        yield Message(piece, SENDING, {}, joined_columns(found))


def _prior_counts(messages: list[Message]) -> Seqs:
    left, right = (
        np.concatenate([
            np.zeros(0, np.uint64),
            *(one.body["key"] for one in messages if one.kind == PRIOR_KEYS and one.head["side"][0] == side),
        ])
        for side in (0, 1)
    )  # fmt: skip
    return np.array([np.isin(left, right).sum(), len(left)])


def _shared(
    setting: Setting, rule: int, sides: tuple[list[Marks], list[Marks]]
) -> tuple[int, Iterator[tuple[int, dict[str, npt.NDArray[Any]]]]]:
    """How many pairs the keys of one rule bring, and by piece its rows that do, each with its key and with how many
    shards the key is split over."""
    bits = row_bits(*setting.all_facts.rows)
    marks = np.sort(np.concatenate(sides[0]) if setting.same else _on_both(*map(_together, sides)))
    marks = marks[_changes(marks)]  # a row with two numbers that have one key bears it once
    keys = marks >> bits + np.uint64(1)
    side = (marks >> bits & np.uint64(1)).astype(bool)
    place = np.cumsum(_changes(keys)) - 1
    distinct = int(place[-1]) + 1 if len(place) else 0
    there = np.bincount(place[side], minlength=distinct)
    here = np.bincount(place, minlength=distinct) - there
    each = here * (here - 1) // 2 if setting.same else here * there
    crowd = setting.model.max_block_rows.get(list(setting.model.blocking)[rule]) if rule >= 0 else None
    if crowd is not None:
        each[np.maximum(here, there) > crowd] = 0
    parts = np.minimum(-(-each // setting.pairs_per_shard), setting.shards) if rule >= 0 else np.ones_like(each)
    kept = np.flatnonzero(each[place] > 0)
    return int(each.sum()), _by_piece(setting, rule, marks[kept], parts[place[kept]])


def _by_piece(
    setting: Setting, rule: int, marks: Marks, parts: Seqs
) -> Iterator[tuple[int, dict[str, npt.NDArray[Any]]]]:
    """Marked rows by the piece they are of, as places in it."""
    bits = row_bits(*setting.all_facts.rows)
    numbers = (marks & (np.uint64(1) << bits) - np.uint64(1)).astype(np.int64)
    side = (marks >> bits & np.uint64(1)).astype(np.int64)
    sides = np.array([own for own, _ in setting.numbered_pieces])
    firsts = np.array([piece.first for _, piece in setting.numbered_pieces])
    pieces = np.searchsorted((sides << 40) + firsts, (side << 40) + numbers, side="right") - 1
    for piece, own in by_place(pieces):
        yield (
            piece,
            {
                "rule": np.full(len(own), rule, np.int16),
                "key": marks[own] >> bits + np.uint64(1),
                "row": (numbers[own] - firsts[piece]).astype(np.int32),
                "parts": parts[own],
            },
        )


def _changes(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a value is another than the one before."""
    found = np.ones(len(values), np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found


def _together(marks: list[Marks]) -> Marks:
    return np.concatenate([np.zeros(0, np.uint64), *marks])


def _on_both(left: Marks, right: Marks) -> Marks:
    """Marks whose key may stand on the other side too, and nearly no others: by some of their first bits."""
    shift = np.uint64(64 - min(max(len(left), len(right)).bit_length() + _SLOTS, 29))
    slots = [(one >> shift).view(np.int64) for one in (left, right)]
    kept = []
    for own, other, marks in ((*slots, left), (*slots[::-1], right)):
        taken = np.zeros(1 << 64 - int(shift), bool)
        taken[other] = True
        kept.append(marks[taken[own]])
    return np.concatenate(kept)


def prior_counts(messages: Iterable[Message]) -> tuple[int, int]:
    """Of the left rows that show the key which tells the prior, how many stand on the right; how many show it."""
    found, shown = sum((one.head["prior"] for one in messages), np.zeros(2, np.int64)).tolist()
    return found, shown


def refuse_over_budget(setting: Setting, messages: Iterable[Message]) -> None:
    """Raise InputError naming the rule that would bring more pairs than the model allows."""
    totals = sum((one.body["pairs"] for one in messages), np.zeros(len(setting.model.blocking), np.int64))
    for rule, pairs in zip(setting.model.blocking, totals.tolist(), strict=True):
        if pairs > setting.model.max_pairs:
            raise InputError(
                f"分组规则 {rule} 会产生约 {pairs:,} 对，超过上限 {setting.model.max_pairs:,}",
                rule=Rule.PAIR_BUDGET, action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
            )  # fmt: skip

"""Keys of the blocking rules counted over whole tables before a row is sent anywhere.

Every piece sends the keys of its rows; where all of a key meet, it is counted, and only rows whose key stands on both
sides are told of. What each rule would bring is known before a pair is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.blocking.keys import rule_keys
from matchers.encoding.slices import slices
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Keys, Seqs, Setting, by_place, home_of, working
from matchers.engines.spark.travel import Message
from schemas.errors import InputError

MARKED, TOLD, RULES = 0, 20, 21
DRIVER = -1
COPIES = -1
"""In the place of a rule's number: rows that are copies of one row, each to be held against that row alone."""
_SALT, _SLOTS = 2, 3


def marked(
    setting: Setting, piece: EncodedPiece, number: int, copies: tuple[Seqs, Seqs] | None = None
) -> Iterator[Message]:
    """The keys of a piece's rows, each to the place where all of its kind meet.

    `number`: the piece's. `copies`: rows of one table that are many times the same, and the first of each kind: no rule
    brings them into a pair, but for that first one, which they all meet.
    """
    rows, firsts = copies or (np.zeros(0, np.int64), np.zeros(0, np.int64))
    again = np.zeros(piece.rows.rows, bool)
    again[(rows - piece.first)[rows != firsts]] = True
    found: dict[int, list[tuple[int, Keys, Seqs]]] = defaultdict(list)
    with working() as con:
        for rule, name in enumerate(setting.model.blocking):
            keyed = rule_keys(con, setting.model, name, piece.rows)
            shown = np.flatnonzero(keyed.keys != 0)
            bearers = shown if keyed.bearers is None else keyed.bearers[shown]
            own = ~again[bearers]
            _deal(setting, found, rule, keyed.keys[shown[own]], bearers[own])
    _deal(setting, found, COPIES, firsts.astype(np.uint64), rows - piece.first)
    for place, parts in found.items():
        head = {"side": np.array([piece.side]), "piece": np.array([number])}
        yield Message(place, MARKED, head, _columns(parts))


def _deal(setting: Setting, found: dict[int, list[tuple[int, Keys, Seqs]]], rule: int, keys: Keys, rows: Seqs) -> None:
    for place, own in by_place(home_of(keys, _SALT + rule, setting.shards)):
        found[place].append((rule, keys[own], rows[own]))


def _columns(parts: list[tuple[int, Keys, Seqs]]) -> dict[str, Any]:
    return {
        "rule": np.concatenate([np.full(len(keys), rule, np.int16) for rule, keys, _ in parts]),
        "key": np.concatenate([keys for _, keys, _ in parts]),
        "row": np.concatenate([rows for _, _, rows in parts]).astype(np.int32),
    }


def planned(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """Of the keys that meet at one place: to every piece which of its rows bring pairs, to the driver how many."""
    by_rule: dict[int, list[list[tuple[int, Keys, Seqs]]]] = defaultdict(lambda: [[], []])
    for one in messages:
        side, piece = (int(one.head[name][0]) for name in ("side", "piece"))
        for rule, own in by_place(one.body["rule"].astype(np.int64) + 1):
            by_rule[rule - 1][side].append((piece, one.body["key"][own], one.body["row"][own].astype(np.int64)))
    told: dict[int, list[tuple[int, Keys, Seqs, Seqs]]] = defaultdict(list)
    pairs = np.zeros(len(setting.model.blocking), np.int64)
    for rule, sides in by_rule.items():
        brought, kept = _shared(setting, rule, sides)
        if rule != COPIES:
            pairs[rule] += brought
        for piece, keys, rows, parts in kept:
            told[piece].append((rule, keys, rows, parts))
    yield Message(DRIVER, RULES, {}, {"pairs": pairs})
    for piece, found in told.items():
        columns = _columns([(rule, keys, rows) for rule, keys, rows, _ in found])
        yield Message(piece, TOLD, {}, {**columns, "parts": np.concatenate([parts for *_, parts in found])})


@dataclass(frozen=True)
class _Marks:
    """Keys of one rule at one place: the piece, the row in it and the side of each."""

    pieces: Seqs
    keys: Keys
    rows: Seqs
    side: Seqs

    def where(self, kept: npt.NDArray[Any]) -> _Marks:
        """Some of them, or all in another order."""
        return _Marks(self.pieces[kept], self.keys[kept], self.rows[kept], self.side[kept])


def _shared(
    setting: Setting, rule: int, sides: list[list[tuple[int, Keys, Seqs]]]
) -> tuple[int, Iterable[tuple[int, Keys, Seqs, Seqs]]]:
    """How many pairs the keys of one rule bring, and by piece its keys and rows that do, each with how many shards the
    key is split over."""
    marks = _together(sides)
    marks = marks if setting.same else marks.where(_on_both(marks))
    marks = marks.where(np.lexsort((marks.rows, marks.pieces, marks.keys)))
    other = _changes(marks.keys)
    fresh = other | _changes(marks.pieces) | _changes(marks.rows)
    place = (np.cumsum(other) - 1)[fresh]
    marks = marks.where(fresh)
    keys = int(place.max(initial=-1)) + 1
    here, there = (np.bincount(place[marks.side == number], minlength=keys) for number in (0, 1))
    each = here * (here - 1) // 2 if setting.same else here * there
    crowd = setting.model.crowded.get(list(setting.model.blocking)[rule]) if rule != COPIES else None
    if crowd is not None:
        each[np.maximum(here, there) > crowd] = 0
    parts = np.minimum(-(-each // setting.pairs_per_shard), setting.shards)
    if rule == COPIES:
        parts[:] = 1
    kept = np.flatnonzero(each[place] > 0)
    return int(each.sum()), [
        (piece, marks.keys[own], marks.rows[own], parts[place[own]])
        for piece, some in by_place(marks.pieces[kept])
        for own in [kept[some]]
    ]


def _changes(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a value is another than the one before."""
    found = np.ones(len(values), np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found


def _together(sides: list[list[tuple[int, Keys, Seqs]]]) -> _Marks:
    every = [(*one, side) for side, own in enumerate(sides) for one in own]
    return _Marks(
        np.concatenate([np.full(len(keys), piece, np.int64) for piece, keys, _, _ in every]),
        np.concatenate([keys for _, keys, _, _ in every]),
        np.concatenate([rows for _, _, rows, _ in every]),
        np.concatenate([np.full(len(keys), side, np.int64) for _, keys, _, side in every]),
    )


def _on_both(marks: _Marks) -> npt.NDArray[np.bool_]:
    """Marks whose key may stand on the other side too, and nearly no others: some of their bits are told apart."""
    shift = np.uint64(64 - min(len(marks.keys).bit_length() + _SLOTS, 29))
    slots = (marks.keys * np.uint64(0x9E3779B97F4A7C15) >> shift).view(np.int64)
    taken = np.zeros((2, 1 << 64 - int(shift)), bool)
    for number in (0, 1):
        for part in slices(len(slots)):
            taken[number][slots[part][marks.side[part] == number]] = True
    return np.asarray((taken[0] & taken[1])[slots], np.bool_)


def refuse_over_budget(setting: Setting, messages: Iterable[Message]) -> None:
    """Raise InputError naming the rule that would bring more pairs than the model allows."""
    totals = sum((one.body["pairs"] for one in messages), np.zeros(len(setting.model.blocking), np.int64))
    for rule, pairs in zip(setting.model.blocking, totals.tolist(), strict=True):
        if pairs > setting.model.max_pairs:
            raise InputError(
                f"分组规则 {rule} 会产生约 {pairs:,} 对，超过上限 {setting.model.max_pairs:,}",
                rule="pair_budget", action="给该规则再加一个键，或去掉它；确有需要时提高 max_pairs",
            )  # fmt: skip

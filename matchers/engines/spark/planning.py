"""Keys of the blocking rules counted over whole tables before a row is sent anywhere.

Every piece sends the keys of its rows; where all of a key meet, it is counted, and only rows whose key stands on both
sides go on. What each rule would bring is known before a pair is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.blocking.blocks import unpacked
from matchers.blocking.keys import key_values, rule_keys
from matchers.encoding.slices import slices
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Keys, Seqs, Setting, by_place, home_of, working
from matchers.engines.spark.travel import DRIVER, Message
from matchers.weighing.population import prior_key
from schemas.errors import InputError
from schemas.rules import Rule

MARKED, SENDING, RULES = 0, 20, 21
COPIES, PRIOR, JUDGED = -1, -2, -3
"""In the place of a rule's number: rows that are copies of one row, each to be held against that row alone; the key
that tells the prior, which is only counted; rows of pairs a person judged to be one, each pair a key of its own."""
LEAST_RULE = JUDGED
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
        _deal_prior(con, setting, found, piece)
    _deal(setting, found, COPIES, firsts.astype(np.uint64), rows - piece.first)
    _deal(setting, found, JUDGED, *_judged_rows(setting, piece))
    for place, parts in found.items():
        head = {"side": np.array([piece.side]), "piece": np.array([number])}
        yield Message(place, MARKED, head, _columns(parts))


def _deal_prior(
    con: duckdb.DuckDBPyConnection, setting: Setting, found: dict[int, list[tuple[int, Keys, Seqs]]],
    piece: EncodedPiece,
) -> None:  # fmt: skip
    key = prior_key(setting.model, same=setting.same) if setting.model.evidence_tiers else None
    if key is not None:
        keys = key_values(con, setting.model, key, piece.rows)
        shown = np.flatnonzero(keys != 0)
        _deal(setting, found, PRIOR, keys[shown], shown)


def _judged_rows(setting: Setting, piece: EncodedPiece) -> tuple[Keys, Seqs]:
    """Rows of the piece that stand in a pair judged to be one, each with the number of the pair, from 1."""
    if setting.judged is None:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    ends = unpacked(setting.judged.same)
    rows = np.concatenate(ends) if setting.same else ends[piece.side]
    pairs = np.tile(np.arange(1, len(setting.judged.same) + 1), 2 if setting.same else 1)
    own = np.flatnonzero((rows >= piece.first) & (rows < piece.first + piece.rows.rows))
    return pairs[own].astype(np.uint64), rows[own] - piece.first


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
    """Of the keys that meet at one place: to every piece which of its rows bring pairs, to the driver how many, and of
    the key that tells the prior how many left rows show it and how many of those stand on the right."""
    by_rule: dict[int, list[list[tuple[int, Keys, Seqs]]]] = defaultdict(lambda: [[], []])
    for one in messages:
        side, piece = (int(one.head[name][0]) for name in ("side", "piece"))
        for rule, own in by_place(one.body["rule"].astype(np.int64) - LEAST_RULE):
            by_rule[rule + LEAST_RULE][side].append(
                (piece, one.body["key"][own], one.body["row"][own].astype(np.int64))
            )
    sending: dict[int, list[tuple[int, Keys, Seqs, Seqs]]] = defaultdict(list)
    prior = _prior_counts(by_rule.pop(PRIOR, [[], []]))
    pairs = np.zeros(len(setting.model.blocking), np.int64)
    for rule, sides in by_rule.items():
        brought, kept = _shared(setting, rule, sides)
        if rule >= 0:
            pairs[rule] += brought
        for piece, keys, rows, parts in kept:
            sending[piece].append((rule, keys, rows, parts))
    yield Message(DRIVER, RULES, {"prior": prior}, {"pairs": pairs})
    for piece, found in sending.items():
        columns = _columns([(rule, keys, rows) for rule, keys, rows, _ in found])
        yield Message(piece, SENDING, {}, {**columns, "parts": np.concatenate([parts for *_, parts in found])})


def _prior_counts(sides: list[list[tuple[int, Keys, Seqs]]]) -> Seqs:
    left, right = (np.concatenate([np.zeros(0, np.uint64), *(keys for _, keys, _ in own)]) for own in sides)
    return np.array([np.isin(left, right).sum(), len(left)])


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
    crowd = setting.model.max_block_rows.get(list(setting.model.blocking)[rule]) if rule >= 0 else None
    if crowd is not None:
        each[np.maximum(here, there) > crowd] = 0
    parts = np.minimum(-(-each // setting.pairs_per_shard), setting.shards)
    if rule < 0:
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
    """Marks whose key may stand on the other side too, and nearly no others: by some of their bits."""
    shift = np.uint64(64 - min(len(marks.keys).bit_length() + _SLOTS, 29))
    slots = (marks.keys * np.uint64(0x9E3779B97F4A7C15) >> shift).view(np.int64)
    taken = np.zeros((2, 1 << 64 - int(shift)), bool)
    for number in (0, 1):
        for part in slices(len(slots)):
            taken[number][slots[part][marks.side[part] == number]] = True
    return np.asarray((taken[0] & taken[1])[slots], np.bool_)


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

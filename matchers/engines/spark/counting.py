"""How many rows of both tables bear the values that pairs agree on: counted where equal values meet.

A shard asks for the values its pairs agree on; every piece sends its values; each place counts those that are asked for
and answers the shards that asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from matchers.blocking.keys import key_values
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Keys, Seqs, Setting, by_place, home_of, working
from matchers.engines.spark.travel import Message
from matchers.weighing.chances import REGION_SIZES, counted_levels, id_columns

Floats = npt.NDArray[np.float64]
Counted = tuple[str, str | int]
"""A column and a key's form, or how many of an ID's first places make a region."""
ASKED, BORNE, SHOWN = 1, 10, 11
_SALT = 1_000


def counted_keys(setting: Setting) -> list[Counted]:
    """All that is counted per value under a model, each once."""
    model = setting.model
    forms: list[Counted] = [(column, form) for column, _, form in counted_levels(model)]
    return list(dict.fromkeys([*forms, *((column, size) for column in id_columns(model) for size in REGION_SIZES)]))


class Recorded:
    """Stands in for counts until they are made: notes which values are asked for."""

    def __init__(self, least: Mapping[tuple[str, str], float]) -> None:
        self._least = least
        self.wanted: dict[Counted, Keys] = {}

    def rarest(self, column: str, form: str) -> float:
        return self._least[column, form]

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        before = self.wanted.get((column, form), wanted[:0])
        self.wanted[column, form] = np.union1d(before, wanted)
        return np.ones(len(wanted)), 1


class Answered:
    """Counts that were asked for and made."""

    def __init__(self, counts: Mapping[Counted, tuple[Keys, Floats]], shown: Mapping[Counted, int]) -> None:
        self._counts, self._shown = counts, shown

    def rarest(self, column: str, form: str) -> float:
        raise NotImplementedError("pairs were given up before their values were counted")

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        values, counts = self._counts[column, form]
        return counts[np.searchsorted(values, wanted)], self._shown[column, form]


def wanted_messages(setting: Setting, shard: int, recorded: Recorded) -> Iterator[Message]:
    """What a shard asks of the places where values are counted; of each place, if only how many bear any."""
    keys = counted_keys(setting)
    parts: dict[int, list[tuple[int, Keys]]] = {place: [] for place in range(setting.shards)}
    for counted, values in recorded.wanted.items():
        number = keys.index(counted)
        for place, rows in by_place(home_of(values, _SALT + number, setting.shards)):
            parts[place].append((number, values[rows]))
    for place, own in parts.items():
        yield Message(place, ASKED, {"from": np.array([shard])}, _numbered(own))


def _numbered(parts: list[tuple[int, Keys]]) -> dict[str, np.ndarray]:
    numbers = [np.full(len(values), number, np.int16) for number, values in parts]
    return {
        "counted": np.concatenate([np.zeros(0, np.int16), *numbers]),
        "value": np.concatenate([np.zeros(0, np.uint64), *(values for _, values in parts)]),
    }


def borne(setting: Setting, piece: EncodedPiece, roots: Seqs | None = None) -> Iterator[Message]:
    """A piece's values, each with how many rows bear it. `roots`: in one table each row's first of its own duplicates,
    of which a value is counted once; then they are sent one by one."""
    found: dict[int, list[tuple[int, Keys, Seqs]]] = defaultdict(list)
    for number, values in enumerate(_values(setting, piece, roots)):
        shown = np.flatnonzero(values != 0)
        if roots is None:
            each, beside = np.unique(values[shown], return_counts=True)
        else:
            each, beside = values[shown], roots[shown]
        for place, rows in by_place(home_of(each, _SALT + number, setting.shards)):
            found[place].append((number, each[rows], beside[rows]))
    for place, parts in found.items():
        beside = np.concatenate([rows for _, _, rows in parts])
        body = {**_numbered([(number, values) for number, values, _ in parts]), "beside": beside}
        yield Message(place, BORNE, {"first": np.array([piece.side, piece.first])}, body)


def _values(setting: Setting, piece: EncodedPiece, roots: Seqs | None) -> Iterator[Keys]:
    """Of each counted key the rows' values, 0 where they show none."""
    with working() as con:
        for column, form in counted_keys(setting):
            if isinstance(form, str):
                yield key_values(con, setting.model, f"{column}.{form}", piece.rows)
                continue
            mask = np.uint64(16**form - 1)
            heads, masks = (np.asarray(piece.rows.columns[f"{column}_{name}"]) for name in ("head", "head_mask"))
            begins = masks & mask == mask
            if roots is not None:
                begins &= roots == piece.numbers
            yield np.where(begins, (heads & mask) + np.uint64(1), np.uint64(0))


def counted(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """One place's answers: to every shard that asks how many bear its values, and how many bear any that meet here."""
    given = [one.body for one in messages if one.kind == BORNE]
    values, weights, shown = [], [], np.zeros(len(counted_keys(setting)), np.int64)
    for number in range(len(shown)):
        parts = [
            (body["value"][own], body["beside"][own]) for body in given if (own := body["counted"] == number).any()
        ]
        value, weight = _counts(setting, parts)
        values.append(value)
        weights.append(weight)
        shown[number] = int(weight.sum())
    for one in messages:
        if one.kind == ASKED:
            asked = one.body
            counts = np.zeros(len(asked["value"]))
            for number, rows in by_place(asked["counted"].astype(np.int64)):
                counts[rows] = _looked_up(asked["value"][rows], values[number], weights[number])
            yield Message(int(one.head["from"][0]), SHOWN, {"shown": shown}, {**asked, "count": counts})


def _counts(setting: Setting, parts: list[tuple[Keys, Seqs]]) -> tuple[Keys, Seqs]:
    if not parts:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    each, beside = (np.concatenate(one) for one in zip(*parts, strict=True))
    order = np.lexsort((beside, each)) if setting.same else np.argsort(each, kind="stable")
    each, beside = each[order], beside[order]
    if setting.same:  # one entity's rows bear a value once
        fresh = np.concatenate([[True], (each[1:] != each[:-1]) | (beside[1:] != beside[:-1])])
        each, beside = each[fresh], np.ones(int(fresh.sum()), np.int64)
    firsts = np.flatnonzero(np.concatenate([[True], each[1:] != each[:-1]]))
    return each[firsts], np.add.reduceat(beside, firsts)


def _looked_up(wanted: Keys, values: Keys, counts: Seqs) -> Floats:
    if not len(values):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return np.where(values[at] == wanted, counts[at], 0).astype(np.float64)


def answered(setting: Setting, messages: list[Message]) -> Answered:
    """The answers a shard got, from every place."""
    shown = sum((one.head["shown"] for one in messages), np.zeros(len(counted_keys(setting)), np.int64))
    counts, totals = {}, {}
    for number, key in enumerate(counted_keys(setting)):
        parts = [(one.body["value"][own], one.body["count"][own])
                 for one in messages for own in [one.body["counted"] == number]]  # fmt: skip
        values, found = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(values)
        counts[key], totals[key] = (values[order], found[order]), int(shown[number])
    return Answered(counts, totals)

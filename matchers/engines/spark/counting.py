"""How many rows bear the values that pairs agree on: counted where equal values meet.

A shard asks for the values its pairs agree on; every piece sends its values; each place counts those that are asked for
and answers the shards that asked. What is counted and over which rows is in `counted_values`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from matchers.engines.spark.counted_values import (
    BEARERS,
    ENTITIES,
    NAMES,
    ROWS,
    VALUES,
    Borne,
    FrequencyKey,
    borne_by,
    frequency_keys,
)
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Keys, Seqs, Setting, by_place, home_of
from matchers.engines.spark.travel import Message
from matchers.model.evidence_tiers import OwnershipRule
from matchers.model.link_model import LinkModel
from matchers.weighing.chances import counts_of

Floats = npt.NDArray[np.float64]
ASKED, BORNE, SHOWN, BORNE_BY, BEARING, BORNE_OFTEN = 1, 10, 11, 12, 13, 14
BEARERS_OF_VALUES = (BORNE, BORNE_BY, BEARING, BORNE_OFTEN)
"""Kinds of messages that pieces send to where values are counted."""
_SALT = 1_000
_LOOKED_AT, _FEW = 4_096, 512


class Recorded:
    """Stands in for counts until they are made: notes which values are asked for."""

    def __init__(self, setting: Setting) -> None:
        self._least, self.right_rows = setting.all_facts.least, setting.sides.right
        self._how = BEARERS if setting.model.evidence_tiers else VALUES
        self.wanted: dict[FrequencyKey, Keys] = {}

    def rarest(self, column: str, form: str) -> float:
        """A share no value's is below."""
        return self._least[column, form]

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        """One bearer of each."""
        self._note(FrequencyKey(self._how, column, form), wanted)
        return np.ones(len(wanted)), 1

    def names_behind(self, owners: OwnershipRule, wanted: Keys) -> Seqs:
        """No name."""
        return self._note(FrequencyKey(NAMES, *_parts(owners.key)), wanted)

    def rows_behind(self, key: str, wanted: Keys) -> Seqs:
        """No row."""
        return self._note(FrequencyKey(ROWS, *_parts(key)), wanted)

    def _note(self, counted: FrequencyKey, wanted: Keys) -> Seqs:
        self.wanted[counted] = np.union1d(self.wanted.get(counted, wanted[:0]), wanted)
        return np.zeros(len(wanted), np.int64)


class CountsLookedUp:
    """Counts that were asked for and made."""

    def __init__(
        self, model: LinkModel, right_rows: int, counts: Mapping[FrequencyKey, tuple[Keys, Floats]],
        shown: Mapping[FrequencyKey, int],
    ) -> None:  # fmt: skip
        self._how, self.right_rows = BEARERS if model.evidence_tiers else VALUES, right_rows
        self._counts, self._shown = counts, shown

    def rarest(self, column: str, form: str) -> float:
        """Never asked for: pairs were given up before their values were counted."""
        raise NotImplementedError(f"{column}.{form}")

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        """How many bear each of the wanted values, and how many bear any."""
        counted = FrequencyKey(self._how, column, form)
        shown = self._shown.get(FrequencyKey(ENTITIES, column, form), self._shown[counted])
        return self._looked_up(counted, wanted), shown

    def names_behind(self, owners: OwnershipRule, wanted: Keys) -> Seqs:
        """How many different full names of the left side stand beside each value."""
        return self._looked_up(FrequencyKey(NAMES, *_parts(owners.key)), wanted).astype(np.int64)

    def rows_behind(self, key: str, wanted: Keys) -> Seqs:
        """How many rows of the right side bear each value of a key."""
        return self._looked_up(FrequencyKey(ROWS, *_parts(key)), wanted).astype(np.int64)

    def _looked_up(self, counted: FrequencyKey, wanted: Keys) -> Floats:
        values, counts = self._counts[counted]
        return counts[np.searchsorted(values, wanted)]


def _parts(key: str) -> tuple[str, str]:
    column, _, form = key.partition(".")
    return column, form


def wanted_messages(setting: Setting, shard: int, recorded: Recorded) -> Iterator[Message]:
    """What a shard asks of the places where values are counted; of each place, if only how many bear any."""
    every = frequency_keys(setting)
    parts: dict[int, list[tuple[int, Keys]]] = {place: [] for place in range(setting.shards)}
    for counted, values in recorded.wanted.items():
        number = every.index(counted)
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
    """A piece's values, one entry per row that bears it; of few different values each once and how often; with who
    bears it, where no bearer may count twice.

    `roots`: in one table each row's first of its own duplicates, of which a value is counted once.
    """
    found: dict[tuple[int, int], list[tuple[int, Keys, Seqs | None]]] = defaultdict(list)
    bearing = np.zeros(len(frequency_keys(setting)), np.int64)
    for number, one in enumerate(borne_by(setting, piece, roots)):
        bearing[number] = one.bearing
        kind, values, beside = _dense(one)
        for place, rows in by_place(home_of(values, _SALT + number, setting.shards)):
            found[place, kind].append((number, values[rows], None if beside is None else beside[rows]))
    yield Message(0, BEARING, {}, {"bearing": bearing})
    for (place, kind), parts in found.items():
        head = {
            "counted": np.array([number for number, *_ in parts]),
            "count": np.array([len(values) for _, values, _ in parts]),
        }
        body: dict[str, Any] = {"value": np.concatenate([values for _, values, _ in parts])}
        if kind != BORNE:
            body["beside"] = np.concatenate([beside for *_, beside in parts if beside is not None])
        yield Message(place, kind, head, body)


def _dense(one: Borne) -> tuple[int, Keys, Seqs | None]:
    """The values as they are sent, and what stands beside each: who bears it, or how many do."""
    if one.marks is not None:
        return BORNE_BY, one.values, one.marks
    if len(np.unique(one.values[:_LOOKED_AT])) > _FEW:
        return BORNE, one.values, None
    values, counts = np.unique(one.values, return_counts=True)
    return BORNE_OFTEN, values, counts.astype(np.int64)


def _once_each(values: Keys, marks: Seqs, wanted: Keys | None) -> Keys:
    """The values, each once per bearer; of wanted ones only, where those are enough."""
    if wanted is not None:
        asked = np.isin(values, wanted)
        values, marks = values[asked], marks[asked]
    order = np.lexsort((marks, values))
    values, marks = values[order], marks[order]
    fresh = np.ones(len(values), np.bool_)
    fresh[1:] = (values[1:] != values[:-1]) | (marks[1:] != marks[:-1])
    return values[fresh]


def count_values(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """One place's answers: to every shard that asks how many bear its values, and how many bear any that meet here."""
    asked = [one for one in messages if one.kind == ASKED]
    if not asked:
        return
    every, given = frequency_keys(setting), _by_number(messages)
    shown = sum((one.body["bearing"] for one in messages if one.kind == BEARING), np.zeros(len(every), np.int64))
    tables = []
    for number, counted_value in enumerate(every):
        wanted = np.unique(
            np.concatenate([_NO_KEYS, *(one.body["value"][one.body["counted"] == number] for one in asked)])
        )
        by_value, counts = counted_value.shown_by_value(setting), np.zeros(len(wanted))
        for kind, values in given[number].items():
            some, bearers = _counts_of_kind(kind, values, wanted, every_value=by_value)
            counts += some
            shown[number] += bearers if by_value else 0
        tables.append((wanted, counts))
    for one in asked:
        body, counts = one.body, np.zeros(len(one.body["value"]))
        for number, rows in by_place(body["counted"].astype(np.int64)):
            wanted, found = tables[number]
            counts[rows] = found[np.searchsorted(wanted, body["value"][rows])]
        yield Message(int(one.head["from"][0]), SHOWN, {"shown": shown}, {**body, "count": counts})


_NO_KEYS, _NO_ROWS = np.zeros(0, np.uint64), np.zeros(0, np.int64)


def _counts_of_kind(kind: int, given: tuple[Keys, Seqs], wanted: Keys, *, every_value: bool) -> tuple[Floats, int]:
    """How many bear each wanted value, and how many bear any; those only where every value is looked at."""
    values, beside = given
    if kind == BORNE_OFTEN:
        return _often(wanted, values, beside), int(beside.sum())
    if kind == BORNE_BY:
        values = _once_each(values, beside, None if every_value else wanted)
    return counts_of(wanted, values), len(values)


def _often(wanted: Keys, values: Keys, times: Seqs) -> Floats:
    """How often each wanted value (sorted, each once) stands among values that come with how often they do."""
    place = np.minimum(np.searchsorted(wanted, values), max(len(wanted) - 1, 0))
    own = np.flatnonzero(wanted[place] == values) if len(wanted) else np.zeros(0, np.int64)
    return np.bincount(place[own], times[own], len(wanted)).astype(np.float64)


def _by_number(messages: list[Message]) -> dict[int, dict[int, tuple[Keys, Seqs]]]:
    """By the number of what is counted and the kind of message the values, and what stands beside them."""
    parts: dict[int, dict[int, list[tuple[Keys, Seqs]]]] = defaultdict(lambda: defaultdict(list))
    for one in messages:
        if one.kind in (BORNE, BORNE_BY, BORNE_OFTEN):
            beside = one.body.get("beside", _NO_ROWS)
            ends = np.cumsum(one.head["count"])
            for number, end, count in zip(one.head["counted"].tolist(), ends, one.head["count"], strict=True):
                own = slice(end - count, end)
                parts[number][one.kind].append((one.body["value"][own], beside[own]))
    found: dict[int, dict[int, tuple[Keys, Seqs]]] = defaultdict(dict)
    for number, kinds in parts.items():
        for kind, own_parts in kinds.items():
            values, besides = zip(*own_parts, strict=True)
            found[number][kind] = np.concatenate(values), np.concatenate(besides)
    return found


def look_up_counts(setting: Setting, messages: list[Message]) -> CountsLookedUp:
    """The answers a shard got, from every place."""
    every = frequency_keys(setting)
    shown = sum((one.head["shown"] for one in messages), np.zeros(len(every), np.int64))
    counts, totals = {}, {}
    for number, key in enumerate(every):
        parts = [(one.body["value"][own], one.body["count"][own])
                 for one in messages for own in [one.body["counted"] == number]]  # fmt: skip
        values, found = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(values)
        counts[key], totals[key] = (values[order], found[order]), int(shown[number])
    return CountsLookedUp(setting.model, setting.sides.right, counts, totals)

"""How many rows bear the values that pairs agree on: counted where equal values meet.

A shard asks for the values its pairs agree on; every piece sends its values; each place counts those that are asked for
and answers the shards that asked. What is counted and over which rows is in `counted_values`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from matchers.engines.spark.counted_values import (
    BEARERS,
    ENTITIES,
    NAMES,
    ROWS,
    VALUES,
    Borne,
    Counted,
    borne_by,
    counted_of,
)
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Keys, Seqs, Setting, by_place, home_of
from matchers.engines.spark.travel import Message
from matchers.model.evidence_tiers import OwnershipRule
from matchers.model.link_model import LinkModel

Floats = npt.NDArray[np.float64]
ASKED, BORNE, SHOWN = 1, 10, 11
_SALT = 1_000


class Recorded:
    """Stands in for counts until they are made: notes which values are asked for."""

    def __init__(self, setting: Setting) -> None:
        self._least, self.right_rows = setting.known.least, setting.sides.right
        self._how = BEARERS if setting.model.evidence_tiers else VALUES
        self.wanted: dict[Counted, Keys] = {}

    def rarest(self, column: str, form: str) -> float:
        """A share no value's is below."""
        return self._least[column, form]

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        """One bearer of each."""
        self._note(Counted(self._how, column, form), wanted)
        return np.ones(len(wanted)), 1

    def names_behind(self, owners: OwnershipRule, wanted: Keys) -> Seqs:
        """No name."""
        return self._note(Counted(NAMES, *_parts(owners.key)), wanted)

    def rows_behind(self, key: str, wanted: Keys) -> Seqs:
        """No row."""
        return self._note(Counted(ROWS, *_parts(key)), wanted)

    def _note(self, counted: Counted, wanted: Keys) -> Seqs:
        self.wanted[counted] = np.union1d(self.wanted.get(counted, wanted[:0]), wanted)
        return np.zeros(len(wanted), np.int64)


class Answered:
    """Counts that were asked for and made."""

    def __init__(
        self, model: LinkModel, right_rows: int, counts: Mapping[Counted, tuple[Keys, Floats]],
        shown: Mapping[Counted, int],
    ) -> None:  # fmt: skip
        self._how, self.right_rows = BEARERS if model.evidence_tiers else VALUES, right_rows
        self._counts, self._shown = counts, shown

    def rarest(self, column: str, form: str) -> float:
        """Never asked for: pairs were given up before their values were counted."""
        raise NotImplementedError(f"{column}.{form}")

    def of(self, column: str, form: str | int, wanted: Keys) -> tuple[Floats, int]:
        """How many bear each of the wanted values, and how many bear any."""
        counted = Counted(self._how, column, form)
        shown = self._shown.get(Counted(ENTITIES, column, form), self._shown[counted])
        return self._looked_up(counted, wanted), shown

    def names_behind(self, owners: OwnershipRule, wanted: Keys) -> Seqs:
        """How many different full names of the left side stand beside each value."""
        return self._looked_up(Counted(NAMES, *_parts(owners.key)), wanted).astype(np.int64)

    def rows_behind(self, key: str, wanted: Keys) -> Seqs:
        """How many rows of the right side bear each value of a key."""
        return self._looked_up(Counted(ROWS, *_parts(key)), wanted).astype(np.int64)

    def _looked_up(self, counted: Counted, wanted: Keys) -> Floats:
        values, counts = self._counts[counted]
        return counts[np.searchsorted(values, wanted)]


def _parts(key: str) -> tuple[str, str]:
    column, _, form = key.partition(".")
    return column, form


def wanted_messages(setting: Setting, shard: int, recorded: Recorded) -> Iterator[Message]:
    """What a shard asks of the places where values are counted; of each place, if only how many bear any."""
    every = counted_of(setting)
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
    """A piece's values, each with how many rows bear it, or with each that does where no bearer may count twice.

    `roots`: in one table each row's first of its own duplicates, of which a value is counted once.
    """
    found: dict[int, list[tuple[int, Keys, Seqs]]] = defaultdict(list)
    bearing = np.zeros(len(counted_of(setting)), np.int64)
    for number, one in enumerate(borne_by(setting, piece, roots)):
        each, beside = _once_each(one)
        bearing[number] = one.bearing
        for place, rows in by_place(home_of(each, _SALT + number, setting.shards)):
            found[place].append((number, each[rows], beside[rows]))
    for place in {0, *found}:
        parts = found[place]
        body = {
            **_numbered([(number, values) for number, values, _ in parts]),
            "beside": np.concatenate([np.zeros(0, np.int64), *(rows for _, _, rows in parts)]),
        }
        shown = bearing if place == 0 else np.zeros_like(bearing)  # counted at one place only
        first = np.full(len(shown), piece.first)
        yield Message(place, BORNE, {"side": np.full(len(shown), piece.side), "first": first, "bearing": shown}, body)


def _once_each(one: Borne) -> tuple[Keys, Seqs]:
    if one.marks is None:
        values, counts = np.unique(one.values, return_counts=True)
        return values, counts.astype(np.int64)
    order = np.lexsort((one.marks, one.values))
    values, marks = one.values[order], one.marks[order]
    fresh = _fresh(values, marks)
    return values[fresh], marks[fresh]


def _fresh(values: Keys, marks: Seqs) -> npt.NDArray[np.bool_]:
    """Where a value or what stands beside it is another than before."""
    found = np.ones(len(values), np.bool_)
    found[1:] = (values[1:] != values[:-1]) | (marks[1:] != marks[:-1])
    return found


def counted(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """One place's answers: to every shard that asks how many bear its values, and how many bear any that meet here."""
    given = [one for one in messages if one.kind == BORNE]
    asked = [one for one in messages if one.kind == ASKED]
    if not asked:
        return
    every = counted_of(setting)
    tables, shown = [], sum((one.head["bearing"] for one in given), np.zeros(len(every), np.int64))
    for number, counted_value in enumerate(every):
        own = [(body["value"][rows], body["beside"][rows])
               for body in (one.body for one in given) for rows in [body["counted"] == number]]  # fmt: skip
        each, beside = (np.concatenate(one) for one in zip(*own, strict=True)) if own else _NOTHING
        tables.append(_counts(each, beside, distinct=counted_value.distinct(setting)))
        shown[number] += int(tables[-1][1].sum()) if counted_value.shown_by_value(setting) else 0
    for one in asked:
        wanted, counts = one.body, np.zeros(len(one.body["value"]))
        for number, rows in by_place(wanted["counted"].astype(np.int64)):
            counts[rows] = _looked_up(wanted["value"][rows], *tables[number])
        yield Message(int(one.head["from"][0]), SHOWN, {"shown": shown}, {**wanted, "count": counts})


_NOTHING = (np.zeros(0, np.uint64), np.zeros(0, np.int64))


def _counts(each: Keys, beside: Seqs, *, distinct: bool) -> tuple[Keys, Seqs]:
    """Every value and how many bear it."""
    if not len(each):
        return _NOTHING
    order = np.lexsort((beside, each)) if distinct else np.argsort(each, kind="stable")
    each, beside = each[order], beside[order]
    if distinct:
        each = each[_fresh(each, beside)]
        beside = np.ones(len(each), np.int64)
    firsts = np.flatnonzero(np.concatenate([[True], each[1:] != each[:-1]]))
    return each[firsts], np.add.reduceat(beside, firsts)


def _looked_up(wanted: Keys, values: Keys, counts: Seqs) -> Floats:
    if not len(values):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return np.where(values[at] == wanted, counts[at], 0).astype(np.float64)


def answered(setting: Setting, messages: list[Message]) -> Answered:
    """The answers a shard got, from every place."""
    every = counted_of(setting)
    shown = sum((one.head["shown"] for one in messages), np.zeros(len(every), np.int64))
    counts, totals = {}, {}
    for number, key in enumerate(every):
        parts = [(one.body["value"][own], one.body["count"][own])
                 for one in messages for own in [one.body["counted"] == number]]  # fmt: skip
        values, found = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(values)
        counts[key], totals[key] = (values[order], found[order]), int(shown[number])
    return Answered(setting.model, setting.sides.right, counts, totals)

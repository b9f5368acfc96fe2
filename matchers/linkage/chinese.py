"""Kinds of columns for Chinese people whose cells are masked, cut or dirty: the levels that evidence is weighed by.

They tell apart what the plain kinds take together: a masked name, the first 15 digits of an ID, its head and tail, the
ends of a phone number, a date in part. Levels are tests over encoded rows (`comparing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matchers.encoding.cells import (
    encode_chinese_names,
    encode_masked_ids,
    encode_partial_dates,
    encode_phone_lists,
    encode_sexes,
)
from matchers.encoding.several import Numbers, spans
from matchers.linkage.comparing import Bools, PairRows, Test, everything
from matchers.linkage.kinds import ID_TAIL4, ID_WHOLE, Kind

Words = npt.NDArray[np.uint64]
Seqs = npt.NDArray[np.int64]
_NINE, _SIX, _FOUR = np.uint64(16**9 - 1), np.uint64(16**6 - 1), np.uint64(16**4 - 1)
_LANE, _LOW = np.uint64(0xFFFF), np.uint64(0x1111111111111111)
_FULL, _MASKED, _PLACEHOLDER = 1, 2, 3
_INVALID = 3


def _full_names(rows: PairRows, form: str) -> Bools:
    return rows.both("kind", _FULL) & rows.same(form)


def _swapped(rows: PairRows) -> Bools:
    swap = rows.left("swap")
    return np.asarray((swap == rows.right("swap")) & (swap != 0) & rows.same("len"), np.bool_)


def _masked(rows: PairRows) -> Bools:
    return rows.either("kind", _MASKED) & _fits_mask(rows)


def _placeholder(rows: PairRows) -> Bools:
    return rows.either("kind", _PLACEHOLDER) & ~rows.either("kind", _MASKED) & _fits_mask(rows)


def _fits_mask(rows: PairRows) -> Bools:
    """One name fits the other's pattern; looked at where either has hidden characters."""
    return np.asarray(rows.derived("fits_mask", lambda: _fitting(rows)), np.bool_)


def _fitting(rows: PairRows) -> Bools:
    found = np.zeros(len(rows), bool)
    places = np.flatnonzero((rows.left("kind") > _FULL) | (rows.right("kind") > _FULL))
    if len(places):
        some = rows.where(places)
        shown = zip(some.left("like"), some.right("like"), _texts(some, 0), _texts(some, 1), strict=True)
        found[places] = [
            _pattern(one).fullmatch(right) is not None if one is not None
            else other is not None and _pattern(other).fullmatch(left) is not None
            for one, other, left, right in shown
        ]  # fmt: skip
    return found


@lru_cache(maxsize=1 << 14)
def _pattern(like: str) -> re.Pattern[str]:
    """`%` is any characters, `_` is one."""
    return re.compile("".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in like), re.DOTALL)


def _texts(rows: PairRows, side: int) -> list[str]:
    """The simplified names: what is written beside the row, or what its key spells."""
    form = rows.right if side else rows.left
    return [
        text if text is not None else _spelt(key) for text, key in zip(form("text"), form("key").tolist(), strict=True)
    ]


def _spelt(key: int) -> str:
    return key.to_bytes(8, "little").decode("utf-16-le").rstrip("\0")


def _one_character(rows: PairRows) -> Bools:
    found = np.zeros(len(rows), bool)
    places = np.flatnonzero(rows.both("kind", _FULL) & rows.same("head"))
    if len(places):
        some = rows.where(places)
        found[places] = [
            len(one) == len(other) and 3 <= len(one) <= 6 and sum(a != b for a, b in zip(one, other, strict=True)) == 1
            for one, other in zip(_texts(some, 0), _texts(some, 1), strict=True)
        ]
    return found


def _head_agreed(rows: PairRows) -> Words:
    return np.asarray(np.where(rows.left("head") != 0, rows.left("head"), rows.right("head")), np.uint64)


_NAMES = Kind(
    encode=encode_chinese_names,
    keys={
        "key": "nullif({c}_key, 0)",
        "sound": "nullif({c}_sound, 0)",
        "fold": "nullif({c}_fold, 0)",
        "swap": "nullif({c}_swap, 0)",
        "head": "case when {c}_kind = 1 then nullif({c}_head, 0) end",
    },
    missing=lambda rows: rows.either("kind", 0),
    levels={
        "exact": lambda rows: _full_names(rows, "raw"),
        "simplified": lambda rows: _full_names(rows, "key"),
        "sound": lambda rows: _full_names(rows, "sound"),
        "swapped": _swapped,
        "near_sound": lambda rows: _full_names(rows, "fold"),
        "placeholder": _placeholder,
        "masked": _masked,
        "one_character": _one_character,
        "different": everything,
    },
    share_of={
        "exact": "key",
        "simplified": "key",
        "sound": "sound",
        "swapped": "swap",
        "near_sound": "fold",
        "masked": "head",
    },
    agreed={"masked": _head_agreed},
    classes=(
        (lambda rows: rows.either("kind", _MASKED), ("masked",)),
        (lambda rows: rows.either("kind", _PLACEHOLDER), ("placeholder",)),
        (everything, ("exact", "simplified", "sound", "swapped", "near_sound", "one_character")),
    ),
    against=frozenset({"different"}),
)


def _shown(rows: PairRows, half: str) -> Words:
    """Bits of the places of a half that both IDs show."""
    form = f"{half}_mask"
    return np.asarray(rows.derived(("shown", half), lambda: rows.left(form) & rows.right(form)), np.uint64)


def _away(rows: PairRows, half: str) -> Words:
    """Places of a half in which the IDs differ, one bit each (the lowest of its four)."""

    def places() -> Words:
        bits = (rows.left(half) ^ rows.right(half)) & _shown(rows, half)
        one, two, three = (np.uint64(n) for n in (1, 2, 3))
        return np.asarray((bits | bits >> one | bits >> two | bits >> three) & _LOW, np.uint64)

    return np.asarray(rows.derived(("away", half), places), np.uint64)


def _none_differ(rows: PairRows) -> Bools:
    found = rows.derived("none_differ", lambda: (_away(rows, "head") | _away(rows, "tail")) == 0)
    return np.asarray(found, np.bool_)


def _no_ids(rows: PairRows) -> Bools:
    """Nothing both show, or a number whose check digit fails beside one that is none either and shows the same."""
    nothing = (_shown(rows, "head") | _shown(rows, "tail")) == 0
    slip = rows.either("kind", _INVALID) & ~rows.either("kind", _FULL)
    return np.asarray(nothing | slip & _none_differ(rows), np.bool_)


def _fifteen(rows: PairRows) -> Bools:
    return np.asarray((_shown(rows, "head") == _NINE) & (_shown(rows, "tail") & _SIX == _SIX), np.bool_)


def _head_and_tail(rows: PairRows) -> Bools:
    return np.asarray((_shown(rows, "head") & _SIX == _SIX) & _last_four(rows), np.bool_)


def _last_four(rows: PairRows) -> Bools:
    return np.asarray(_shown(rows, "tail") >> np.uint64(20) == _FOUR, np.bool_)


def _whole_ids(rows: PairRows) -> Bools:
    return rows.both("kind", _FULL) & rows.same("head") & rows.same("tail")


def _one_digit(rows: PairRows) -> Bools:
    """One digit, or two neighbours that changed places, of a failed check digit from a valid ID: a typing error."""
    found = np.zeros(len(rows), bool)
    places = np.flatnonzero(rows.either("kind", _INVALID) & rows.either("kind", _FULL))
    if not len(places):
        return found
    some = rows.where(places)
    shown = np.bitwise_count(_shown(some, "head")) + np.bitwise_count(_shown(some, "tail"))
    head, tail = np.bitwise_count(_away(some, "head")), np.bitwise_count(_away(some, "tail"))
    turned = (_turned(some, "head") & (tail == 0)) | (_turned(some, "tail") & (head == 0)) | _middle_turned(some)
    found[places] = (shown >= 60) & ((head + tail == 1) | ((head + tail == 2) & turned))
    return found


def _turned(rows: PairRows, half: str) -> Bools:
    """The half differs in two neighbouring places that have changed places."""
    away = _away(rows, half)
    lowest = away & (~away + np.uint64(1))
    pair = away == lowest * np.uint64(17)
    first, second = ((one // np.maximum(lowest, np.uint64(1))) & np.uint64(255)
                     for one in (rows.left(half), rows.right(half)))  # fmt: skip
    crossed = second >> np.uint64(4) | (second & np.uint64(15)) << np.uint64(4)
    return np.asarray((away != 0) & pair & (first == crossed), np.bool_)


def _middle_turned(rows: PairRows) -> Bools:
    """Places 9 and 10 have changed places: neighbours that stand in different halves."""
    last = np.uint64(15)
    heads = [(one >> np.uint64(32)) & last for one in (rows.left("head"), rows.right("head"))]
    tails = [one & last for one in (rows.left("tail"), rows.right("tail"))]
    one_each = (np.bitwise_count(_away(rows, "head")) == 1) & (np.bitwise_count(_away(rows, "tail")) == 1)
    return np.asarray(
        one_each & (heads[0] == tails[1]) & (heads[1] == tails[0]) & (heads[0] != heads[1]), np.bool_
    )  # fmt: skip


_IDS = Kind(
    encode=encode_masked_ids,
    keys={
        "full": ID_WHOLE,
        "first15": f"case when {{c}}_kind <> 3 and {{c}}_head_mask = {_NINE} and {{c}}_tail_mask & {_SIX} = {_SIX} "
        f"then hash({{c}}_head, {{c}}_tail & {_SIX}) end",
        "head6_tail4": f"case when {{c}}_kind <> 3 and {{c}}_head_mask & {_SIX} = {_SIX} "
        "and {c}_tail_mask >> 20 = 65535 "
        f"then (({{c}}_head & {_SIX}) << 16) | ({{c}}_tail >> 20) end",
        "tail4": ID_TAIL4,
        "first9": f"case when {{c}}_head_mask = {_NINE} then {{c}}_head end",
        "last4": "case when {c}_tail_mask >> 20 = 65535 then ({c}_tail >> 20) + 1 end",
        "birth": "nullif({c}_birth, 0)",
    },
    missing=_no_ids,
    levels={
        "full": _whole_ids,
        "first15": lambda rows: _none_differ(rows) & _fifteen(rows),
        "head6_tail4": lambda rows: _none_differ(rows) & _head_and_tail(rows),
        "tail4": lambda rows: _none_differ(rows) & _last_four(rows),
        "partial": _none_differ,
        "one_digit": _one_digit,
        "conflict": everything,
    },
    by_places=frozenset({"full", "first15", "head6_tail4", "tail4", "partial"}),
    classes=(
        (lambda rows: rows.both("kind", _FULL), ("full",)),
        (_fifteen, ("first15",)),
        (_head_and_tail, ("head6_tail4",)),
        (_last_four, ("tail4",)),
        (everything, ("partial",)),
    ),
    against=frozenset({"one_digit", "conflict"}),
)

_ENDS = np.uint64(16**3 - 1 | (16**11 - 1) - (16**7 - 1))
_TO_TAIL = np.uint64(28)


def _phone_ends(numbers: Numbers) -> tuple[Bools, Words]:
    """Which numbers show three places in front and four behind, and those places."""
    ends = (numbers.digits & np.uint64(16**3 - 1)) << np.uint64(16) | numbers.digits >> _TO_TAIL
    return numbers.mask & _ENDS == _ENDS, ends


def _whole_phones(numbers: Numbers) -> tuple[Bools, Words]:
    return numbers.whole, numbers.same


Rank = Callable[[tuple[Numbers, Numbers], Seqs, Seqs], npt.NDArray[np.uint8]]
"""Per pair of numbers of two sides, by their places, how well they agree."""


def _best(rows: PairRows, rank: Rank) -> npt.NDArray[np.uint8]:
    """Per pair the best rank of any number of one row beside any of the other; 0 where a row shows none."""

    def found() -> npt.NDArray[np.uint8]:
        sides: tuple[Numbers, Numbers] = (rows.sides[0][f"{rows.column}_all"], rows.sides[1][f"{rows.column}_all"])
        counts = [numbers.counts(seqs) for numbers, seqs in zip(sides, rows.seqs, strict=True)]
        firsts = [numbers.offsets[seqs] for numbers, seqs in zip(sides, rows.seqs, strict=True)]
        best = np.zeros(len(rows), np.uint8)
        one = np.flatnonzero((counts[0] == 1) & (counts[1] == 1))
        best[one] = rank(sides, firsts[0][one], firsts[1][one])
        several = np.flatnonzero((counts[0] * counts[1]) > 1)
        if len(several):
            each = counts[0][several] * counts[1][several]
            place = np.repeat(several, each)
            turn = spans(np.zeros(len(several), np.int64), each)
            left, right = firsts[0][place] + turn // counts[1][place], firsts[1][place] + turn % counts[1][place]
            np.maximum.at(best, place, rank(sides, left, right))
        return best

    return np.asarray(rows.derived(("phones", rank), found), np.uint8)


def _agreement(sides: tuple[Numbers, Numbers], left: Seqs, right: Seqs) -> npt.NDArray[np.uint8]:
    """5 the same, 4 both ends, 3 the last four, 2 anything, 1 a difference, 0 nothing both show."""
    one, other = sides
    masks = one.mask[left], other.mask[right]
    shown = masks[0] & masks[1]
    found = np.full(len(left), 2, np.uint8)
    found[shown == 0] = 0
    found[shown >> _TO_TAIL == _FOUR] = 3
    found[shown & _ENDS == _ENDS] = 4
    found[((one.digits[left] ^ other.digits[right]) & shown != 0) | (masks[0] == 0) | (masks[1] == 0)] = 1
    near = np.flatnonzero((found == 4) | (masks[0] == 0) & (masks[1] == 0))
    first, second = left[near], right[near]
    same = (one.same[first] == other.same[second]) & one.whole[first] & other.whole[second]
    found[near[same]] = 5
    return found


def _could_agree(sides: tuple[Numbers, Numbers], left: Seqs, right: Seqs) -> npt.NDArray[np.uint8]:
    """What two numbers could agree on: 4 all, 3 both ends, 2 the last four, 1 anything."""
    one, other = sides
    shown = one.mask[left] & other.mask[right]
    found = np.ones(len(left), np.uint8)
    found[shown >> _TO_TAIL == _FOUR] = 2
    found[shown & _ENDS == _ENDS] = 3
    found[one.whole[left] & other.whole[right]] = 4
    return found


def _phones_at(rank: int) -> Test:
    return lambda rows: np.asarray(_best(rows, _agreement) == rank, np.bool_)


_PHONES = Kind(
    encode=encode_phone_lists,
    keys={"full": "", "head3_tail4": ""},
    lists={"full": _whole_phones, "head3_tail4": _phone_ends},
    missing=_phones_at(0),
    levels={
        "full": _phones_at(5),
        "head3_tail4": _phones_at(4),
        "tail4": _phones_at(3),
        "partial": _phones_at(2),
        "conflict": everything,
    },
    share_of={"full": "full", "head3_tail4": "head3_tail4"},
    classes=(
        (lambda rows: _best(rows, _could_agree) >= 4, ("full",)),
        (lambda rows: _best(rows, _could_agree) == 3, ("head3_tail4",)),
        (lambda rows: _best(rows, _could_agree) == 2, ("tail4",)),
        (everything, ("partial",)),
    ),
    against=frozenset({"conflict"}),
)


def _day(rows: PairRows, divisor: int = 1, modulus: int = 0) -> tuple[Seqs, Seqs]:
    """A part of both days: the number without its last places, of those the last ones alone."""
    parts = [one // divisor if divisor > 1 else one for one in (rows.left("day"), rows.right("day"))]
    return (parts[0] % modulus, parts[1] % modulus) if modulus else (parts[0], parts[1])


def _same_day(rows: PairRows) -> Bools:
    return np.asarray(rows.same("day") & (rows.left("day") % 100 > 0), np.bool_)


def _same_month(rows: PairRows) -> Bools:
    (one, other), (day, days) = _day(rows, 100), _day(rows, 1, 100)
    return np.asarray((one == other) & (one % 100 > 0) & ((day == 0) | (days == 0)), np.bool_)


def _same_year(rows: PairRows) -> Bools:
    (one, other), (month, months) = _day(rows, 10_000), _day(rows, 100, 100)
    return np.asarray((one == other) & ((month == 0) | (months == 0)), np.bool_)


def _day_and_month_swapped(rows: PairRows) -> Bools:
    (one, other), (month, months), (day, days) = _day(rows, 10_000), _day(rows, 100, 100), _day(rows, 1, 100)
    return np.asarray((one == other) & (month == days) & (day == months), np.bool_)


def _next_day(rows: PairRows) -> Bools:
    """One day follows the other, also over the end of a month or a year."""
    low, high = np.minimum(rows.left("day"), rows.right("day")), np.maximum(rows.left("day"), rows.right("day"))
    month, day = low // 100 % 100, low % 100
    long = np.where(np.isin(month, (4, 6, 9, 11)), 30, 31)
    last = np.where(month == 2, 28 + (low // 10_000 % 4 == 0), long)
    over = (high % 100 == 1) & np.isin(high // 100 - low // 100, (1, 89)) & (day == last)
    return np.asarray((day > 0) & ((high - low == 1) | over), np.bool_)


def _least_shown(rows: PairRows, divisor: int) -> Bools:
    one, other = _day(rows, divisor, 100)
    return np.asarray(np.minimum(one, other) > 0, np.bool_)


_DATES = Kind(
    encode=encode_partial_dates,
    keys={
        "day": "case when {c}_day % 100 > 0 then {c}_day end",
        "year": "nullif({c}_day // 10000, 0)",
    },
    missing=lambda rows: rows.either("day", 0),
    levels={
        "full": _same_day,
        "year_month": _same_month,
        "year": _same_year,
        "swapped": _day_and_month_swapped,
        "one_day": _next_day,
        "conflict": everything,
    },
    against=frozenset({"swapped", "conflict"}),
    classes=(
        (lambda rows: _least_shown(rows, 1), ("full",)),
        (lambda rows: _least_shown(rows, 100), ("year_month",)),
        (everything, ("year",)),
    ),
    shown_as=("birth", "0"),
    shown_by=("birth", 0),
)

_SEXES = Kind(
    encode=encode_sexes,
    keys={"male": "case when {c}_male >= 0 then {c}_male + 1 end"},
    missing=lambda rows: (rows.left("male") < 0) | (rows.right("male") < 0),
    levels={"same": lambda rows: rows.same("male"), "conflict": everything},
    against=frozenset({"conflict"}),
    shown_as=("male", "-1"),
    shown_by=("sexed", 0),
)

CHINESE: dict[str, Kind] = {
    "chinese_name": _NAMES,
    "masked_id": _IDS,
    "phones": _PHONES,
    "partial_date": _DATES,
    "sex": _SEXES,
}

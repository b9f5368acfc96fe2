"""Resident IDs of 18 places, some masked: comparison levels by the places unmasked in both."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.encoding.cells import (
    encode_masked_ids,
)
from matchers.kinds.comparing import Bools, PairRows, everything
from matchers.kinds.plain import ID_TAIL4, ID_WHOLE, Kind

Words = npt.NDArray[np.uint64]
_NINE, _SIX, _FOUR = np.uint64(16**9 - 1), np.uint64(16**6 - 1), np.uint64(16**4 - 1)
_LOW = np.uint64(0x1111111111111111)
_FULL, _INVALID = 1, 3


def _unmasked(rows: PairRows, half: str) -> Words:
    """Per pair the bits of the places of a half that are unmasked in both IDs (uint64)."""
    form = f"{half}_mask"
    return np.asarray(rows.derived(("shown", half), lambda: rows.left(form) & rows.right(form)), np.uint64)


def _away(rows: PairRows, half: str) -> Words:
    """Per pair the unmasked places of a half in which the IDs differ, one bit each (the lowest of its four)."""

    def places() -> Words:
        bits = (rows.left(half) ^ rows.right(half)) & _unmasked(rows, half)
        first, second, third = (np.uint64(n) for n in (1, 2, 3))
        return np.asarray((bits | bits >> first | bits >> second | bits >> third) & _LOW, np.uint64)

    return np.asarray(rows.derived(("away", half), places), np.uint64)


def _none_differ(rows: PairRows) -> Bools:
    none = rows.derived("none_differ", lambda: (_away(rows, "head") | _away(rows, "tail")) == 0)
    return np.asarray(none, np.bool_)


def _no_ids(rows: PairRows) -> Bools:
    """Nothing both show, or a number whose check digit fails beside one that is none either and shows the same."""
    nothing = (_unmasked(rows, "head") | _unmasked(rows, "tail")) == 0
    slip = rows.either("kind", _INVALID) & ~rows.either("kind", _FULL)
    return np.asarray(nothing | slip & _none_differ(rows), np.bool_)


def _fifteen(rows: PairRows) -> Bools:
    return np.asarray((_unmasked(rows, "head") == _NINE) & (_unmasked(rows, "tail") & _SIX == _SIX), np.bool_)


def _head_and_tail(rows: PairRows) -> Bools:
    return np.asarray((_unmasked(rows, "head") & _SIX == _SIX) & _last_four(rows), np.bool_)


def _last_four(rows: PairRows) -> Bools:
    return np.asarray(_unmasked(rows, "tail") >> np.uint64(20) == _FOUR, np.bool_)


def _whole_ids(rows: PairRows) -> Bools:
    return rows.both("kind", _FULL) & rows.same("head") & rows.same("tail")


def _differ_by_a_digit(rows: PairRows) -> Bools:
    """One digit, or two neighbours that changed places, of a failed check digit from a valid ID: a typing error."""
    fits = np.zeros(len(rows), bool)
    places = np.flatnonzero(rows.either("kind", _INVALID) & rows.either("kind", _FULL))
    if not len(places):
        return fits
    some = rows.where(places)
    compared_places = np.bitwise_count(_unmasked(some, "head")) + np.bitwise_count(_unmasked(some, "tail"))
    head, tail = np.bitwise_count(_away(some, "head")), np.bitwise_count(_away(some, "tail"))
    turned = (_turned(some, "head") & (tail == 0)) | (_turned(some, "tail") & (head == 0)) | _middle_turned(some)
    fits[places] = (compared_places >= 60) & ((head + tail == 1) | ((head + tail == 2) & turned))
    return fits


def _turned(rows: PairRows, half: str) -> Bools:
    """The half differs in two neighbouring places that have changed places."""
    away = _away(rows, half)
    lowest = away & (~away + np.uint64(1))
    pair = away == lowest * np.uint64(17)
    first, second = ((side // np.maximum(lowest, np.uint64(1))) & np.uint64(255)
                     for side in (rows.left(half), rows.right(half)))  # fmt: skip
    crossed = second >> np.uint64(4) | (second & np.uint64(15)) << np.uint64(4)
    return np.asarray((away != 0) & pair & (first == crossed), np.bool_)


def _middle_turned(rows: PairRows) -> Bools:
    """Places 9 and 10 have changed places: neighbours that stand in different halves."""
    last = np.uint64(15)
    heads = [(side >> np.uint64(32)) & last for side in (rows.left("head"), rows.right("head"))]
    tails = [side & last for side in (rows.left("tail"), rows.right("tail"))]
    one_each = (np.bitwise_count(_away(rows, "head")) == 1) & (np.bitwise_count(_away(rows, "tail")) == 1)
    return np.asarray(
        one_each & (heads[0] == tails[1]) & (heads[1] == tails[0]) & (heads[0] != heads[1]), np.bool_
    )  # fmt: skip


MASKED_IDS = Kind(
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
        "one_digit": _differ_by_a_digit,
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

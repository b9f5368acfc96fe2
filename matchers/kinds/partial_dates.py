"""Dates of which the day or the month may not be given, and the sexes beside them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matchers.encoding.cells import (
    encode_partial_dates,
    encode_sexes,
)
from matchers.kinds.comparing import Bools, PairRows, everything
from matchers.kinds.plain import Kind

Seqs = npt.NDArray[np.int64]


def _day(rows: PairRows, divisor: int = 1, modulus: int = 0) -> tuple[Seqs, Seqs]:
    """A part of both days: the number without its last places, of those the last ones alone."""
    parts = [side // divisor if divisor > 1 else side for side in (rows.left("day"), rows.right("day"))]
    return (parts[0] % modulus, parts[1] % modulus) if modulus else (parts[0], parts[1])


def _same_day(rows: PairRows) -> Bools:
    return np.asarray(rows.same("day") & (rows.left("day") % 100 > 0), np.bool_)


def _same_month(rows: PairRows) -> Bools:
    (left, right), (day, days) = _day(rows, 100), _day(rows, 1, 100)
    return np.asarray((left == right) & (left % 100 > 0) & ((day == 0) | (days == 0)), np.bool_)


def _same_year(rows: PairRows) -> Bools:
    (left, right), (month, months) = _day(rows, 10_000), _day(rows, 100, 100)
    return np.asarray((left == right) & ((month == 0) | (months == 0)), np.bool_)


def _day_and_month_swapped(rows: PairRows) -> Bools:
    (left, right), (month, months), (day, days) = _day(rows, 10_000), _day(rows, 100, 100), _day(rows, 1, 100)
    return np.asarray((left == right) & (month == days) & (day == months), np.bool_)


def _next_day(rows: PairRows) -> Bools:
    """One day follows the other, also over the end of a month or a year."""
    low, high = np.minimum(rows.left("day"), rows.right("day")), np.maximum(rows.left("day"), rows.right("day"))
    month, day = low // 100 % 100, low % 100
    long = np.where(np.isin(month, (4, 6, 9, 11)), 30, 31)
    last = np.where(month == 2, 28 + (low // 10_000 % 4 == 0), long)
    over = (high % 100 == 1) & np.isin(high // 100 - low // 100, (1, 89)) & (day == last)
    return np.asarray((day > 0) & ((high - low == 1) | over), np.bool_)


def _both_have_part(rows: PairRows, divisor: int) -> Bools:
    left, right = _day(rows, divisor, 100)
    return np.asarray(np.minimum(left, right) > 0, np.bool_)


PARTIAL_DATES = Kind(
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
        (lambda rows: _both_have_part(rows, 1), ("full",)),
        (lambda rows: _both_have_part(rows, 100), ("year_month",)),
        (everything, ("year",)),
    ),
    shown_as=("birth", "0"),
    shown_by=("birth", 0),
)

SEXES = Kind(
    encode=encode_sexes,
    keys={"male": "case when {c}_male >= 0 then {c}_male + 1 end"},
    missing=lambda rows: (rows.left("male") < 0) | (rows.right("male") < 0),
    levels={"same": lambda rows: rows.same("male"), "conflict": everything},
    against=frozenset({"conflict"}),
    shown_as=("male", "-1"),
    shown_by=("sexed", 0),
)

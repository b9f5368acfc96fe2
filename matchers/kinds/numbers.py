"""Kinds of columns for amounts and for the days on which something happened: levels by how far apart two values lie."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from math import isfinite

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.numbers import encode_dates
from matchers.encoding.typed import as_text, plain_number
from matchers.kinds.plain import Encoded, Kind
from schemas.placeholders import means_nothing

_CURRENCY = re.compile(r"^(?:rmb|cny|usd|eur|gbp|[¥$€£])|(?:元|圆|rmb|cny|usd|eur|gbp|[¥$€£])$", re.IGNORECASE)
_MOST, _PARTS = 1e15, 100
_NO_DAY = -(1 << 31)


@lru_cache(maxsize=1 << 16)
def amount(text: str) -> float | None:
    """A number as people write it, with commas and a currency's sign; null where the text is none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if means_nothing(plain):
        return None
    try:
        value = float(plain_number(_CURRENCY.sub("", plain).strip()))
    except ValueError:
        return None
    return value if isfinite(value) and abs(value) < _MOST else None


def encode_amounts(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """`value`: hundredths as a number that is 0 where there is none; `amount`: the number itself."""
    distinct = as_text(column).dictionary_encode()
    parsed = [None if text is None else amount(text) for text in distinct.dictionary.to_pylist()]
    numbers = np.array([np.nan if value is None else value for value in [*parsed, None]], np.float64)
    codes = np.asarray(distinct.indices.fill_null(len(parsed)), np.int64)
    amounts = numbers[codes]
    hundredths = np.round(np.nan_to_num(amounts) * _PARTS).astype(np.int64)
    value = (np.abs(hundredths).astype(np.uint64) << np.uint64(1) | (hundredths < 0)) + np.uint64(1)
    return {"value": np.where(np.isnan(amounts), np.uint64(0), value), "amount": np.nan_to_num(amounts)}


def encode_days(column: pa.Array | pa.ChunkedArray) -> Encoded:
    """`day`: yyyymmdd, 0 where there is none; `ordinal`: days since 1970."""
    days = encode_dates(column)
    return {"day": days, "ordinal": _ordinals(days)}


def _ordinals(days: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    years, months, rest = days // 10_000, days // 100 % 100, days % 100
    first_of_month = (years - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (months - 1)
    day_numbers = first_of_month.astype("datetime64[D]").astype(np.int64) + rest - 1
    return np.where(days > 0, day_numbers, _NO_DAY).astype(np.int32)


_APART = "abs(l.{c}_amount - r.{c}_amount)"
_LARGER = "greatest(abs(l.{c}_amount), abs(r.{c}_amount))"
# Amounts a tenth apart stand on one step or on neighbouring ones; cents and less stand on one.
_STEPS = "sign({c}_amount) * floor(ln(greatest(abs({c}_amount), 0.01)) / ln(1.1))"
_DAYS = "abs(l.{c}_ordinal - r.{c}_ordinal)"

NUMBERS: dict[str, Kind] = {
    "number": Kind(
        encode=encode_amounts,
        keys={
            "value": "nullif({c}_value, 0)",
            "whole": "case when {c}_value <> 0 then hash(floor({c}_amount)) end",
            "tenth": f"case when {{c}}_value <> 0 then hash({_STEPS}) end",
        },
        missing="l.{c}_value = 0 or r.{c}_value = 0",
        levels={
            "same": "l.{c}_value = r.{c}_value",
            "within_percent": f"{_APART} <= 0.01 * {_LARGER}",
            "within_tenth": f"{_APART} <= 0.1 * {_LARGER}",
            "different": "true",
        },
        share_of={"same": "value"},
    ),
    "event_date": Kind(
        encode=encode_days,
        keys={
            "day": "nullif({c}_day, 0)",
            "week": "case when {c}_day <> 0 then hash(floor({c}_ordinal / 7)) end",
            "month": "nullif({c}_day // 100, 0)",
            "year": "nullif({c}_day // 10000, 0)",
        },
        missing="l.{c}_day = 0 or r.{c}_day = 0",
        levels={
            "same": "l.{c}_day = r.{c}_day",
            "within_3_days": f"{_DAYS} <= 3",
            "within_10_days": f"{_DAYS} <= 10",
            "within_31_days": f"{_DAYS} <= 31",
            "different": "true",
        },
    ),
}

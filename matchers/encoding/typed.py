"""Columns of any plain type as the text a person would write: 5, 5.0, 5.00 and a decimal of two places are all `5`."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite

import pyarrow as pa

_EXACT = float(1 << 53)
_ZONE = "Asia/Shanghai"
_MIDNIGHT = r"[ T]00:00:00(\.0+)?$"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?(?:[eE][+-][0-9]{1,2})?")
_CERTAIN = 15


def is_plain(kind: pa.DataType) -> bool:
    """Whether `as_text` can read cells of this type: texts, numbers, days and times, alone or as a dictionary."""
    types = pa.types
    if types.is_dictionary(kind):
        return is_plain(kind.value_type)
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_null(kind)
        or types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        or types.is_date(kind) or types.is_timestamp(kind) or types.is_time(kind)
    )  # fmt: skip


def as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The cells as text, null where there is none; NaN is none, a moment with a zone is read in Asia/Shanghai.

    Of a floating number beyond 15 digits only those are sure: the digits behind them stand as `*`.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return array
    if pa.types.is_dictionary(kind):
        return as_text(array.dictionary_decode())
    if pa.types.is_timestamp(kind):
        return _moments(array)
    if pa.types.is_date64(kind):
        array = array.cast(pa.date32())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(array)
    return array.cast(pa.string())


def _moments(array: pa.Array) -> pa.Array:
    import pyarrow.compute as pc  # loads slowly, and columns of text do without it

    if array.type.tz is not None:
        array = pc.local_timestamp(array.cast(pa.timestamp(array.type.unit, _ZONE)))
    return pc.replace_substring_regex(array.cast(pa.string()), _MIDNIGHT, "")


def _numbers(array: pa.Array) -> pa.Array:
    """Distinct numbers one by one."""
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    encoded = array.dictionary_encode()
    numbers, texts = encoded.dictionary.to_pylist(), encoded.dictionary.cast(pa.string()).to_pylist()
    found = [_written(*one) for one in zip(numbers, texts, strict=True)]
    return pa.array(found, pa.string()).take(encoded.indices)


def _written(number: float | Decimal, text: str) -> str | None:
    if isinstance(number, Decimal):
        return plain_number(text)
    if not isfinite(number):
        return None
    if not number.is_integer():
        return plain_number(text)
    whole = str(int(number))
    return whole if abs(number) < _EXACT else whole[:_CERTAIN] + "*" * (len(whole) - _CERTAIN)


def plain_number(text: str) -> str:
    """The shortest way of writing a number: without thousands commas, zeros behind the point, `1E+05`; else as it is.

    Zeros in front stay: they belong to a code.
    """
    if not _NUMBER.fullmatch(text):
        return text
    bare = text.replace(",", "")
    if "e" in bare.lower():
        return f"{Decimal(bare).normalize():f}"
    if "." in bare:
        bare = bare.rstrip("0").rstrip(".")
    return "0" if bare == "-0" else bare

"""Resident IDs (GB 11643) as two integers of nine places, four bits a place, with masks of the places shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.digits import ID_HALF, Places, pack
from matchers.encoding.strings import rows_of_length, string_parts

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2])
KINDS = {"none": 0, "full": 1, "masked": 2, "invalid": 3}


@dataclass(frozen=True)
class EncodedIds:
    """One entry per row. `birth` is yyyymmdd where all its digits show and the ID is not invalid, else 0."""

    head: npt.NDArray[np.uint64]
    head_mask: npt.NDArray[np.uint64]
    tail: npt.NDArray[np.uint64]
    tail_mask: npt.NDArray[np.uint64]
    kind: npt.NDArray[np.uint8]
    birth: npt.NDArray[np.int32]
    male: npt.NDArray[np.int8]


def encode_ids(column: pa.ChunkedArray) -> EncodedIds:
    """Encode a column of 18-place IDs with `*` for hidden places; 15-place IDs gain `19` and their check digit."""
    letters, starts, lengths = string_parts(column)
    places = np.full((len(lengths), 18), 255, np.uint8)
    rows, found = rows_of_length(letters, starts, lengths, 18)
    places[rows] = _digits(found)
    rows, found = rows_of_length(letters, starts, lengths, 15)
    old = _digits(found)
    whole = (old != 255).all(axis=1)
    places[rows[whole]] = _lengthened(old[whole])
    kind = _kinds(places)
    head, head_mask = pack(places[:, :ID_HALF])
    tail, tail_mask = pack(places[:, ID_HALF:])
    usable = (kind == KINDS["full"]) | (kind == KINDS["masked"])
    shown = usable & (places[:, 6:14] != 255).all(axis=1)
    birth = np.where(shown, _number(places[:, 6:14]), 0).astype(np.int32)
    male = np.where(usable & (places[:, 16] < 10), places[:, 16] % 2, -1).astype(np.int8)
    return EncodedIds(head, head_mask, tail, tail_mask, kind, birth, male)


def _number(digits: Places) -> npt.NDArray[np.int32]:
    """Rows of decimal digits as numbers."""
    value = np.zeros(len(digits), np.int32)
    for place in range(digits.shape[1]):
        value = value * 10 + digits[:, place]
    return value


def _digits(letters: npt.NDArray[np.uint8]) -> Places:
    digits = letters - np.uint8(ord("0"))
    digits[digits > 9] = 255
    last = letters[:, -1]
    digits[(last == ord("X")) | (last == ord("x")), -1] = 10
    return digits


def _lengthened(old: Places) -> Places:
    century = np.tile(np.array([1, 9], np.uint8), (len(old), 1))
    body = np.hstack([old[:, :6], century, old[:, 6:]])
    return np.hstack([body, _CHECK[(body @ _WEIGHTS) % 11][:, None].astype(np.uint8)])


def _kinds(places: Places) -> npt.NDArray[np.uint8]:
    whole = places.max(axis=1, initial=0) != 255
    kind = np.full(len(places), KINDS["none"], np.uint8)
    kind[places.min(axis=1, initial=255) != 255] = KINDS["masked"]
    kind[whole] = KINDS["invalid"]
    full = places[whole]
    sums = (full[:, :17].astype(np.float32) @ _WEIGHTS.astype(np.float32)).astype(np.int16)
    right = _CHECK[sums % 11] == full[:, 17]
    month, day = full[:, 10] * np.uint8(10) + full[:, 11], full[:, 12] * np.uint8(10) + full[:, 13]
    dated = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    kind[np.flatnonzero(whole)[right & dated]] = KINDS["full"]
    return kind

"""Resident IDs (GB 11643) as two integers of nine places, four bits a place, with masks of the places shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.dummies import dummy_ids
from matchers.encoding.numbers import rows_to_read
from matchers.encoding.personal import plain_id
from matchers.encoding.strings import Strings, matrix, strings, strings_of
from matchers.encoding.swar import digits, nibbles, number, u64, weighed
from schemas.people import dummies

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2], np.uint8)
_MOST = 10 * sum(_WEIGHTS) + 1
_CHECK_OF_SUM = _CHECK[np.arange(_MOST) % 11]
_MONTHS = np.isin(np.arange(256), [month // 10 | month % 10 << 4 for month in range(1, 13)])
_DAYS = np.isin(np.arange(256), [day // 10 | day % 10 << 4 for day in range(1, 32)])
_DAYS_OF_MONTH = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0], np.uint64)
_WHOLE = u64(0x0101010101010101)
_NINE_PLACES = u64((1 << 36) - 1)
KINDS = {"none": 0, "full": 1, "masked": 2, "invalid": 3}
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class EncodedIds:
    """One entry per row. `birth` is yyyymmdd where all its digits show and the ID is not invalid, else 0."""

    head: Words
    head_mask: Words
    tail: Words
    tail_mask: Words
    kind: npt.NDArray[np.uint8]
    birth: npt.NDArray[np.int32]
    male: npt.NDArray[np.int8]


@dataclass(frozen=True)
class _Places:
    """Eighteen places in three words of bytes, eight, eight and two: digits (10 for X), and 1 where one is shown."""

    values: tuple[Words, Words, Words]
    unmasked: tuple[Words, Words, Words]


def encode_ids(column: pa.Array | pa.ChunkedArray) -> EncodedIds:
    """Encode a column of 18-place IDs with `*` for hidden places; 15-place IDs gain `19` and their check digit.

    What is made up shows nothing: one digit over and over, digits counted up or down, a mask around a birth date that
    cannot be, a tail of four zeros (unknown digits). Three zeros are what Excel makes of three digits: hidden. Where
    the check digit fails, or a whole ID shows a birth date that cannot be, it may be a typing error: kind
    `invalid`, which agrees with nothing.
    """
    places = _read_places(strings(column))
    unknown = _ending_in_zeros(places, 4)
    for word in places.unmasked:
        word[unknown] = 0
    second = nibbles(places.values[1])
    kind = _kinds(places, second)
    rounded = (kind == KINDS["invalid"]) & _ending_in_zeros(places, 3)
    places.unmasked[1][rounded] &= u64((1 << 56) - 1)
    places.unmasked[2][rounded] = 0
    kind[rounded] = KINDS["masked"]
    head, tail = _halved(nibbles(places.values[0]), second, nibbles(places.values[2]))
    masks = _halved(*(nibbles(word) * u64(15) for word in places.unmasked))
    birth = number((places.values[0] >> u64(48)) | (places.values[1] << u64(16)))
    _judge(places, kind, birth, (head, masks[0], tail, masks[1]))
    usable = (kind == KINDS["full"]) | (kind == KINDS["masked"])
    dated = (
        usable
        & (places.unmasked[0] >> u64(48) == 0x0101)
        & (places.unmasked[1] & u64(0xFFFFFFFFFFFF) == 0x010101010101)
    )
    sexed = usable & (places.unmasked[2] & u64(1) == 1)
    male = np.where(sexed, (places.values[2] & u64(1)).astype(np.int8), np.int8(-1))
    return EncodedIds(head, masks[0], tail, masks[1], kind, np.where(dated, birth, u64(0)).astype(np.int32), male)


def _ending_in_zeros(places: _Places, count: int) -> npt.NDArray[np.bool_]:
    """Rows whose last three or four places are zeros."""
    above = u64(64 - 8 * (count - 2))
    zeros = (places.values[1] >> above == 0) & (places.values[2] & u64(0xFFFF) == 0)
    shown = (places.unmasked[1] >> above == _WHOLE >> above) & (places.unmasked[2] & u64(0xFFFF) == 0x0101)
    return np.asarray(zeros & shown, np.bool_)


def _judge(places: _Places, kind: npt.NDArray[np.uint8], birth: Words, halves: tuple[Words, ...]) -> None:
    """Set the kind of IDs that nobody bears, and hide what made-up ones show."""
    dated = (places.unmasked[0] >> u64(48) == 0x0101) & (places.unmasked[1] & u64(0xFFFFFFFFFFFF) == 0x010101010101)
    wrong = dated & _no_birth(birth)
    kind[wrong & (kind == KINDS["full"])] = KINDS["invalid"]
    head, head_mask, tail, tail_mask = halves
    invalid = np.flatnonzero(kind == KINDS["invalid"])
    made_up = np.concatenate(
        [np.flatnonzero(wrong & (kind == KINDS["masked"])), invalid[dummy_ids(head, tail, invalid)]]
    )
    kind[made_up] = KINDS["none"]
    for shown in (head_mask, tail_mask, *places.unmasked):
        shown[made_up] = 0


def _no_birth(birth: Words) -> npt.NDArray[np.bool_]:
    """Which numbers yyyymmdd are no day on which somebody alive can have been born."""
    facts = dummies()
    year, month, day = birth // u64(10000), birth // u64(100) % u64(100), birth % u64(100)
    leap = (year % u64(4) == 0) & ((year % u64(100) != 0) | (year % u64(400) == 0))
    days = _DAYS_OF_MONTH[np.minimum(month, u64(13))] + ((month == 2) & leap)
    return np.asarray(
        (year < facts.first_birth_year) | (year > facts.last_birth_year) | (day < 1) | (day > days), np.bool_
    )


def _halved(first: Words, second: Words, last: Words) -> tuple[Words, Words]:
    """Nibbles of eight, eight and two places as two halves of nine."""
    return (first | (second << u64(32))) & _NINE_PLACES, (second >> u64(4)) | (last << u64(28))


def _read_places(parts: Strings) -> _Places:
    """What is not 18 places of digits, stars and X is read number by number: separators, full width, other crosses."""
    found = _places(parts)
    whole = (found.unmasked[0] & found.unmasked[1] == _WHOLE) & (found.unmasked[2] == 0x0101)
    others = rows_to_read(parts, whole, 18)
    if len(others):
        again = _places(strings_of([plain_id(text) for text in parts.texts(others)]))
        for before, after in zip((*found.values, *found.unmasked), (*again.values, *again.unmasked), strict=True):
            before[others] = after
    return found


def _places(parts: Strings) -> _Places:
    fits = parts.lengths == 18
    words = [np.where(fits, parts.raw_words(at), u64(0)) for at in (0, 8, 16)]
    read = [digits(word) for word in words]
    last = (words[2] >> u64(8)) & u64(255)
    ten = (last == ord("X")) | (last == ord("x"))
    values = (read[0][0], read[1][0], read[2][0] & u64(0xFFFF) | np.where(ten, u64(10 << 8), u64(0)))
    shown = (read[0][1], read[1][1], read[2][1] & u64(0x0101) | np.where(ten, u64(1 << 8), u64(0)))
    for row, old in _fifteen_places(parts):
        for word, (at, size) in enumerate(((0, 8), (8, 8), (16, 2))):
            values[word][row] = int.from_bytes(bytes(old[at : at + size]), "little")
            shown[word][row] = 0x0101 if size == 2 else _WHOLE
    return _Places(values, shown)


def _fifteen_places(parts: Strings) -> list[tuple[int, npt.NDArray[np.uint8]]]:
    """Rows of 15 digits, lengthened to 18: the century put in, the check digit computed."""
    rows = np.flatnonzero(parts.lengths == 15)
    old = matrix(parts, rows, 15) - np.uint8(ord("0"))
    whole = (old <= 9).all(axis=1)
    body = np.insert(old[whole], 6, [[1], [9]], axis=1)
    check = _CHECK[(body.astype(np.int64) @ np.array(_WEIGHTS)) % 11]
    longer = np.hstack([body, check[:, None].astype(np.uint8)])
    return list(zip(rows[whole].tolist(), longer, strict=True))


def _kinds(places: _Places, second: Words) -> npt.NDArray[np.uint8]:
    """`second`: places 9 to 16 as nibbles, month and day among them."""
    shown = places.unmasked
    kind = np.where(shown[0] | shown[1] | shown[2] == 0, np.uint8(KINDS["none"]), np.uint8(KINDS["masked"]))
    whole = np.flatnonzero((shown[0] & shown[1] == _WHOLE) & (shown[2] == 0x0101))
    a, b, c = (word[whole] for word in places.values)
    sums = weighed(a, _WEIGHTS[:8]) + weighed(b, _WEIGHTS[8:16]) + (c & u64(15)) * u64(_WEIGHTS[16])
    right = _CHECK_OF_SUM[sums] == (c >> u64(8)).astype(np.uint8)
    date = (second[whole] >> u64(8)).astype(np.uint16)
    right &= _MONTHS[date & 255] & _DAYS[date >> 8]
    kind[whole] = np.where(right, np.uint8(KINDS["full"]), np.uint8(KINDS["invalid"]))
    return kind

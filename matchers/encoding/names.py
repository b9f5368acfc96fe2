"""Chinese names as integers of four 16-bit lanes: as written, simplified, by sound, by folded sound, given name sorted.

Names of two to four common characters go through whole-column arithmetic; what is left (masks, placeholders, long or
Latin names) goes name by name through `matchers.names`, and its keys are 64-bit digests.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.strings import Bytes, Rows, rows_of_length, string_parts
from matchers.names import compare_name, compound_surnames, fold_sound, reading, simplify, surname_readings

Lanes = npt.NDArray[np.uint32]
Packed = npt.NDArray[np.uint64]

KINDS = {None: 0, "full": 1, "masked": 2, "placeholder": 3}
PLANE = 0x10000
_LENGTHS = {6: 2, 9: 3, 12: 4}


@dataclass(frozen=True)
class Characters:
    """Per code point of the basic plane: its simplified form, the number of its reading and of its folded reading."""

    simple: npt.NDArray[np.uint32]
    sound: npt.NDArray[np.uint32]
    fold: npt.NDArray[np.uint32]


@cache
def _sound_number(sound: str) -> int:
    """A number per syllable, the same in every process: 16 bits of its digest."""
    return int.from_bytes(hashlib.blake2b(sound.encode(), digest_size=2).digest(), "little") | 1


def characters(present: npt.NDArray[np.int64]) -> Characters:
    """The tables, filled for the code points at hand."""
    tables = Characters(*(np.zeros(PLANE, np.uint32) for _ in range(3)))
    letters = [chr(code) for code in present]
    for code, simple in zip(present, simplify(letters), strict=True):
        form = simple if len(simple) == 1 and ord(simple) < PLANE else chr(code)
        tables.simple[code] = ord(form)
        tables.sound[code] = _sound_number(reading(form))
        tables.fold[code] = _sound_number(fold_sound(reading(form)))
    return tables


def _code_points(letters: Bytes) -> Lanes:
    """Rows of three-byte UTF-8 characters as code points."""
    triples = letters.reshape(len(letters), letters.shape[1] // 3, 3).astype(np.uint32)
    points = (triples[..., 0] & 15) << 12 | (triples[..., 1] & 63) << 6 | (triples[..., 2] & 63)
    plain = (triples[..., 0] & 0xF0) == 0xE0
    points[~plain] = 0
    return points.astype(np.uint32)


def _pack(lanes: Lanes) -> Packed:
    """Up to four 16-bit lanes in one integer, the first in the lowest bits."""
    wide = np.zeros((len(lanes), 4), "<u2")
    wide[:, : lanes.shape[1]] = lanes
    return wide.view("<u8").reshape(-1)


def _digest(text: str | None) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") if text else 0


@dataclass(frozen=True)
class EncodedNames:
    """One entry per row; 0 where there is none. `like` only where characters are hidden."""

    raw: Packed
    key: Packed
    sound: Packed
    fold: Packed
    swap: Packed
    head: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint8]
    kind: npt.NDArray[np.uint8]
    like: pa.Array


def encode_names(column: pa.ChunkedArray) -> EncodedNames:
    """Encode a whole column of names."""
    letters, starts, lengths = string_parts(column)
    size = len(lengths)
    packed = {name: np.zeros(size, np.uint64) for name in ("raw", "key", "sound", "fold", "swap")}
    head, length, kind = np.zeros(size, np.uint32), np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    groups = []
    for width in _LENGTHS:
        rows, found = rows_of_length(letters, starts, lengths, width)
        points = _code_points(found)
        common = ((points >= 0x3400) & (points <= 0x9FFF)).all(axis=1)
        groups.append((rows[common], points[common]))
    tables = characters(np.flatnonzero(sum(np.bincount(points.ravel(), minlength=PLANE) for _, points in groups)))
    for rows, points in groups:
        simple = tables.simple[points]
        sound, fold = tables.sound[simple], tables.fold[simple]
        _read_surnames(simple, sound, fold)
        packed["raw"][rows], packed["key"][rows] = _pack(points), _pack(simple)
        packed["sound"][rows], packed["fold"][rows] = _pack(sound), _pack(fold)
        if points.shape[1] > 2:
            packed["swap"][rows] = _pack(np.hstack([simple[:, :1], np.sort(simple[:, 1:], axis=1)]))
        head[rows], length[rows], kind[rows] = simple[:, 0], points.shape[1], KINDS["full"]
    like = _encode_others(column, np.flatnonzero((kind == 0) & (lengths > 0)), packed, head, length, kind)
    return EncodedNames(head=head, length=length, kind=kind, like=like, **packed)


def _read_surnames(simple: Lanes, sound: Lanes, fold: Lanes) -> None:
    """Put surname readings in place of the usual ones at the front of each name."""
    readings = surname_readings()
    first = simple[:, 0]
    compound = np.zeros(len(simple), bool)
    opens = np.zeros(PLANE, bool)
    opens[[ord(surname[0]) for surname in compound_surnames()]] = True
    maybe = np.flatnonzero(opens[first])
    for surname in compound_surnames():
        compound[maybe] |= (first[maybe] == ord(surname[0])) & (simple[maybe, 1] == ord(surname[1]))
    special = np.zeros(PLANE, np.uint32)
    special_fold = np.zeros(PLANE, np.uint32)
    for surname, syllables in readings.items():
        if len(surname) == 1:
            special[ord(surname)] = _sound_number(syllables)
            special_fold[ord(surname)] = _sound_number(fold_sound(syllables))
            continue
        rows = np.flatnonzero(compound & (first == ord(surname[0])) & (simple[:, 1] == ord(surname[1])))
        for place, syllable in enumerate(syllables.split(" ")):
            sound[rows, place] = _sound_number(syllable)
            fold[rows, place] = _sound_number(fold_sound(syllable))
    rows = np.flatnonzero((special[first] != 0) & ~compound)
    sound[rows, 0], fold[rows, 0] = special[first[rows]], special_fold[first[rows]]


def _encode_others(
    column: pa.ChunkedArray,
    rows: Rows,
    packed: dict[str, Packed],
    head: npt.NDArray[np.uint32],
    length: npt.NDArray[np.uint8],
    kind: npt.NDArray[np.uint8],
) -> pa.Array:
    """Names outside the common form, one distinct name at a time; gives the LIKE patterns of the column."""
    likes: list[str | None] = [None] * len(kind)
    texts = column.take(pa.array(rows)).to_pylist()
    known = {text: compare_name(text) for text in set(texts)}
    for row, text in zip(rows.tolist(), texts, strict=True):
        name = known[text]
        kind[row] = KINDS[name.name_kind]
        head[row] = ord(name.name_head[0]) & 0xFFFF if name.name_head else 0
        likes[row] = name.name_like
        if name.name_kind == "full":
            length[row] = 255
            for form, value in (
                ("raw", text),
                ("key", name.name_key),
                ("sound", name.name_sound),
                ("fold", name.name_fold),
            ):
                packed[form][row] = _digest(value)
    return pa.array(likes, pa.string())

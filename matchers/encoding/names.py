"""Chinese names as integers of four 16-bit lanes: simplified, by sound, by folded sound, given name sorted.

Names of two to four common characters go through whole-column arithmetic; what is left (masks, placeholders, long or
Latin names) goes name by name through `matchers.encoding.compared_names`, and its keys are 64-bit digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.readings import readings, simplified
from matchers.encoding.strings import Rows, Strings, Words, digests, strings, strings_of
from matchers.encoding.surnames import fold_sound, surname_table
from matchers.encoding.swar import u64
from schemas.placeholders import means_nothing, placeholder_words

KINDS = {None: 0, "full": 1, "masked": 2, "placeholder": 3}
PLANE = 0x10000
_FIRST, _LAST = 0x3400, 0x9FFF
_OWN_SOUND = 1024
_LANE = u64(0xFFFF)
_OPENS, _READ = 1, 2
OTHER_LENGTH = 255
_ONE_MAKES_IT = Lock()
_TITLES = ("师傅", "先生", "女士", "小姐", "同志", "老师")


@dataclass(frozen=True)
class Sounds:
    """Numbers of syllables and of folded syllables, the same wherever the shipped readings are."""

    plain: dict[str, int]
    folded: dict[str, int]

    def fold(self, syllable: str) -> int:
        """The number of a syllable once folded."""
        return self.folded[fold_sound(syllable)]


@dataclass(frozen=True)
class Characters:
    """Per code point one word: simplified form, sound, folded sound, and on top its part in surnames."""

    words: Words
    sounds: Sounds


def characters() -> Characters:
    """The table of the basic plane, from the shipped readings; characters without a reading sound like themselves."""
    with _ONE_MAKES_IT:
        return _character_table()


@cache
def _character_table() -> Characters:
    body = readings()
    syllables = body.letters
    folds = sorted({fold_sound(syllable) for syllable in syllables})
    sounds = Sounds({one: n for n, one in enumerate(sorted(syllables), 1)}, {one: n for n, one in enumerate(folds, 1)})
    simple = np.arange(PLANE, dtype=np.uint64)
    simple[_codes(body.traditional)] = _codes(body.simplified)
    own = (np.arange(PLANE, dtype=np.uint64) % u64(PLANE - _OWN_SOUND)) + u64(_OWN_SOUND)
    sound, fold = own.copy(), own.copy()
    for syllable, letters in syllables.items():
        codes = _codes(letters)
        codes = codes[codes < PLANE]
        sound[codes], fold[codes] = sounds.plain[syllable], sounds.fold(syllable)
    surnames = surname_table()
    flags = np.zeros(PLANE, np.uint64)
    flags[[ord(name) for name in surnames.readings if len(name) == 1]] |= u64(_READ)
    flags[[ord(name[0]) for name in surnames.compound]] |= u64(_OPENS)
    words = simple | sound[simple] << u64(16) | fold[simple] << u64(32) | flags[simple] << u64(48)
    words[:_FIRST] = words[_LAST + 1 :] = 0
    return Characters(words, sounds)


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


@dataclass(frozen=True)
class EncodedNames:
    """One entry per row; 0 where there is none, or where characters are hidden."""

    key: Words
    sound: Words
    fold: Words
    swap: Words
    head: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint8]
    kind: npt.NDArray[np.uint8]


def encode_names(column: pa.Array | pa.ChunkedArray) -> EncodedNames:
    """Encode a whole column of names."""
    parts = strings(column)
    names = common_names(parts)
    others = np.flatnonzero((names.kind == 0) & (parts.lengths > 0))
    return _with_others(names, parts, others) if len(others) else names


def common_names(parts: Strings) -> EncodedNames:
    """Names of two to four common characters; of all others the kind is 0."""
    names = _encode_common(parts)
    names.kind[_of_nothing(names.key)] = 0
    return names


@cache
def _keys_of_nothing() -> tuple[Words, npt.NDArray[np.bool_]]:
    """Keys of the words for nothing that look like names (暂无), and which places of a small table they fall into."""
    keys = _encode_common(strings_of(sorted(placeholder_words().nothing))).key
    table = np.zeros(1 << 16, bool)
    table[_place(keys)] = True
    return keys[keys != 0], table


def _of_nothing(keys: Words) -> Rows:
    known, table = _keys_of_nothing()
    near = np.flatnonzero(table[_place(keys)] & (keys != 0))
    return near[np.isin(keys[near], known)]


def _place(keys: Words) -> Words:
    return np.asarray((keys ^ keys >> u64(13)) & _LANE, np.uint64)


def _encode_common(parts: Strings) -> EncodedNames:
    """Rows of two to four common characters; all others are left at 0."""
    found = characters().words
    common = ~_titled(parts)
    lanes = []
    for bytes_, size in zip(_characters(parts), (6, 6, 9, 12), strict=True):
        lane = found[_code_points(bytes_)]
        lane[parts.lengths < size] = 0
        common &= (lane != 0) | (parts.lengths < size)
        lanes.append(lane)
    common &= (parts.lengths == 6) | (parts.lengths == 9) | (parts.lengths == 12)
    for lane in lanes:
        lane[~common] = 0
    _read_surnames(lanes)
    length = np.where(common, (parts.lengths // 3).astype(np.uint8), np.uint8(0))
    return EncodedNames(
        key=_joined(lanes, 0), sound=_joined(lanes, 16), fold=_joined(lanes, 32), swap=_swapped(lanes),
        head=(lanes[0] & _LANE).astype(np.uint32), length=length, kind=common.astype(np.uint8),
    )  # fmt: skip


def _titled(parts: Strings) -> npt.NDArray[np.bool_]:
    """Rows that end in a form of address and so hide the given name."""
    last = parts.last_words() >> u64(16)
    found = np.zeros(len(last), bool)
    for title in _TITLES:
        found |= last == u64(int.from_bytes(title.encode(), "little"))
    return found & (parts.lengths >= 9)


def _characters(parts: Strings) -> list[Words]:
    """The first four three-byte characters of every row, in the lower 24 bits."""
    first, second = parts.raw_words(0), parts.raw_words(6)
    return [first, first >> u64(24), second, second >> u64(24)]


def _code_points(bytes_: Words) -> Words:
    """Code points of three-byte characters; 0 where the bytes are none."""
    points = (bytes_ & u64(15)) << u64(12) | (bytes_ >> u64(2)) & u64(0xFC0) | (bytes_ >> u64(16)) & u64(63)
    points[bytes_ & u64(0xC0C0F0) != u64(0x8080E0)] = 0
    return np.asarray(points, np.uint64)


def _joined(lanes: list[Words], shift: int) -> Words:
    """One 16-bit part of each lane side by side, the first in the lowest bits."""
    total: Words = np.zeros(len(lanes[0]), np.uint64)
    for place, lane in enumerate(lanes):
        total |= ((lane >> u64(shift)) & _LANE) << u64(16 * place)
    return total


def _swapped(lanes: list[Words]) -> Words:
    """The simplified name with its given name's characters sorted; 0 for names of two characters."""
    first, *given = (lane & _LANE for lane in lanes)
    long = np.flatnonzero(given[2])
    low, high = np.minimum(given[0], given[1]), np.maximum(given[0], given[1])
    swap = first | low << u64(16) | high << u64(32)
    swap[given[1] == 0] = 0
    if len(long):
        three = np.sort(np.stack([lane[long] for lane in given]), axis=0)
        swap[long] = first[long] | three[0] << u64(16) | three[1] << u64(32) | three[2] << u64(48)
    return np.asarray(swap, np.uint64)


def _read_surnames(lanes: list[Words]) -> None:
    """Put surname readings in place of the usual ones at the front of each name."""
    flags = lanes[0] >> u64(48)
    special = np.flatnonzero(flags)
    if not len(special):
        return
    surnames, sounds = surname_table(), characters().sounds
    first, second = lanes[0][special] & _LANE, lanes[1][special] & _LANE
    compound = np.zeros(len(special), bool)
    for name in surnames.compound:
        rows = (first == ord(name[0])) & (second == ord(name[1]))
        compound |= rows
        if name in surnames.readings:
            for lane, syllable in zip(lanes, surnames.readings[name].split(" "), strict=False):
                _read(lane, special[rows], syllable, sounds)
    for name, syllable in surnames.readings.items():
        if len(name) == 1:
            _read(lanes[0], special[(first == ord(name)) & ~compound], syllable, sounds)


def _read(lane: Words, rows: Rows, syllable: str, sounds: Sounds) -> None:
    lane[rows] = (lane[rows] & _LANE) | u64(sounds.plain[syllable] << 16 | sounds.fold(syllable) << 32)


def _with_others(names: EncodedNames, parts: Strings, rows: Rows) -> EncodedNames:
    """Names outside the common form put in, one distinct name at a time; once tidied many are of the common form."""
    from matchers.encoding.compared_names import compared_name

    texts = parts.texts(rows)
    known = {text: compared_name(text, "" if means_nothing(text) else simplified(text)) for text in set(texts)}
    compared = [known[text] for text in texts]
    full = np.array([name.name_kind == "full" for name in compared])
    tidy = _encode_common(strings_of([name.name_key if name.name_kind == "full" else None for name in compared]))
    names.kind[rows] = [KINDS[name.name_kind] for name in compared]
    names.head[rows] = [ord(name.name_head[0]) & 0xFFFF if name.name_head else 0 for name in compared]
    names.length[rows] = np.where(tidy.kind == 1, tidy.length, np.where(full, OTHER_LENGTH, 0))
    names.swap[rows] = tidy.swap
    for form, given in (("key", "name_key"), ("sound", "name_sound"), ("fold", "name_fold")):
        written = digests(strings_of([getattr(name, given) for name in compared]))
        getattr(names, form)[rows] = np.where(tidy.kind == 1, getattr(tidy, form), np.where(full, written, u64(0)))
    return names

"""Names of Chinese people that may be masked, cut or misread: levels by character, sound and mask."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matchers.encoding.cells import (
    encode_chinese_names,
    encode_common_names,
)
from matchers.kinds.comparing import Bools, PairRows, everything
from matchers.kinds.plain import Kind

Words = npt.NDArray[np.uint64]
_FULL, _MASKED, _PLACEHOLDER = 1, 2, 3


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
    """A mask of the pairs in which one name fits the other's mask; only where either has masked characters."""
    return np.asarray(rows.derived("fits_mask", lambda: _fitting(rows)), np.bool_)


def _fitting(rows: PairRows) -> Bools:
    fits = np.zeros(len(rows), bool)
    places = np.flatnonzero((rows.left("kind") > _FULL) | (rows.right("kind") > _FULL))
    if len(places):
        some = rows.where(places)
        cells = zip(some.left("like"), some.right("like"), _texts(some, 0), _texts(some, 1), strict=True)
        fits[places] = [
            _pattern(pattern).fullmatch(right) is not None if pattern is not None
            else other_pattern is not None and _pattern(other_pattern).fullmatch(left) is not None
            for pattern, other_pattern, left, right in cells
        ]  # fmt: skip
    return fits


@lru_cache(maxsize=1 << 14)
def _pattern(like: str) -> re.Pattern[str]:
    """`%` is any characters, `_` is one."""
    return re.compile("".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in like), re.DOTALL)


def _texts(rows: PairRows, side: int) -> list[str]:
    """The simplified names: as the row has them, or decoded from their key."""
    form = rows.right if side else rows.left
    return [
        text if text is not None else _spelt(key) for text, key in zip(form("text"), form("key").tolist(), strict=True)
    ]


def _spelt(key: int) -> str:
    return key.to_bytes(8, "little").decode("utf-16-le").rstrip("\0")


def _differ_by_a_character(rows: PairRows) -> Bools:
    differs = np.zeros(len(rows), bool)
    places = np.flatnonzero(rows.both("kind", _FULL) & rows.same("head"))
    if len(places):
        some = rows.where(places)
        differs[places] = [
            len(left) == len(right)
            and 3 <= len(left) <= 6
            and sum(a != b for a, b in zip(left, right, strict=True)) == 1
            for left, right in zip(_texts(some, 0), _texts(some, 1), strict=True)
        ]
    return differs


def _head_agreed(rows: PairRows) -> Words:
    return np.asarray(np.where(rows.left("head") != 0, rows.left("head"), rows.right("head")), np.uint64)


CHINESE_NAMES = Kind(
    encode=encode_chinese_names,
    encode_plain=encode_common_names,
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
        "one_character": _differ_by_a_character,
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

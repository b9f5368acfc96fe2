"""Words for nothing and for "as above", and dates of empty cells: one list for every package (placeholders.toml)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

_BLANKS = re.compile(r"\s+")
_AROUND = (
    ("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("【", "】"), ("〔", "〕"), ("《", "》"), ("「", "」"), ("“", "”"),
    ("‘", "’"), ('"', '"'), ("'", "'"),
)  # fmt: skip


@cache
def placeholders() -> dict[str, Any]:
    """The body of placeholders.toml."""
    return tomllib.loads((resources.files("schemas") / "placeholders.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Words:
    """Words as they are compared: those for nothing, for the cell above or on the left, for no person."""

    nothing: frozenset[str]
    above: frozenset[str]
    left: frozenset[str]
    not_people: frozenset[str]


@cache
def placeholder_words() -> Words:
    """The shipped words."""
    body = placeholders()
    lists = (body["nothing"]["words"], body["same"]["above"], body["same"]["left"], body["not_people"]["words"])
    return Words(*(frozenset(map(_plain, words)) for words in lists))


@cache
def longest_word() -> int:
    """Characters of the longest of the words, brackets around it included."""
    words = placeholder_words()
    return max(map(len, words.nothing | words.above | words.left)) + 4


@cache
def first_signs() -> frozenset[str]:
    """Signs that a cell saying "as above" or "as on the left" can begin with, brackets and blanks included."""
    words = {word for kind in ("above", "left") for word in placeholders()["same"][kind]}
    words |= placeholder_words().above | placeholder_words().left
    signs = {word[0] for word in words} | {sign for pair in _AROUND for sign in pair} | set(" \t\u3000\xa0（［｛＜＂＇")
    return frozenset(
        signs | {sign.lower() for sign in signs} | {chr(ord(sign) + 0xFEE0) for sign in signs if sign.isascii()}
    )


def _plain(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=1 << 14)
def means_nothing(text: str) -> bool:
    """Whether a whole cell is a word for nothing: `（null）`, `ＮａＮ`, `暂 无`, `#REF!`. Blank text is nothing too."""
    return _is_one_of(text, placeholder_words().nothing)


@lru_cache(maxsize=1 << 12)
def means_above(text: str) -> bool:
    """Whether a whole cell says that its value is the one above: 同上, 〃."""
    return bool(text.strip()) and _is_one_of(text, placeholder_words().above)


@lru_cache(maxsize=1 << 12)
def means_left(text: str) -> bool:
    """Whether a whole cell says that its value is the one on its left: 同左."""
    return bool(text.strip()) and _is_one_of(text, placeholder_words().left)


@lru_cache(maxsize=1 << 12)
def means_no_person(text: str) -> bool:
    """Whether a whole name cell is the label of a sum or of a column: 合计, 汇总, 甲."""
    return bool(text.strip()) and _is_one_of(text.rstrip(":： "), placeholder_words().not_people)


def _is_one_of(text: str, words: frozenset[str]) -> bool:
    plain = _plain(text)
    while plain:
        if plain in words:
            return True
        inner = next((plain[1:-1] for a, b in _AROUND if plain[0] == a and plain[-1] == b and len(plain) > 1), None)
        if inner is None:
            return False
        plain = inner
    return True

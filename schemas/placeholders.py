"""Words for nothing and for "as above", and dates of empty cells: one list for every package (placeholders.toml)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import product
from typing import Any

_BLANKS = re.compile(r"\s+")
_AROUND = (
    ("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("【", "】"), ("〔", "〕"), ("《", "》"), ("「", "」"), ("“", "”"),
    ("‘", "’"), ('"', '"'), ("'", "'"),
)  # fmt: skip
_CLOSING = dict(_AROUND)


@cache
def placeholders() -> dict[str, Any]:
    """The body of placeholders.toml."""
    return tomllib.loads((resources.files("schemas") / "placeholders.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Words:
    """Words as they are compared: those for nothing, for the cell above or on the left, for no person.

    `labels` are those for no person after which more may follow.
    """

    nothing: frozenset[str]
    above: frozenset[str]
    left: frozenset[str]
    not_people: frozenset[str]
    labels: frozenset[str]


@cache
def placeholder_words() -> Words:
    """The shipped words."""
    body, same = placeholders(), placeholders()["same"]
    nobody = body["not_people"]
    made = ["".join(parts) for parts in product(nobody["done"], nobody["by"], nobody["signed"])]
    labels = [*nobody["sums"], *nobody["labels"], *made]
    lists = (body["nothing"]["words"], same["above"], same["left"], [*nobody["words"], *labels], labels)
    return Words(*(frozenset(map(_plain, words)) for words in lists))


@cache
def longest_word() -> int:
    """Characters of the longest of the words, brackets, blanks and dots around it included."""
    words = placeholder_words()
    return max(map(len, words.nothing | words.above | words.left)) + 8


@cache
def first_signs() -> frozenset[str]:
    """Signs that a cell saying "as above" or "as on the left" can begin with, brackets and blanks included."""
    words = {word for kind in ("above", "left") for word in placeholders()["same"][kind]}
    words |= placeholder_words().above | placeholder_words().left
    signs = {word[0] for word in words} | {sign for pair in _AROUND for sign in pair} | set(" \t\u3000\xa0（［｛＜＂＇")
    signs |= set(placeholders()["same"]["around"])
    return frozenset(
        signs | {sign.lower() for sign in signs} | {chr(ord(sign) + 0xFEE0) for sign in signs if sign.isascii()}
    )


def _plain(text: str) -> str:
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=1 << 14)
def means_nothing(text: str) -> bool:
    """Whether a whole cell is a word for nothing: `（null）`, `ＮａＮ`, `暂 无`, `#REF!`; blanks and `———` are, too."""
    plain = _plain(text)
    return not plain.strip(placeholders()["nothing"]["signs"]) or _is_one_of(plain, placeholder_words().nothing)


@lru_cache(maxsize=1 << 12)
def means_above(text: str) -> bool:
    """Whether a whole cell says that its value is the one above: 同上, 〃, `（同上）。`, 〃〃."""
    return _is_same(text, placeholder_words().above, placeholders()["same"]["marks"])


@lru_cache(maxsize=1 << 12)
def means_left(text: str) -> bool:
    """Whether a whole cell says that its value is the one on its left: 同左."""
    return _is_same(text, placeholder_words().left, "←")


@cache
def _around_same() -> str:
    """Signs that say nothing around a word for "as above" or "as on the left"."""
    return _plain(placeholders()["same"]["around"]) + "".join(map("".join, _AROUND))


def _is_same(text: str, words: frozenset[str], marks: str) -> bool:
    """One of the words, or a mark repeated, with dots and brackets around it."""
    plain = _plain(text)
    bare, marks = plain.strip(_around_same()), _plain(marks) + marks
    return bool(plain) and (
        plain in words or bare in words or not plain.strip(marks) or (bool(bare) and not bare.strip(marks))
    )


@lru_cache(maxsize=1 << 8)
def alike(left_header: str, header: str) -> bool:
    """Whether two headers name one kind of value (two phones, two addresses, two dates), so that 同左 makes sense."""
    kinds = placeholders()["same"]["alike"].values()
    one, other = _plain(left_header), _plain(header)
    return any(any(word in one for word in words) and any(word in other for word in words) for words in kinds)


_FOLLOWED = re.compile(r"[:(\[【,、/]|[0-9]")


@lru_cache(maxsize=1 << 12)
def means_no_person(text: str) -> bool:
    """Whether a whole name cell is the label of a sum, a column or a signature: 合计, 甲, 制表人：李四, 全区小计."""
    plain = _plain(text).rstrip(":")
    words, data = placeholder_words(), placeholders()["not_people"]
    if _is_one_of(plain, words.not_people):
        return True
    head = _FOLLOWED.split(plain.strip("()[]【】"), maxsplit=1)[0]
    endings = tuple(data["endings"])
    return any(
        entry in words.labels or (entry.endswith(endings) and len(entry) >= data["least_before_ending"] + 2)
        for entry in {head, plain}
    )


def _is_one_of(plain: str, words: frozenset[str]) -> bool:
    """Whether a plain text is one of the words, brackets and quotes around it left out; an empty pair of them is."""
    while plain:
        if plain in words:
            return True
        if len(plain) == 1 or _CLOSING.get(plain[0]) != plain[-1]:
            return False
        plain = plain[1:-1]
    return True

"""One row per distinct name: how it is compared (simplified form, sound, folded sound, mask as a pattern).

Readings are per character, the same everywhere, so that equal characters always sound equal; surnames have their own.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pyarrow as pa
from opencc import OpenCC
from pypinyin import Style, pinyin

_DROPPED = re.compile(r"[·•．‧・.。﹒∙⋅\s\u200b-\u200f\u2060\ufeff\u00ad%_]+")
_MASK = re.compile(r"[*＊]+")
_TITLES = re.compile(r"(师傅|先生|女士|小姐|同志|老师)$")
_PLACEHOLDER = re.compile(
    r"[?？□■○〓\ufffd\ue000-\uf8ff]|[A-Za-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+|[(（][^)）]*[)）]|[\u2ff0-\u2fff].*"
)
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")

NAME_COLUMNS = ("name", "name_key", "name_sound", "name_fold", "name_swap", "name_like", "name_head", "name_kind")


@dataclass(frozen=True)
class ComparedName:
    """How one name is compared. `name_like` is a LIKE pattern where characters are hidden, else null.

    kind: full | masked (somebody hid characters) | placeholder (a machine could not write them).
    """

    name: str
    name_key: str | None
    name_sound: str | None
    name_fold: str | None
    name_swap: str | None
    name_like: str | None
    name_head: str | None
    name_kind: str | None


@cache
def _surnames() -> tuple[frozenset[str], dict[str, str]]:
    body = tomllib.loads((resources.files("matchers") / "surnames.toml").read_text("utf-8"))
    return frozenset(body["compound"]), dict(body["readings"])


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def simplify(names: Sequence[str]) -> list[str]:
    """NFKC, blanks and middle dots dropped, traditional characters to simplified, Latin letters raised; same length."""
    plain = [_DROPPED.sub("", unicodedata.normalize("NFKC", name)) for name in names]
    return str(_converter().convert("\n".join(plain))).upper().split("\n") if plain else []


def tidy_name(name: str) -> str:
    """Without blanks and middle dots; a title behind a surname is a mask: 张师傅 -> 张*."""
    plain = _MASK.sub("*", _DROPPED.sub("", unicodedata.normalize("NFKC", name)))
    return _untitled(plain)


def _untitled(name: str) -> str:
    if len(name) in (3, 4) and _TITLES.search(name) and len(_TITLES.sub("", name)) <= 2:
        return _TITLES.sub("*", name)
    return name


@cache
def reading(character: str) -> str:
    """A character's usual reading without tone; itself where it has none."""
    found = pinyin(character, style=Style.NORMAL, errors="default")
    return str(found[0][0]).lower().replace("ü", "v") if found else character


def compound_surnames() -> frozenset[str]:
    """Surnames of two characters."""
    return _surnames()[0]


def surname_readings() -> dict[str, str]:
    """Surnames read otherwise than their characters usually are, with their syllables."""
    return _surnames()[1]


def surname_of(key: str) -> str:
    """The surname a simplified name begins with: one character, or two for compound surnames."""
    return key[:2] if key[:2] in _surnames()[0] else key[:1]


def sound_of(key: str) -> str:
    """Toneless syllables joined by blanks, the surname read as a surname: 单小曾 -> `shan xiao ceng`."""
    surname, readings = surname_of(key), _surnames()[1]
    first = readings.get(surname) or " ".join(reading(character) for character in surname)
    return " ".join([first, *(reading(character) for character in key[len(surname) :])])


def fold_sound(sound: str) -> str:
    """Sounds that southern input habits mix: zh/z, ch/c, sh/s, n/l, ing/in, eng/en, ang/an."""
    return " ".join(_fold_syllable(syllable) for syllable in sound.split(" "))


@cache
def _fold_syllable(syllable: str) -> str:
    folded = re.sub("^(z|c|s)h", r"\1", syllable)
    folded = re.sub("^n(?=.)", "l", folded)
    return re.sub("(i|e|a)ng$", r"\1n", folded)


def _like(text: str) -> str:
    """`张*三` -> `张_%三`: at least one character behind each mask."""
    return _MASK.sub("_%", text)


def compare_name(name: str) -> ComparedName:
    """How one cleaned name is compared."""
    return _compared(name, simplify([name])[0])


def _compared(name: str, key: str) -> ComparedName:
    nothing = ComparedName(name, None, None, None, None, None, None, None)
    titled = _untitled(key)
    if not key or not _CHINESE.search(titled):
        return nothing if not key.strip("*") else _latin(name, key)
    if _MASK.search(titled):
        head = titled[: titled.index("*")] or None
        return ComparedName(name, titled, None, None, None, _like(titled), head and surname_of(head), "masked")
    if _PLACEHOLDER.search(titled):
        return ComparedName(name, titled, None, None, None, _PLACEHOLDER.sub("_", titled), None, "placeholder")
    sound = sound_of(titled)
    swap = titled[:1] + "".join(sorted(titled[1:])) if len(titled) >= 3 else None
    return ComparedName(name, titled, sound, fold_sound(sound), swap, None, surname_of(titled), "full")


def _latin(name: str, key: str) -> ComparedName:
    """Names in Latin letters are compared as they stand."""
    if _MASK.search(key):
        return ComparedName(name, key, None, None, None, _like(key), None, "masked")
    return ComparedName(name, key, key.lower(), key.lower(), None, None, key[:1], "full")


def name_table(names: Iterable[str]) -> pa.Table:
    """One row per distinct name; columns NAME_COLUMNS, all strings."""
    distinct = sorted({name for name in names if name})
    rows = [_compared(name, key) for name, key in zip(distinct, simplify(distinct), strict=True)]
    return pa.table({column: pa.array([getattr(row, column) for row in rows], pa.string()) for column in NAME_COLUMNS})

"""How one name is compared: simplified form, sound, folded sound, mask as a pattern.

Readings are per character, the same everywhere, so that equal characters always sound equal; surnames have their own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from matchers.encoding.readings import DROPPED, reading, simplified
from matchers.encoding.surnames import fold_sound, surname_table

_MASK = re.compile(r"[*＊]+")
_TITLES = re.compile(r"(师傅|先生|女士|小姐|同志|老师)$")
_PLACEHOLDER = re.compile(
    r"[?？□■○〓\ufffd\ue000-\uf8ff]|[A-Za-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+|[(（][^)）]*[)）]|[\u2ff0-\u2fff].*"
)
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


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


def tidy_name(name: str) -> str:
    """Without blanks and middle dots; a title behind a surname is a mask: 张师傅 -> 张*."""
    plain = _MASK.sub("*", DROPPED.sub("", unicodedata.normalize("NFKC", name)))
    return _untitled(plain)


def _untitled(name: str) -> str:
    if len(name) in (3, 4) and _TITLES.search(name) and len(_TITLES.sub("", name)) <= 2:
        return _TITLES.sub("*", name)
    return name


def surname_of(key: str) -> str:
    """The surname a simplified name begins with: one character, or two for compound surnames."""
    return key[:2] if key[:2] in surname_table().compound else key[:1]


def sound_of(key: str) -> str:
    """Toneless syllables joined by blanks, the surname read as a surname: 单小曾 -> `shan xiao ceng`."""
    surname, readings = surname_of(key), surname_table().readings
    first = readings.get(surname) or " ".join(reading(character) for character in surname)
    return " ".join([first, *(reading(character) for character in key[len(surname) :])])


def _like(text: str) -> str:
    """`张*三` -> `张_%三`: at least one character behind each mask."""
    return _MASK.sub("_%", text)


def compare_name(name: str) -> ComparedName:
    """How one cleaned name is compared."""
    return compared_name(name, simplified(name))


def compared_name(name: str, key: str) -> ComparedName:
    """How one cleaned name is compared, given its simplified form."""
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

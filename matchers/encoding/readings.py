"""Characters' simplified forms and readings as shipped in readings.toml: no library need be loaded for them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

DROPPED = re.compile(r"[·•．‧・.。﹒∙⋅\s\u200b-\u200f\u2060\ufeff\u00ad%_]+")


@dataclass(frozen=True)
class Readings:
    """Traditional and simplified characters place by place; the characters of every toneless syllable."""

    traditional: str
    simplified: str
    letters: dict[str, str]


@cache
def readings() -> Readings:
    """The shipped table."""
    body = tomllib.loads((resources.files("matchers.encoding") / "readings.toml").read_text("utf-8"))
    return Readings(body["traditional"], body["simplified"], dict(body["syllables"]))


@cache
def _syllables() -> dict[str, str]:
    return {letter: syllable for syllable, letters in readings().letters.items() for letter in letters}


@cache
def _simple() -> dict[int, str]:
    return str.maketrans(dict(zip(readings().traditional, readings().simplified, strict=True)))


def reading(character: str) -> str:
    """A character's usual reading without tone; itself where it has none."""
    return _syllables().get(character, character.lower())


def simplified(name: str) -> str:
    """NFKC, blanks and middle dots dropped, traditional characters to simplified one by one, Latin letters raised."""
    return DROPPED.sub("", unicodedata.normalize("NFKC", name)).translate(_simple()).upper()

"""Surnames that are two characters long or read otherwise than their characters, and sounds that habits mix."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Surnames:
    """Compound surnames, and per surname its own reading (syllables with blanks between)."""

    compound: frozenset[str]
    readings: dict[str, str]


@cache
def surname_table() -> Surnames:
    """The shipped table."""
    body = tomllib.loads((resources.files("matchers.encoding") / "surnames.toml").read_text("utf-8"))
    return Surnames(frozenset(body["compound"]), dict(body["readings"]))


def fold_sound(sound: str) -> str:
    """Sounds that southern input habits mix: zh/z, ch/c, sh/s, n/l, ing/in, eng/en, ang/an."""
    return " ".join(_fold_syllable(syllable) for syllable in sound.split(" "))


@cache
def _fold_syllable(syllable: str) -> str:
    folded = re.sub("^(z|c|s)h", r"\1", syllable)
    folded = re.sub("^n(?=.)", "l", folded)
    return re.sub("(i|e|a)ng$", r"\1n", folded)
